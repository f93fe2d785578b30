/* SPDX-License-Identifier: MIT */

/* Instructions that switch domains, modes or privileges: how each attempt has to end. */

#include "../attack.h"

#define REFUSED_BY_CPU (REASON(PRIVILEGED) | REASON(INSTRUCTION))
/* A bad selector; the emulator reads the stack of a far return as ring 0 would, and SMAP stops that. */
#define SELECTOR (REASON(PRIVILEGED) | REASON(OTHER) | REASON(PAGE_FAULT) | REASON(INSTRUCTION))

const struct attack attacks_switch[] = {
    { 12, "hostswitch", "processor state saved and restored", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 12, "hostswitch", "EMMS", END_CRASH | END_HARMLESS | END_ANYWHERE, REFUSED_BY_CPU },
    { 13, "hostswitch", "instructions of ring 0", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 13, "hostswitch", "reads of the descriptor tables' places", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 14, "hostswitch", "INT n for every n", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 14, "hostswitch", "other ways into ring 0", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU | REASON(DEBUG) },
    { 14, "hostswitch", "monitor calls that there are not", END_REFUSED | END_ANYWHERE, 0 },
    { 14, "hostswitch", "a monitor call with odd flags", END_HARMLESS | END_ANYWHERE, 0 },
    { 14, "hostswitch", "a monitor call while single-stepping", END_CRASH | END_HARMLESS | END_ANYWHERE,
      REASON(DEBUG) },
    { 15, "hostswitch", "every selector in every segment register, then calls",
      END_CRASH | END_HARMLESS | END_ANYWHERE, SELECTOR },
    { 15, "hostswitch", "every selector for the stack", END_CRASH | END_HARMLESS | END_ANYWHERE, SELECTOR },
    { 15, "hostswitch", "selectors that load, then calls", END_HARMLESS | END_ANYWHERE, 0 },
    { 15, "hostswitch", "segment bases", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 16, "hostswitch", "far transfers to every selector", END_CRASH | END_HARMLESS | END_ANYWHERE,
      SELECTOR | REASON(EXECUTE) }, /* of an address cut off at 32 bits or 16 */
    { 16, "hostswitch", "an interrupt return with forged flags", END_CRASH | END_HARMLESS | END_ANYWHERE,
      SELECTOR },
    { 17, "hostswitch", "ports", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 17, "hostswitch", "interrupts off, on, waited for", END_CRASH | END_ANYWHERE, REFUSED_BY_CPU },
    { 17, "hostswitch", "POPF of I/O rights and interrupts off", END_HARMLESS | END_ANYWHERE, 0 },
    {},
};
