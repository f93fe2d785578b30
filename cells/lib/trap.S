/* SPDX-License-Identifier: MIT */

/*
 * Where the checks of the language profile end in the ELF.  As a call with a name of its own
 * a check keeps its place in the source; a trap would be merged with its like.  Nothing comes
 * here at run time: scripts/comblib/traps.py makes each call a trap when it makes the image.
 */

#include <sdk/assembly.h>

    .text

    .macro CHECKS first, rest:vararg
    .globl  __ubsan_handle_\first
    .hidden __ubsan_handle_\first
__ubsan_handle_\first:
    .ifnb \rest
    CHECKS \rest
    .endif
    .endm

CHECKS add_overflow_minimal_abort, sub_overflow_minimal_abort, mul_overflow_minimal_abort, \
    negate_overflow_minimal_abort, divrem_overflow_minimal_abort, shift_out_of_bounds_minimal_abort, \
    pointer_overflow_minimal_abort, out_of_bounds_minimal_abort, type_mismatch_minimal_abort, \
    load_invalid_value_minimal_abort, invalid_builtin_minimal_abort, nonnull_arg_minimal_abort, \
    nonnull_return_minimal_abort, builtin_unreachable_minimal
FUNCTION trap_check
    ud2
FUNCTION_END trap_check

    .section .note.GNU-stack, "", @progbits
