/* SPDX-License-Identifier: MIT */
/* PRF0304: a heap
 * flag: poison.h
 * says: attempt to use a poisoned identifier */
void *malloc(unsigned long bytes); /* HERE */
