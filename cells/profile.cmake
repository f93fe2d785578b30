# SPDX-License-Identifier: MIT

# The language profile of a cell: docs/profile.md says what each part catches, and which test
# shows that it does.  The monitor trusts none of it.
add_library(comb_cell_flags INTERFACE)

# `scripts/comb bench --only profile` measures what each part costs.
set(COMB_PROFILE_WITHOUT "" CACHE STRING "Parts of the profile to leave out: checks, registers, zero")

# What C leaves undefined and what stays out of an object, checked at run time.
set(cell_checks alignment bool bounds builtin integer-divide-by-zero nonnull-attribute null object-size
    pointer-overflow returns-nonnull-attribute shift signed-integer-overflow unreachable)
list(JOIN cell_checks "," cell_checks)
set(COMB_CELL_CHECKS -fsanitize=${cell_checks} -fsanitize=kcfi)

# A check ends in a call with a name, which scripts/comblib/traps.py makes a trap: so each keeps its
# file and line.  For that no two ends may be merged.  And a stack aligned to 8 bytes is all that
# cells need, which have no vector registers; otherwise each possible call would cost a push.
set(COMB_CELL_TRAPS -fno-sanitize-recover=all -fsanitize-minimal-runtime -mstack-alignment=8
    "SHELL:-mllvm -enable-tail-merge=0" "SHELL:-mllvm -bounds-checking-unique-traps")

set(cell_clearing -fzero-call-used-regs=used-gpr)
if("checks" IN_LIST COMB_PROFILE_WITHOUT)
    set(COMB_CELL_CHECKS -fsanitize=kcfi)
endif()
if("registers" IN_LIST COMB_PROFILE_WITHOUT)
    set(cell_clearing -fzero-call-used-regs=skip)
endif()

# What is refused at compile time, besides the warnings of all sources.  No frame is as large as the
# guard page below a stack, so none steps over it.
set(COMB_CELL_WARNINGS -Wthread-safety -Walloca -Warray-bounds-pointer-arithmetic
    -Wassign-enum -Wcast-align -Wcast-function-type-strict -Wconditional-uninitialized
    -Wduplicate-enum -Wframe-larger-than=3072 -Wincompatible-function-pointer-types-strict
    -Wshift-sign-overflow -Wtautological-constant-in-range-compare
    -Wunreachable-code-aggressive)
set(cell_poison ${CMAKE_SOURCE_DIR}/include/sdk/poison.h)

target_compile_options(comb_cell_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:
    -fPIE -fvisibility=hidden -fomit-frame-pointer -fstrict-flex-arrays=3 ${cell_clearing}
    ${COMB_CELL_CHECKS} ${COMB_CELL_TRAPS} ${COMB_CELL_WARNINGS}>
    "$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${cell_poison}>")
target_link_options(comb_cell_flags INTERFACE --emit-relocs)
# Control flow goes through the thunks of cells/cell.ld: what a strict cell may do (src/verify/verify.h).
target_compile_options(comb_cell_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:
    -mretpoline -mretpoline-external-thunk -mfunction-return=thunk-extern -fno-jump-tables>)
target_link_libraries(comb_cell_flags INTERFACE comb_freestanding)
if("zero" IN_LIST COMB_PROFILE_WITHOUT)
    add_library(comb_cell_unzeroed INTERFACE) # behind what all freestanding sources have
    target_compile_options(comb_cell_unzeroed INTERFACE -ftrivial-auto-var-init=uninitialized)
    target_link_libraries(comb_cell_flags INTERFACE comb_cell_unzeroed)
endif()

# The rules that no flag knows (docs/plugin.md).
include(${CMAKE_SOURCE_DIR}/src/plugin/plugin.cmake)
comb_plugin_flags()
