/* SPDX-License-Identifier: MIT */

/* The packed bundle as it came from scripts/bundle.py: struct bundle_packed. */
    .section .rdata, "dr"
    .balign 16
    .globl bundle_begin
bundle_begin:
    .incbin "comb.bundle"
    .skip   BUNDLE_ROOM /* so that a test can pack a changed one in its place */
    .globl bundle_end
bundle_end:
