/* SPDX-License-Identifier: MIT */

/* Around fire(): what a frame below finds, and what is left in registers that a call may use. */

#define DIRT 0x5555555555555555
#define DIRT_WORDS 64

    .text
    .globl fire_and_look, __x86_return_thunk, __x86_indirect_thunk_r11

/* uint64_t fire_and_look(uint64_t one, uint64_t *left) */
fire_and_look:
    push %rsi
    mov $DIRT, %rax
    mov $DIRT_WORDS, %ecx
1:  push %rax
    loop 1b
    add $8 * DIRT_WORDS, %rsp
    xor %edx, %edx                  /* what fire does not touch says nothing */
    xor %esi, %esi
    xor %r8d, %r8d
    xor %r9d, %r9d
    call fire
    or %rcx, %rdx
    or %rsi, %rdx
    or %rdi, %rdx
    or %r8, %rdx
    or %r9, %rdx
    pop %rsi
    mov %rdx, (%rsi)
    ret

__x86_return_thunk:
    ret

__x86_indirect_thunk_r11:
    jmp *%r11

    .section .note.GNU-stack, "", @progbits
