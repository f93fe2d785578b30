/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "decode.h"

/*
 * Three times from front to back, and the return map is all the memory this takes:
 *
 *   1  every instruction is on the list; a bit for each beginning
 *   2  every branch ends at such a bit, or at a thunk
 *   3  the bits that are not behind a call go, and the target map is made
 *
 * The last two go from bit to bit, and decode again only what its first byte gives away.
 */

static_assert(VERIFY_INSTRUCTION_MAX == INSTRUCTION_MAX);

static const char *const refusal_texts[] = {
    [REFUSAL_UNLISTED] = "not on the list of instructions",
    [REFUSAL_RETURN] = "return outside the thunk",
    [REFUSAL_INDIRECT] = "indirect call or jump outside the thunks",
    [REFUSAL_INTERRUPT] = "software interrupt",
    [REFUSAL_PORT] = "port input or output",
    [REFUSAL_SEGMENT] = "segment register or prefix",
    [REFUSAL_SYSTEM] = "system instruction",
    [REFUSAL_FLAGS] = "sets flags that outlast it: popf or std",
    [REFUSAL_VECTOR] = "vector or floating-point instruction",
    [REFUSAL_PREFIX] = "prefix without meaning here",
    [REFUSAL_LONG] = "instruction longer than 15 bytes",
    [REFUSAL_END] = "runs past the end of the text",
    [REFUSAL_OUTSIDE] = "branch out of the text",
    [REFUSAL_MIDDLE] = "branch into the middle of an instruction",
    [REFUSAL_THUNK] = "branch into the thunks, not to the beginning of one",
    [REFUSAL_GATE] = "jump to the gate thunk, which is to be called",
};

/* Always false. */
static bool refuse(const struct verify_text *text, uint64_t at, uint32_t bytes, enum refusal refusal,
                   struct verify_find *find)
{
    uint64_t left = text->bytes - at;
    *find = (struct verify_find){ .why = refusal_texts[refusal], .at = at };
    find->count = bytes < left ? bytes : (uint32_t)left;
    if (find->count > VERIFY_INSTRUCTION_MAX)
        find->count = VERIFY_INSTRUCTION_MAX;
    __builtin_memcpy(find->sequence, text->text + at, find->count);
    return false;
}

/* Near the end there is less than a window; zeros stand in for the rest. */
static struct instruction decode_at_end(const uint8_t *bytes, uint64_t count)
{
    uint8_t window[INSTRUCTION_WINDOW] = {};
    __builtin_memcpy(window, bytes, count);
    struct instruction instruction = instruction_decode(window);
    if (instruction.bytes > count)
        instruction.refusal = REFUSAL_END;
    return instruction;
}

static struct instruction decode(const struct verify_text *text, uint64_t at)
{
    uint64_t left = text->bytes - at;
    return left < INSTRUCTION_WINDOW ? decode_at_end(text->text + at, left)
                                     : instruction_decode(text->text + at);
}

/* What the later passes want to know of an instruction that the first let through; traps count as plain. */
static struct instruction decode_again(const struct verify_text *text, uint64_t at)
{
    if (instruction_is_plain(text->text[at]))
        return (struct instruction){ .kind = INSTRUCTION_PLAIN };
    return decode(text, at);
}

static void bit_set(uint8_t *map, uint64_t bit)
{
    map[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static bool bit_is_set(const uint8_t *map, uint64_t bit)
{
    return map[bit / 8] >> bit % 8 & 1;
}

static bool is_last_sound(enum instruction_kind kind)
{
    return kind == INSTRUCTION_JUMP || kind == INSTRUCTION_TRAP;
}

/* V2, and where instructions begin. */
static bool starts_mark(const struct verify_text *text, struct verify_find *find)
{
    struct instruction instruction;
    for (uint64_t at = THUNKS_BYTES; at < text->bytes; at += instruction.bytes) {
        instruction = decode(text, at);
        bool is_last = at + instruction.bytes == text->bytes;
        if (instruction.refusal == REFUSAL_NONE && is_last && !is_last_sound(instruction.kind))
            instruction.refusal = REFUSAL_END;
        if (instruction.refusal != REFUSAL_NONE)
            return refuse(text, at, instruction.bytes, instruction.refusal, find);
        bit_set(text->maps, at);
    }
    return true;
}

/* A stub returns by itself, to where the stack says: what a call has just put there, and nothing else. */
static enum refusal thunk_check(enum instruction_kind kind, uint64_t target)
{
    if (target == THUNK_GATE)
        return kind == INSTRUCTION_CALL ? REFUSAL_NONE : REFUSAL_GATE;
    return target == THUNK_INDIRECT || target == THUNK_RETURN ? REFUSAL_NONE : REFUSAL_THUNK;
}

static enum refusal target_check(const struct verify_text *text, enum instruction_kind kind, uint64_t target)
{
    if (target >= text->bytes)
        return REFUSAL_OUTSIDE;
    if (target < THUNKS_BYTES)
        return thunk_check(kind, target);
    return bit_is_set(text->maps, target) ? REFUSAL_NONE : REFUSAL_MIDDLE;
}

static bool has_target(enum instruction_kind kind)
{
    return kind == INSTRUCTION_CALL || kind == INSTRUCTION_BRANCH || kind == INSTRUCTION_JUMP;
}

static bool branch_check(const struct verify_text *text, uint64_t at, struct verify_find *find)
{
    struct instruction instruction = decode_again(text, at);
    if (!has_target(instruction.kind))
        return true;
    /* Below the text it wraps to far above it. */
    uint64_t target = at + instruction.bytes + (uint64_t)(int64_t)instruction.displacement;
    enum refusal refusal = target_check(text, instruction.kind, target);
    return refusal == REFUSAL_NONE || refuse(text, at, instruction.bytes, refusal, find);
}

/* V3 */
static bool branches_check(const struct verify_text *text, struct verify_find *find)
{
    for (uint64_t i = 0; i < VERIFY_RETURN_MAP_BYTES(text->bytes); i++)
        for (uint32_t starts = text->maps[i]; starts != 0; starts &= starts - 1)
            if (!branch_check(text, i * 8 + (uint64_t)__builtin_ctz(starts), find))
                return false;
    return true;
}

/* V4 */
static void maps_fill(const struct verify_text *text)
{
    uint8_t *targets = text->maps + VERIFY_RETURN_MAP_BYTES(text->bytes);
    enum instruction_kind before = INSTRUCTION_PLAIN;
    for (uint64_t i = 0; i < VERIFY_RETURN_MAP_BYTES(text->bytes); i++) {
        uint32_t starts = text->maps[i];
        text->maps[i] = 0;
        for (; starts != 0; starts &= starts - 1) {
            uint64_t at = i * 8 + (uint64_t)__builtin_ctz(starts);
            if (before == INSTRUCTION_CALL)
                bit_set(text->maps, at);
            if (before == INSTRUCTION_HASH && at % VERIFY_TARGET_BYTES == 0)
                bit_set(targets, at / VERIFY_TARGET_BYTES);
            before = decode_again(text, at).kind;
        }
    }
}

bool verify(const struct verify_text *text, struct verify_find *find)
{
    *find = (struct verify_find){};
    __builtin_memset(text->maps, 0, VERIFY_MAP_BYTES(text->bytes));
    if (!starts_mark(text, find) || !branches_check(text, find))
        return false;
    maps_fill(text);
    return true;
}
