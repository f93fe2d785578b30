/* SPDX-License-Identifier: MIT */
/* PRF0303: a copy without a bound
 * flag: poison.h
 * says: attempt to use a poisoned identifier */
char *strcpy(char *to, const char *from); /* HERE */
