/* SPDX-License-Identifier: MIT */

/* Instructions of one byte, for load_test.py to write over; so a page boundary is never in doubt. */
    .section .text.room, "ax", @progbits
    .globl  plain_room
    .hidden plain_room
plain_room:
    .fill   4 * 4096, 1, 0x90
    .size   plain_room, . - plain_room

    .section .note.GNU-stack, "", @progbits
