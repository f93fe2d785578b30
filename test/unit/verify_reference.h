/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <verify/decode.h>
#include <verify/verify.h>

/*
 * V2-V4 again, slow and plain.  Where an instruction ends is the decoder's word, which is compared
 * with LLVM's elsewhere (decode_llvm.c); what must never be let through, where branches may go and
 * what the maps hold is said here a second time, from the instruction set reference and verify.h.
 */

#define REFERENCE_BYTES_MAX 8192u

struct reference {
    bool is_sound;
    bool starts[REFERENCE_BYTES_MAX];
    bool returns[REFERENCE_BYTES_MAX];
    bool targets[REFERENCE_BYTES_MAX / VERIFY_TARGET_BYTES];
};

/* Past all legacy prefixes and one REX. */
static inline const uint8_t *reference_opcode(const uint8_t *bytes)
{
    static const uint8_t prefixes[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 };
    while (memchr(prefixes, *bytes, sizeof(prefixes)) != nullptr)
        bytes++;
    return (*bytes & 0xF0) == 0x40 ? bytes + 1 : bytes;
}

/* What V2 exists to keep out, whatever else is on the list or not. */
static inline bool reference_is_banned(const uint8_t *bytes)
{
    static const uint8_t one[] = { 0x6C, 0x6D, 0x6E, 0x6F, 0x8C, 0x8E, 0x9A, 0x9D, 0xC2, 0xC3, 0xC4,
                                   0xC5, 0x62, 0xCA, 0xCB, 0xCD, 0xCF, 0xE4, 0xE5, 0xE6, 0xE7, 0xEA,
                                   0xEC, 0xED, 0xEE, 0xEF, 0xF1, 0xF4, 0xFA, 0xFB, 0xFD };
    static const uint8_t two[] = { 0x00, 0x01, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x32,
                                   0x33, 0x34, 0x35, 0xA0, 0xA1, 0xA8, 0xA9, 0xAA, 0xB2, 0xB4, 0xB5 };
    const uint8_t *opcode = reference_opcode(bytes);
    uint8_t operation = opcode[1] >> 3 & 7;
    if (opcode[0] == 0xFF)
        return operation >= 2 && operation <= 5;
    if (opcode[0] != 0x0F)
        return memchr(one, opcode[0], sizeof(one)) != nullptr;
    if (opcode[1] == 0xAE)
        return opcode[2] != 0xE8 && opcode[2] != 0xF0 && opcode[2] != 0xF8;
    return memchr(two, opcode[1], sizeof(two)) != nullptr;
}

static inline bool reference_is_branch(const struct instruction *instruction)
{
    return instruction->kind == INSTRUCTION_CALL || instruction->kind == INSTRUCTION_JUMP ||
           instruction->kind == INSTRUCTION_BRANCH;
}

/* The instruction at `at`, with zeros behind the text. */
static inline struct instruction reference_decode(const uint8_t *text, uint64_t bytes, uint64_t at,
                                                  uint8_t *window)
{
    memset(window, 0, INSTRUCTION_WINDOW);
    memcpy(window, text + at, bytes - at < INSTRUCTION_WINDOW ? bytes - at : INSTRUCTION_WINDOW);
    return instruction_decode(window);
}

/* The first walk: beginnings, and what follows what. */
static inline bool reference_walk(const uint8_t *text, uint64_t bytes, struct reference *reference)
{
    struct instruction before = {};
    uint8_t window[INSTRUCTION_WINDOW];
    uint64_t at = THUNKS_BYTES;
    while (at < bytes) {
        struct instruction instruction = reference_decode(text, bytes, at, window);
        if (instruction.refusal != REFUSAL_NONE || at + instruction.bytes > bytes)
            return false;
        if (reference_is_banned(window))
            __builtin_trap();
        reference->starts[at] = true;
        reference->returns[at] = before.kind == INSTRUCTION_CALL;
        if (at % VERIFY_TARGET_BYTES == 0)
            reference->targets[at / VERIFY_TARGET_BYTES] = before.kind == INSTRUCTION_HASH;
        before = instruction;
        at += instruction.bytes;
    }
    return before.kind == INSTRUCTION_JUMP || before.kind == INSTRUCTION_TRAP;
}

static inline bool reference_target(const struct reference *reference, const struct instruction *branch,
                                    uint64_t bytes, int64_t target)
{
    if (target == THUNK_GATE)
        return branch->kind == INSTRUCTION_CALL;
    if (target == THUNK_INDIRECT || target == THUNK_RETURN)
        return true;
    return target >= THUNKS_BYTES && target < (int64_t)bytes && reference->starts[target];
}

/* bytes: at most REFERENCE_BYTES_MAX */
static inline void reference_verify(const uint8_t *text, uint64_t bytes, struct reference *reference)
{
    uint8_t window[INSTRUCTION_WINDOW];
    memset(reference, 0, sizeof(*reference));
    reference->is_sound = reference_walk(text, bytes, reference);
    for (uint64_t at = THUNKS_BYTES; at < bytes && reference->is_sound; at++) {
        if (!reference->starts[at])
            continue;
        struct instruction instruction = reference_decode(text, bytes, at, window);
        int64_t target = (int64_t)(at + instruction.bytes) + instruction.displacement;
        if (reference_is_branch(&instruction) && !reference_target(reference, &instruction, bytes, target))
            reference->is_sound = false;
    }
}

/* Both maps, bit by bit. */
static inline bool reference_maps_agree(const struct reference *reference, const uint8_t *maps,
                                        uint64_t bytes)
{
    const uint8_t *targets = maps + bytes / 8;
    for (uint64_t at = 0; at < bytes; at++)
        if ((maps[at / 8] >> at % 8 & 1) != reference->returns[at])
            return false;
    for (uint64_t at = 0; at < bytes / VERIFY_TARGET_BYTES; at++)
        if ((targets[at / 8] >> at % 8 & 1) != reference->targets[at])
            return false;
    return true;
}
