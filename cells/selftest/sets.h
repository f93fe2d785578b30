/* SPDX-License-Identifier: MIT */
#pragma once

/* The sets, one file each.  Order matters where a comment says so. */
void set_memory(void); /* first: takes the whole heap */
void set_call(void);
void set_pointer(void);
void set_handle(void);
void set_query(void);
void set_log(void);
void set_capability(void);
void set_wait(void);
void set_budget(void);
void set_gate(void);
void set_channel(void);
void set_block(void);
void set_text(void);
void set_crash(void); /* last: ends echo, and a revoked edge stays revoked */

/* Bytes of the heap that set_memory took for the others: it ends where the heap ends. */
#define HEAP_TAIL_BYTES 4096u
unsigned char *heap_tail(void);
