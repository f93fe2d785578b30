/* SPDX-License-Identifier: MIT */

/*
 * Forbidden acts, one instruction each.  In C the profile would trap first
 * (null, kCFI, division) and the hardware would never be asked.
 *
 * Of what no strict cell may contain there is only what looks like a constant.  The way into
 * it is a jump that leads there in a scan-only cell, and ends in the thunk of a strict one.
 */

#include <sdk/assembly.h>

    .text

FUNCTION fault_read
    mov (%rdi), %rax
    RETURN
FUNCTION_END fault_read

FUNCTION fault_write
    mov %rdi, (%rdi)
    RETURN
FUNCTION_END fault_write

FUNCTION fault_jump
    mov %rdi, %r11
    JUMP_R11
FUNCTION_END fault_jump

FUNCTION fault_divide
    xor %eax, %eax
    xor %edx, %edx
    xor %ecx, %ecx
    div %ecx
    RETURN
FUNCTION_END fault_divide

FUNCTION fault_halt
    lea 1f+1(%rip), %r11
    JUMP_R11
1:  mov $0xCCCCCCF4, %eax           /* hlt, behind its first byte */
    RETURN
FUNCTION_END fault_halt

FUNCTION fault_port_read
    mov %edi, %edx
    lea 1f+1(%rip), %r11
    JUMP_R11
1:  mov $0xCCCCCCEC, %eax           /* in (%dx), %al, behind its first byte */
    RETURN
FUNCTION_END fault_port_read

/*
 * Calls an address inside a gate stub with no register prepared, as stray code
 * would.  A stub owns every register but rsp and rbp, so all others that C
 * wants back are kept here.
 */
FUNCTION fault_enter_gate
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    xor %eax, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    call comb_gate_thunk            /* rdi as it is */
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    RETURN
FUNCTION_END fault_enter_gate

    .section .note.GNU-stack, "", @progbits
