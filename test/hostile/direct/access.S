/* SPDX-License-Identifier: MIT */

/*
 * One touch of memory each.  All are entered with the address in rdi and every register of C's
 * that they could spoil saved, and end in access_done, which brings rsp back.
 */

#include <sdk/assembly.h>

    .section .data.rel.ro, "aw", @progbits
    .balign 8
load_ways:
    .quad load_1, load_2, load_4, load_8, load_zero_extend, load_sign_extend, load_compare, load_test
    .quad load_push, load_pop, load_string, load_copy, load_bit, load_call, load_jump, load_leave
store_ways:
    .quad store_1, store_2, store_4, store_8, store_exchange, store_locked, store_add_back, store_compare
    .quad store_push, store_call, store_pop, store_string, store_copy, store_flag, store_bit, store_enter
fetch_ways:
    .quad fetch_jump, fetch_call, fetch_return, fetch_interrupt_return, fetch_far

/* rdi = address, rsi = which of `table` */
.macro DISPATCH name, table
FUNCTION \name
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsp, saved_stack(%rip)
    leaq    \table(%rip), %rax
    jmpq    *(%rax,%rsi,8)
FUNCTION_END \name
.endm

    .text
DISPATCH access_load, load_ways
DISPATCH access_store, store_ways
DISPATCH access_fetch, fetch_ways

access_done:
    movq    saved_stack(%rip), %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    ret

load_1:
    movb    (%rdi), %al
    jmp     access_done
load_2:
    movw    (%rdi), %ax
    jmp     access_done
load_4:
    movl    (%rdi), %eax
    jmp     access_done
load_8:
    movq    (%rdi), %rax
    jmp     access_done
load_zero_extend:
    movzbl  (%rdi), %eax
    jmp     access_done
load_sign_extend:
    movslq  (%rdi), %rax
    jmp     access_done
load_compare:
    cmpq    (%rdi), %rax
    jmp     access_done
load_test:
    testb   $1, (%rdi)
    jmp     access_done
load_push:
    pushq   (%rdi)
    jmp     access_done
load_pop:
    movq    %rdi, %rsp
    popq    %rax
    jmp     access_done
load_string:
    movq    %rdi, %rsi
    lodsq
    jmp     access_done
load_copy:
    movq    %rdi, %rsi
    leaq    scratch(%rip), %rdi
    movl    $16, %ecx
    rep movsb
    jmp     access_done
load_bit:
    btq     $5, (%rdi)
    jmp     access_done
load_call:
    callq   *(%rdi)
    jmp     access_done
load_jump:
    jmpq    *(%rdi)
load_leave:
    movq    %rdi, %rbp
    leave
    jmp     access_done

store_1:
    movb    $0x5A, (%rdi)
    jmp     access_done
store_2:
    movw    $0x5A5A, (%rdi)
    jmp     access_done
store_4:
    movl    $0x5A5A5A5A, (%rdi)
    jmp     access_done
store_8:
    movq    %rdi, (%rdi)
    jmp     access_done
store_exchange:
    xchgq   %rax, (%rdi)
    jmp     access_done
store_locked:
    lock incl (%rdi)
    jmp     access_done
store_add_back:
    lock xaddq %rax, (%rdi)
    jmp     access_done
store_compare:                          /* writes also where it does not find what it looks for */
    lock cmpxchgq %rdi, (%rdi)
    jmp     access_done
store_push:
    leaq    8(%rdi), %rsp
    pushq   %rdi
    jmp     access_done
store_call:
    leaq    8(%rdi), %rsp
    callq   access_done
store_pop:
    pushq   %rdi
    popq    (%rdi)
    jmp     access_done
store_string:
    movl    $2, %ecx
    rep stosq
    jmp     access_done
store_copy:
    leaq    scratch(%rip), %rsi
    movl    $16, %ecx
    rep movsb
    jmp     access_done
store_flag:
    sete    (%rdi)
    jmp     access_done
store_bit:
    lock btcq $5, (%rdi)
    jmp     access_done
store_enter:
    leaq    8(%rdi), %rsp
    enter   $0, $0
    jmp     access_done

fetch_jump:
    leaq    access_done(%rip), %rax
    pushq   %rax
    jmpq    *%rdi
fetch_call:
    callq   *%rdi
    jmp     access_done
fetch_return:
    leaq    access_done(%rip), %rax
    pushq   %rax
    pushq   %rdi
    ret
fetch_interrupt_return:
    leaq    access_done(%rip), %rax
    pushq   %rax
    movq    %rsp, %rax
    movl    %ss, %ecx
    pushq   %rcx
    pushq   %rax
    pushfq
    movl    %cs, %ecx
    pushq   %rcx
    pushq   %rdi
    iretq
fetch_far:
    leaq    access_done(%rip), %rax
    pushq   %rax
    movl    %cs, %ecx
    pushq   %rcx
    pushq   %rdi
    lretq

    .bss
    .balign 16
scratch:
    .skip   16
saved_stack:
    .skip   8

    .section .note.GNU-stack, "", @progbits
