/* SPDX-License-Identifier: MIT */

/* Into the middle of things, with registers that no compiler would have; contract: jump.h. */

#include <sdk/assembly.h>

    .text

/* rdi = before, rsi = after */
FUNCTION jump
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rsi, jump_after(%rip)
    mov     %rsp, jump_stack(%rip)
    mov     136(%rdi), %rax
    mov     %rax, jump_target(%rip)
    pushfq
    mov     128(%rdi), %rax
    or      %rax, (%rsp)
    pop     jump_flags(%rip)
    mov     120(%rdi), %rax
    test    %rax, %rax
    jz      1f
    mov     %rax, %rsp
    jmp     2f
1:  lea     jump_back(%rip), %rax
    push    %rax
2:  mov     %rsp, jump_rsp(%rip)
    mov     0(%rdi), %rax
    mov     8(%rdi), %rbx
    mov     16(%rdi), %rcx
    mov     24(%rdi), %rdx
    mov     32(%rdi), %rsi
    mov     48(%rdi), %rbp
    mov     56(%rdi), %r8
    mov     64(%rdi), %r9
    mov     72(%rdi), %r10
    mov     80(%rdi), %r11
    mov     88(%rdi), %r12
    mov     96(%rdi), %r13
    mov     104(%rdi), %r14
    mov     112(%rdi), %r15
    mov     40(%rdi), %rdi
    lea     jump_flags(%rip), %rsp  /* the flags come last: TF must not count any other instruction */
    popfq
    mov     jump_rsp(%rip), %rsp
    jmp     *jump_target(%rip)

/* FROM: whatever was entered.  LIVE IN: nothing that can be trusted. */
jump_back:
    mov     jump_stack(%rip), %rsp
    push    %rax
    mov     jump_after(%rip), %rax
    pop     0(%rax)
    mov     %rbx, 8(%rax)
    mov     %rcx, 16(%rax)
    mov     %rdx, 24(%rax)
    mov     %rsi, 32(%rax)
    mov     %rdi, 40(%rax)
    mov     %rbp, 48(%rax)
    mov     %r8, 56(%rax)
    mov     %r9, 64(%rax)
    mov     %r10, 72(%rax)
    mov     %r11, 80(%rax)
    mov     %r12, 88(%rax)
    mov     %r13, 96(%rax)
    mov     %r14, 104(%rax)
    mov     %r15, 112(%rax)
    pushfq
    pop     128(%rax)
    cld
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret
FUNCTION_END jump

FUNCTION jump_way_back
    lea     jump_back(%rip), %rax
    ret
FUNCTION_END jump_way_back

FUNCTION jump_rights
    xor     %ecx, %ecx
    rdpkru
    ret
FUNCTION_END jump_rights

/* Callee-saved registers survive whatever the monitor takes this for. */
FUNCTION jump_syscall
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rdi, %rax
    mov     %rsi, %rdi
    syscall
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret
FUNCTION_END jump_syscall

/* rdi = address -> the byte there */
FUNCTION jump_read
    movzbl  (%rdi), %eax
    ret
FUNCTION_END jump_read

FUNCTION jump_read64
    mov     (%rdi), %rax
    ret
FUNCTION_END jump_read64

/* rdi = address, rsi = value */
FUNCTION jump_write
    mov     %rsi, (%rdi)
    ret
FUNCTION_END jump_write

/* rdi = kind: x87 with a full stack, unmasked, an exception pending; MXCSR unmasked; vectors. */
FUNCTION jump_float
    cmp     $1, %edi
    je      1f
    ja      2f
    fninit
    push    $0
    fldcw   (%rsp)
    pop     %rax
    .rept   7
    fld1
    .endr
    fldz
    fdivrp                          /* 1 / 0: raised at the next one that waits */
    ret
1:  push    $0
    ldmxcsr (%rsp)
    pop     %rax
    ret
2:  pcmpeqd %xmm0, %xmm0
    ret
FUNCTION_END jump_float

    .bss
    .balign 8
jump_after:
    .skip   8
jump_stack:
    .skip   8
jump_target:
    .skip   8
jump_rsp:
    .skip   8
jump_flags:
    .skip   8

    .section .note.GNU-stack, "", @progbits
