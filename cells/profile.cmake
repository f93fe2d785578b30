# SPDX-License-Identifier: MIT

# The language profile of a cell (docs/architecture.md).  The monitor trusts none of it.
add_library(comb_cell_flags INTERFACE)
set(cell_checks alignment array-bounds bool bounds builtin enum integer-divide-by-zero
    nonnull-attribute null object-size pointer-overflow return returns-nonnull-attribute shift
    signed-integer-overflow unreachable vla-bound)
list(JOIN cell_checks "," cell_checks)
target_compile_options(comb_cell_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:
    -fPIE -fvisibility=hidden -fomit-frame-pointer
    -fsanitize=${cell_checks} -fsanitize-trap=all -fsanitize=kcfi
    -fzero-call-used-regs=used-gpr -Wthread-safety>)
target_link_libraries(comb_cell_flags INTERFACE comb_freestanding)
