/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The second wall: control flow inside a cell.  The first one (core/scan.h) holds whatever
 * a cell executes; this one makes a `strict` cell execute only what its compiler meant.
 *
 *   V2  every byte of the text belongs to an instruction of a short allow-list, decoded once
 *       from front to back: no return, no indirect or far transfer, no segment, no port,
 *       no system instruction, no prefix that means nothing.
 *   V3  every direct branch ends at the beginning of an instruction of the same text, or of
 *       a thunk.
 *   V4  indirect calls, returns and calls through a gate go through three thunks, which
 *       jump only to places in two maps.  Thunks and maps are written by whoever verifies,
 *       over room that the image sets aside; nothing in them is the image's word.
 *
 * Runs in the EFI stub on each image in the bundle, before there is any cell, and on the
 * host in `scripts/comb scan`: the same files.  No allocation, no recursion; time linear in
 * the text.
 */

/* Offsets in the text of a strict cell, where cells/cell.ld sets THUNKS_BYTES aside. */
#define THUNK_INDIRECT 0u /* __x86_indirect_thunk_r11: jumps to r11; clobbers r10 */
#define THUNK_RETURN 64u  /* __x86_return_thunk: a return; clobbers r10, r11 */
#define THUNK_GATE 128u   /* comb_gate_thunk: jumps to the stub rdi (abi/gate.h); clobbers r10, r11 */
#define THUNKS_BYTES 192u

/*
 * The return map has a bit per byte of text: an instruction begins here, and the one before
 * it is a call.  The target map has a bit per VERIFY_TARGET_BYTES of text: an instruction
 * begins here, and the one before it is the type hash of a function that may be called
 * through a pointer (mov $hash, %eax; -fsanitize=kcfi).  Bit n of byte n / 8 is 1 << n % 8.
 */
#define VERIFY_TARGET_BYTES 16u
#define VERIFY_RETURN_MAP_BYTES(text_bytes) ((text_bytes) / 8)
#define VERIFY_TARGET_MAP_BYTES(text_bytes) ((text_bytes) / 8 / VERIFY_TARGET_BYTES)
#define VERIFY_MAP_BYTES(text_bytes) \
    (VERIFY_RETURN_MAP_BYTES(text_bytes) + VERIFY_TARGET_MAP_BYTES(text_bytes))

#define VERIFY_INSTRUCTION_MAX 15u

struct verify_text {
    uint8_t *text;  /* page-aligned length; the thunks' room is not looked at */
    uint64_t bytes; /* a multiple of 4096, at least THUNKS_BYTES */
    uint8_t *maps;  /* VERIFY_MAP_BYTES(bytes): return map, then target map; overwritten */
};

struct verify_find {
    const char *why; /* static text; null: verified */
    uint64_t at;     /* distance from the text's first byte */
    uint32_t count;  /* bytes of the instruction, or what there is of it */
    uint8_t sequence[VERIFY_INSTRUCTION_MAX];
};

/* Verifies and fills the maps.  False: *find says what is wrong, the maps mean nothing. */
bool verify(const struct verify_text *text, struct verify_find *find);

/*
 * Writes the thunks into the first THUNKS_BYTES of the text.  `text_address` and
 * `maps_address` are where both will lie in the cell, or any two numbers with the same
 * distance: the thunks are position independent.  The maps lie above the text, by less than 2 GiB.
 */
void verify_thunks(const struct verify_text *text, uint64_t text_address, uint64_t maps_address);
