/* SPDX-License-Identifier: MIT */
/*
 * The thunks of a strict cell, as data: thunk.c copies them to the beginning of its text and
 * fills in what depends on the cell.  Every field that is filled in ends at a label of
 * thunk_fields, so the numbers and the code cannot drift apart.
 *
 * A target is read once, into a register, and that register is jumped through: nobody who
 * writes to memory meanwhile has a say.  Offsets are unsigned, so what lies below the text
 * lies far above it; a misaligned target of a rotation becomes huge.
 *
 * CLOBBERS: r10, r11, flags.  Nothing else, whatever the calling convention.
 */
#define THUNK_RETURN_AT 64       /* THUNK_RETURN */
#define THUNK_GATE_AT 128        /* THUNK_GATE */
#define THUNK_BYTES_ALL 192      /* THUNKS_BYTES */
#define TARGET_SHIFT 4           /* log2 of VERIFY_TARGET_BYTES */
#define STUB_SHIFT 8             /* log2 of GATE_STUB_BYTES */
#define FIELD 0x7fffffff         /* any value too wide for the short form */

/* clang-format off */
#ifdef _WIN32
    .section .rdata, "dr"
#else
    .section .rodata
#endif
    .balign 16
    .globl thunk_template
thunk_template:
.Ltext:

/* FROM: a call or jump through a pointer, behind its kCFI check.  LIVE IN: r11 target. */
    leaq    .Ltext(%rip), %r10
    subq    %r10, %r11
    rorq    $TARGET_SHIFT, %r11
    cmpq    $FIELD, %r11            /* VERIFY_TARGET_BYTES of text */
thunk_indirect_bound:
    jae     thunk_indirect_bad
    btq     %r11, FIELD(%rip)       /* target map */
thunk_indirect_map:
    jnc     thunk_indirect_bad
    rolq    $TARGET_SHIFT, %r11
    addq    %r10, %r11
    jmpq    *%r11
thunk_indirect_bad:
    ud2

/* FROM: every function that is done.  STACK: the return address, and what a return leaves there. */
    .org    thunk_template + THUNK_RETURN_AT, 0xCC
    popq    %r11
    leaq    .Ltext(%rip), %r10
    subq    %r10, %r11
    cmpq    $FIELD, %r11            /* bytes of text */
thunk_return_bound:
    jae     thunk_return_stub
    btq     %r11, FIELD(%rip)       /* return map */
thunk_return_map:
    jnc     thunk_return_bad
    addq    %r10, %r11
    jmpq    *%r11
thunk_return_bad:
    ud2

/* FROM: a call through a gate.  LIVE IN: rdi stub, r12-r15 arguments.  STACK: aligned as for a call. */
    .org    thunk_template + THUNK_GATE_AT, 0xCC
    movq    %rdi, %r11
    rorq    $STUB_SHIFT, %r11
    addq    $FIELD, %r11            /* less the first stub's number */
thunk_gate_base:
    cmpq    $FIELD, %r11            /* GATE_STUB_MAX */
thunk_gate_bound:
    jae     thunk_gate_bad
    jmpq    *%rdi

/* FROM: the return thunk, when the address is not in the text: a gate entry is done. */
thunk_return_stub:
    addq    %r10, %r11
    leaq    -FIELD(%r11), %r10      /* less GATE_STUB_RETURN */
thunk_stub_return:
    rorq    $STUB_SHIFT, %r10
    addq    $FIELD, %r10            /* less the first stub's number */
thunk_stub_base:
    cmpq    $FIELD, %r10            /* GATE_STUB_MAX, for backend pt's own */
thunk_stub_bound:
    ja      thunk_gate_bad
    jmpq    *%r11
thunk_gate_bad:
    ud2
    .org    thunk_template + THUNK_BYTES_ALL, 0xCC

/* enum thunk_field, thunk.c: offset of the end of each field. */
    .balign 4
    .globl  thunk_fields
thunk_fields:
    .irp name, thunk_indirect_bound, thunk_indirect_map, thunk_return_bound, thunk_return_map, \
        thunk_gate_base, thunk_gate_bound, thunk_stub_return, thunk_stub_base, thunk_stub_bound
    .long   \name - thunk_template
    .endr

#ifndef _WIN32
    .section .note.GNU-stack, "", @progbits
#endif
