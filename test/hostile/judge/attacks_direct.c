/* SPDX-License-Identifier: MIT */

/* Direct access to memory: how each attempt has to end. */

#include "../attack.h"

/* A page of another domain; and whatever else stops a stray access. */
#define FOREIGN REASON(KEY_FAULT)
#define PAGE REASON(PAGE_FAULT)
/*
 * QEMU 7.2 reads the stack of a far return as ring 0 would, and SMAP stops that: there, two of the
 * jumps end before they are made.
 */
#define FETCH (REASON(EXECUTE) | REASON(PAGE_FAULT))
/* An address that is none is a general protection fault, of the stack a stack fault. */
#define NO_ADDRESS (REASON(PRIVILEGED) | REASON(OTHER))

const struct attack attacks_direct[] = {
    { 1, "hostdirect", "a read of another cell's pages", END_CRASH, FOREIGN },
    { 1, "hostdirect", "a write to another cell's pages", END_CRASH, FOREIGN },
    { 2, "hostdirect", "a write to own code and tables", END_CRASH | END_ANYWHERE, PAGE },
    { 2, "hostdirect", "a write to another's code and tables", END_CRASH, FOREIGN },
    { 3, "hostdirect", "a read of the monitor", END_CRASH, PAGE | NO_ADDRESS },
    { 3, "hostdirect", "a write to the monitor", END_CRASH, PAGE | NO_ADDRESS },
    { 3, "hostdirect", "a jump into the monitor", END_CRASH | END_ANYWHERE, FETCH | NO_ADDRESS },
    { 4, "hostdirect", "a write to stubs and tokens", END_CRASH, FOREIGN | PAGE },
    { 4, "hostdirect", "a read of another's tokens", END_CRASH, FOREIGN | PAGE },
    { 5, "hostdirect", "a jump into own data", END_CRASH | END_ANYWHERE, FETCH },
    { 5, "hostdirect", "a jump into another's data", END_CRASH, FETCH },
    { 5, "hostdirect", "a jump into gate pages", END_CRASH, FETCH },
    { 6, "hostdirect", "a read of another's code", END_CRASH, FOREIGN },
    { 6, "hostdirect", "a read of own code, which is documented", END_HARMLESS | END_ANYWHERE, 0 },
    { 6, "hostdirect", "a jump into another's code, with own rights", END_CRASH | END_HARMLESS,
      FOREIGN | PAGE | FETCH | REASON(INSTRUCTION) | REASON(PRIVILEGED) | REASON(GATE) },
    {},
};
