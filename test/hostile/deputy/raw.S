/* SPDX-License-Identifier: MIT */

/* Accesses and faults that C does not let through, one instruction each. */

#include <sdk/assembly.h>

#define MON_NULL 0
#define FLAG_TF 0x100
#define FLAGS_ODD 0x244400 /* ID, AC, NT, DF */

    .text

FUNCTION raw_load
    mov (%rdi), %rax
    ret
FUNCTION_END raw_load

FUNCTION raw_store
    mov %rsi, (%rdi)
    ret
FUNCTION_END raw_store

FUNCTION raw_jump
    jmp *%rdi
FUNCTION_END raw_jump

FUNCTION raw_grow
1:  movq $1, (%rdi)
    add $4096, %rdi
    jmp 1b
FUNCTION_END raw_grow

/*
 * rbx keeps the stack pointer and r12 to r15 a word each: the monitor gives
 * them back, whatever rsp was.  The flags are set while the stack is ours.
 */
FUNCTION raw_frame
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rbx
    mov $0x1212121212121212, %r12
    mov $0x1515151515151515, %r15
    mov %rdx, %r13
    lea acts(%rip), %rcx
    movslq (%rcx, %rsi, 4), %rax
    add %rcx, %rax
    jmp *%rax

act_undefined:
    mov %rdi, %rsp
    ud2
act_divide:
    mov %rdi, %rsp
    xor %eax, %eax
    xor %edx, %edx
    xor %ecx, %ecx
    div %ecx
    jmp 9f
act_null:
    mov %rdi, %rsp
    xor %eax, %eax
    mov (%rax), %rax
    jmp 9f
act_privileged:
    mov %rdi, %rsp
    hlt
    jmp 9f
act_breakpoint:
    mov %rdi, %rsp
    int3
    jmp 9f
act_software:
    mov %rdi, %rsp
    int $0x80
    jmp 9f
act_execute:
    mov %rdi, %rsp
    xor %eax, %eax
    jmp *%rax
act_step:
    pushf
    orl $FLAG_TF, (%rsp)
    popf
    mov %rdi, %rsp
    nop
    jmp 9f
act_call:
    mov %rdi, %rsp
    mov $MON_NULL, %eax
    syscall
    jmp 9f
act_interrupt:
    mov %rdi, %rsp
1:  rdtsc
    shl $32, %rdx
    or %rdx, %rax
    cmp %r13, %rax
    jb 1b
    jmp 9f
act_step_call:
    pushf
    orl $FLAG_TF, (%rsp)
    mov $MON_NULL, %eax
    popf
    mov %rdi, %rsp
    syscall
    jmp 9f
act_flags_call:
    pushf
    orl $FLAGS_ODD, (%rsp)
    mov $MON_NULL, %eax
    popf
    mov %rdi, %rsp
    syscall

9:  mov %rbx, %rsp
    push $2
    popf
    xor %eax, %eax
    mov $0x1212121212121212, %rcx
    cmp %rcx, %r12
    jne 8f
    mov $0x1515151515151515, %rcx
    cmp %rcx, %r15
    sete %al
8:  pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
FUNCTION_END raw_frame

    .section .rodata, "a", @progbits
    .balign 4
acts:
    .long act_undefined - acts
    .long act_divide - acts
    .long act_null - acts
    .long act_privileged - acts
    .long act_breakpoint - acts
    .long act_software - acts
    .long act_execute - acts
    .long act_step - acts
    .long act_call - acts
    .long act_interrupt - acts
    .long act_step_call - acts
    .long act_flags_call - acts

    .section .note.GNU-stack, "", @progbits
