/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * Instructions that switch rights, modes or domains, or would like to, as tables of attempts
 * (attempts.S).  An attempt gets one parameter and comes back with what of enum attempt_result;
 * or it does not come back.
 */
enum attempt_table {
    ATTEMPT_STATE,      /* saving and restoring of processor state, vector and x87 instructions */
    ATTEMPT_EMPTY,      /* EMMS */
    ATTEMPT_PRIVILEGED, /* of ring 0 */
    ATTEMPT_TABLES,     /* reads of the descriptor tables' addresses */
    ATTEMPT_INTERRUPT,  /* INT n for every n */
    ATTEMPT_TRAP,       /* other ways into ring 0 than SYSCALL */
    ATTEMPT_CALL,       /* SYSCALL, parameter: number */
    ATTEMPT_CALL_FLAGS, /* SYSCALL, parameter: RFLAGS before */
    ATTEMPT_SEGMENT,    /* parameter: selector */
    ATTEMPT_STACK_SEGMENT,
    ATTEMPT_BASE,      /* FS and GS bases */
    ATTEMPT_FAR,       /* far transfers, parameter: selector of the code */
    ATTEMPT_FAR_FLAGS, /* IRET, parameter: flags */
    ATTEMPT_PORT,      /* parameter: port */
    ATTEMPT_HALT,      /* CLI, STI, HLT */
    ATTEMPT_FLAGS,     /* POPF, parameter: flags */
    ATTEMPT_TABLES_COUNT
};

enum attempt_result {
    ATTEMPT_DONE = 0, /* nothing has stopped it */
    ATTEMPT_WON = 1,  /* and it got what nobody may have: another mode, I/O rights, no interrupts */
    ATTEMPT_REFUSED = 2,
};

extern const uint64_t attempt_counts[ATTEMPT_TABLES_COUNT];

uint64_t attempt(uint64_t table, uint64_t entry, uint64_t parameter);
