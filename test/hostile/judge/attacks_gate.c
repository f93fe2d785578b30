/* SPDX-License-Identifier: MIT */

/* Attacks on gates: how each has to end. */

#include "../attack.h"

/* Whatever stops it, as long as it is the attacker that stops. */
#define ANY_REASON \
    (REASON(PAGE_FAULT) | REASON(KEY_FAULT) | REASON(STACK_OVERFLOW) | REASON(EXECUTE) | \
     REASON(PRIVILEGED) | REASON(INSTRUCTION) | REASON(DEBUG) | REASON(GATE) | REASON(OTHER))

const struct attack attacks_gate[] = {
    { 18, "hostgate", "a jump to any byte of a stub", END_CRASH | END_HARMLESS | END_ANSWER, ANY_REASON },
    { 19, "hostgate", "a jump behind the proof of who calls", END_CRASH | END_HARMLESS, ANY_REASON },
    { 20, "hostgate", "a call through another's edge", END_CRASH | END_REFUSED, ANY_REASON },
    { 21, "hostgate", "a return that nobody waits for", END_CRASH | END_HARMLESS, ANY_REASON },
    { 22, "hostgate", "forged stacks to come back on", END_CRASH | END_HARMLESS, ANY_REASON },
    { 24, "hostgate", "a call on a stack that is none", END_CRASH, ANY_REASON },
    { 25, "hostgate", "recursion", END_CRASH, ANY_REASON },
    { 26, "hostgate", "a callee that never returns", END_TIMEOUT, REASON(WATCHDOG) },
    { 27, "hostgate", "a poisoned processor", END_CRASH | END_HARMLESS, REASON(INSTRUCTION) | REASON(OTHER) },
    { 28, "hostgate", "single steps through a stub", END_CRASH | END_HARMLESS, ANY_REASON },
    { 29, "hostgate", "an interrupt at any instruction of a gate", END_CRASH | END_HARMLESS, ANY_REASON },
    {},
};
