/* SPDX-License-Identifier: MIT */

/*
 * The gate entry that C cannot be: it looks at the registers before any
 * compiler does.  Order of the words: enum peer_seen, peer.h.
 */

    .text

/* FROM: a gate stub.  LIVE IN: r12-r15 arguments.  LIVE OUT: rax. */
    .globl  peer_raw
    .hidden peer_raw
    .type   peer_raw, @function
    .balign 16
peer_raw:
    movq    %rax, peer_seen+0(%rip)
    movq    %rbx, peer_seen+8(%rip)
    movq    %rcx, peer_seen+16(%rip)
    movq    %rdx, peer_seen+24(%rip)
    movq    %rsi, peer_seen+32(%rip)
    movq    %rdi, peer_seen+40(%rip)
    movq    %rbp, peer_seen+48(%rip)
    movq    %r8, peer_seen+56(%rip)
    movq    %r9, peer_seen+64(%rip)
    movq    %r10, peer_seen+72(%rip)
    movq    %r11, peer_seen+80(%rip)
    movq    %r12, peer_seen+88(%rip)
    movq    %r13, peer_seen+96(%rip)
    movq    %r14, peer_seen+104(%rip)
    movq    %r15, peer_seen+112(%rip)
    pushfq
    popq    peer_seen+120(%rip)

    movq    %r12, %rax              /* peer_mix */
    addq    %r13, %r13
    xorq    %r13, %rax
    shlq    $2, %r14
    xorq    %r14, %rax
    shlq    $3, %r15
    xorq    %r15, %rax

    movabsq $0x5EC2E75EC2E75EC2, %rbx
    movq    %rbx, %rcx
    movq    %rbx, %rdx
    movq    %rbx, %rsi
    movq    %rbx, %rdi
    movq    %rbx, %rbp
    movq    %rbx, %r8
    movq    %rbx, %r9
    movq    %rbx, %r10
    movq    %rbx, %r11
    movq    %rbx, %r12
    movq    %rbx, %r13
    movq    %rbx, %r14
    movq    %rbx, %r15
    std
    ret
    .size   peer_raw, . - peer_raw

    .section .note.GNU-stack, "", @progbits
