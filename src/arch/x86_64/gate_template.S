/* SPDX-License-Identifier: MIT */
/*
 * The gate stub of backends pku and none, as data.  gate_build.c copies it and
 * fills in the addresses and rights; the monitor puts the copy on a read-only,
 * executable page.  The only WRPKRU bytes a cell can reach are in such copies.
 *
 * Every field that is filled in ends at a label of gate_fields, so the numbers
 * and the code cannot drift apart.
 *
 * Entry, FROM: the caller, `call` on its own stack; or malice, at any byte, with any registers.
 *   LIVE IN: r12-r15 arguments, rsp, rbp.
 * The identity of the caller is the token: it can be read only with the caller's
 * rights, and is compared with the callee's copy under the callee's rights.  So a
 * jump into the middle with a forged eax passes the first compare and fails the
 * second.  Between WRPKRU and the jne behind it no instruction of a cell runs.
 *
 * A busy callee shows as entry stack 0: the call below then pushes to address -8
 * and faults; the monitor waits and makes the call again.  An unsolicited return
 * shows as caller stack 0: the pop faults.  Neither costs an instruction here.
 *
 * A thread that the monitor interrupts here, so that another may run: between
 * gate_out_stack and gate_entry_taken it goes back to before the call; between
 * gate_entry_freed and gate_out_stack_clear back to gate_returned, the callee's
 * inside taken again.  So an edge never looks open while its callee is free.
 */
#include "asm_layout.h"

#define GATE_CALL_BYTES 6 /* of the indirect call below */

    .section .rodata.gate, "a", @progbits
    .balign 64
    .globl gate_template, gate_template_end
gate_template:
    mov     0(%rip), %r11           /* caller's token */
gate_out_token:
    push    %rbp
gate_pushed:
    mov     %rsp, 0(%rip)           /* caller's stack; also says that a call is open */
gate_out_stack:
    xor     %ecx, %ecx
    xor     %edx, %edx
gate_rights_in:                     /* RIGHTS: caller -> callee */
    mov     $0, %eax
gate_rights_in_value:
gate_wrpkru_in:
    wrpkru
    cmp     $0x7fffffff, %eax       /* any value too wide for the short form */
gate_rights_in_check:
    jne     gate_bad_in
gate_checked_in:
    cmp     0(%rip), %r11           /* callee's copy of the token */
gate_in_token:
    jne     gate_bad_in
    mov     0(%rip), %rsp           /* callee's entry stack, 0: busy */
gate_entry_stack:
    mov     %rcx, 0(%rip)
gate_entry_taken:
    cld
    xor     %ebx, %ebx
    xor     %ebp, %ebp
    xor     %edi, %edi
    xor     %esi, %esi
    xor     %r8d, %r8d
    xor     %r9d, %r9d
    xor     %r10d, %r10d
    .org    gate_template + GATE_RETURNED_AT - GATE_CALL_BYTES, 0x90 /* an ABI: abi/gate.h */
gate_call:
    call    *0(%rip)                /* callee's entry point */
gate_entry:
gate_returned:                      /* STACK: callee's, rax result; all else is what the callee left */
    mov     %rsp, 0(%rip)           /* free for the next caller */
gate_entry_freed:
    mov     0(%rip), %r11           /* callee's return token */
gate_in_return:
    mov     %rax, %rdi
    xor     %ecx, %ecx
    xor     %edx, %edx
gate_rights_out:                    /* RIGHTS: callee -> caller */
    mov     $0, %eax
gate_rights_out_value:
gate_wrpkru_out:
    wrpkru
    cmp     $0x7fffffff, %eax       /* any value too wide for the short form */
gate_rights_out_check:
    jne     gate_bad_out
gate_checked_out:
    cmp     0(%rip), %r11           /* caller's copy of the return token */
gate_out_return:
    jne     gate_bad_out
gate_resume:                        /* also FROM: the monitor, with an error in rdx, rcx = 0 */
    mov     0(%rip), %rsp
gate_out_stack_load:
    mov     %rcx, 0(%rip)           /* one return per call */
gate_out_stack_clear:
    cld
    mov     %rdi, %rax
    xor     %ebx, %ebx
    xor     %esi, %esi
    xor     %r8d, %r8d
    xor     %r9d, %r9d
    xor     %r10d, %r10d
    xor     %r12d, %r12d
    xor     %r13d, %r13d
    xor     %r14d, %r14d
    xor     %r15d, %r15d
gate_pop:
    pop     %rbp
    ret
gate_bad_in:
    ud2
gate_bad_out:
    ud2
gate_template_end:

/* enum gate_field, gate_build.h: offset of the end of each field. */
    .balign 4
    .globl gate_fields
gate_fields:
    .irp name, gate_out_token, gate_out_stack, gate_rights_in_value, gate_rights_in_check, gate_in_token, \
        gate_entry_stack, gate_entry_taken, gate_entry, gate_entry_freed, \
        gate_in_return, gate_rights_out_value, gate_rights_out_check, \
        gate_out_return, gate_out_stack_load, gate_out_stack_clear
    .long   \name - gate_template
    .endr

/* enum gate_place, gate_build.h: offset of each place. */
    .globl gate_places
gate_places:
    .irp name, gate_pushed, gate_rights_in, gate_wrpkru_in, gate_checked_in, \
        gate_call, gate_returned, gate_rights_out, gate_wrpkru_out, gate_checked_out, gate_resume, gate_pop, \
        gate_bad_in, gate_bad_out, gate_template_end
    .long   \name - gate_template
    .endr

    .section .note.GNU-stack, "", @progbits
