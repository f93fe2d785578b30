/* SPDX-License-Identifier: MIT */

/*
 * Forbidden acts, one instruction each.  In C the profile would trap first
 * (null, kCFI, division) and the hardware would never be asked.
 */

#include <sdk/assembly.h>

    .text

FUNCTION fault_read
    mov (%rdi), %rax
    ret
FUNCTION_END fault_read

FUNCTION fault_write
    mov %rdi, (%rdi)
    ret
FUNCTION_END fault_write

FUNCTION fault_jump
    jmp *%rdi
FUNCTION_END fault_jump

FUNCTION fault_divide
    xor %eax, %eax
    xor %edx, %edx
    xor %ecx, %ecx
    div %ecx
    ret
FUNCTION_END fault_divide

FUNCTION fault_halt
    hlt
    ret
FUNCTION_END fault_halt

FUNCTION fault_port_read
    mov %edi, %edx
    in (%dx), %al
    ret
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
    mov %rdi, %rbx
    xor %eax, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    call *%rbx
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    ret
FUNCTION_END fault_enter_gate

    .section .note.GNU-stack, "", @progbits
