/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * One instruction of a cell's text, by an allow-list: what clang makes of C under the cell
 * profile, and what the assembly of the cells' library says.  It knows how long an instruction
 * is and where it goes, no more.  Whatever is not on the list is refused, however harmless.
 */

/* Bytes that must be readable where an instruction is decoded; more than any reaches. */
#define INSTRUCTION_WINDOW 24u
#define INSTRUCTION_MAX 15u

enum instruction_kind {
    INSTRUCTION_PLAIN,
    INSTRUCTION_HASH,   /* mov $hash, %eax: ahead of a function that may be called through a pointer */
    INSTRUCTION_CALL,   /* direct, like the two that follow: `displacement` from the next instruction */
    INSTRUCTION_BRANCH, /* taken or not */
    INSTRUCTION_JUMP,
    INSTRUCTION_TRAP, /* nothing runs behind it */
};

enum refusal {
    REFUSAL_NONE,
    REFUSAL_UNLISTED,
    REFUSAL_RETURN,
    REFUSAL_INDIRECT,
    REFUSAL_INTERRUPT,
    REFUSAL_PORT,
    REFUSAL_SEGMENT,
    REFUSAL_SYSTEM,
    REFUSAL_FLAGS,
    REFUSAL_VECTOR,
    REFUSAL_PREFIX,
    REFUSAL_LONG,
    REFUSAL_END,
    REFUSAL_OUTSIDE,
    REFUSAL_MIDDLE,
    REFUSAL_THUNK,
    REFUSAL_GATE,
};

struct instruction {
    enum refusal refusal;
    enum instruction_kind kind;
    uint32_t bytes; /* refused: as far as it had to be read to know */
    int32_t displacement;
};

/*
 * Of an instruction on the list: with such a first byte it is plain or a trap.  The other kinds
 * bear no prefix, so their opcode comes first: 0F, 70-7F, B8, E8, E9, EB.
 */
static inline bool instruction_is_plain(uint8_t first)
{
    return first != 0x0F && (first & 0xF0) != 0x70 && first != 0xB8 && (first & 0xFC) != 0xE8;
}

struct instruction instruction_decode(const uint8_t window[INSTRUCTION_WINDOW]);
