/* SPDX-License-Identifier: MIT */
#include "../attack.h"

/* A page that is not there, is another domain's, or is not code: which, the backend decides. */
#define PAGE (REASON(PAGE_FAULT) | REASON(KEY_FAULT) | REASON(STACK_OVERFLOW))

/* Each kind of fault hostfault commits with the stack pointer astray; nothing but these. */
#define FRAME \
    (PAGE | REASON(INSTRUCTION) | REASON(DIVIDE) | REASON(PRIVILEGED) | REASON(DEBUG) | REASON(EXECUTE))

const struct attack attacks_deputy[] = {
    { 30, "hostdeputy", "addresses that are not its own, in every call", END_REFUSED | END_ANYWHERE, 0 },
    { 31, "hostdeputy", "handles that are not its own, in every call", END_REFUSED | END_ANYWHERE, 0 },
    { 32, "hostdeputy", "the monitor as writer of code, second links", END_REFUSED | END_ANYWHERE, 0 },
    { 32, "hostdevice0", "an address for the device of what is not for DMA", END_REFUSED | END_ANYWHERE, 0 },
    { 33, "hostfault", "keys that wander, memory given back", END_CRASH, PAGE },
    { 34, "hostfault", "a fault with the stack pointer astray", END_CRASH | END_HARMLESS, FRAME },
    { 35, "hostdevice0", "a transfer under way while code is loaded", END_CRASH | END_REFUSED | END_ANYWHERE,
      REASON(INSTRUCTION) },
    { 36, "hostdeputy", "as much of everything as there is", END_REFUSED | END_ANYWHERE, 0 },
    { 36, "hostfault", "one crash after the other, all memory", END_CRASH, FRAME },
    { 36, "hostdevice0", "interrupts without end", END_CRASH | END_ANYWHERE, REASON(LIMIT) },
    {},
};
