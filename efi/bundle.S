/* SPDX-License-Identifier: MIT */

/* The bundle as it came from scripts/bundle.py, page aligned as abi/boot_info.h promises. */
    .section .bundle, "dr"
    .balign 4096
    .globl bundle_begin
bundle_begin:
    .incbin "comb.bundle"
    .globl bundle_end
bundle_end:
