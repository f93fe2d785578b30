/* SPDX-License-Identifier: MIT */

/* Enters a thunk as a cell would; thunk_test.c says what is tried. */

    .text

/* uint64_t thunk_call(rdi = thunk, rsi = where it is to go, rdx = canary, rcx = what the thunk is handed) */
    .globl  thunk_call
    .type   thunk_call, @function
thunk_call:
    push    %rbx
    push    %rbp
    push    %r12
    mov     %rsp, %rbp
    mov     %rdx, %rbx              /* must survive */
    mov     %rdx, %r12
    mov     %rdi, %rax
    lea     1f(%rip), %rdx          /* where all that a thunk may lead to jumps back to: thunk_place */
    mov     %rsi, %r11
    mov     %rsi, %rdi
    test    %rcx, %rcx
    jz      2f
    push    %rsi                    /* THUNK_RETURN takes it from here */
2:  xor     %esi, %esi
    jmp     *%rax
1:  xor     %ecx, %ecx
    cmp     %rbp, %rsp              /* a return has taken its address, a jump has left the stack alone */
    setne   %cl
    cmp     %rbx, %r12
    setne   %ch
    cmp     $0, %rsi                /* only r10, r11 and flags */
    setne   %dl
    movzbl  %dl, %edx
    shl     $16, %edx
    or      %edx, %ecx
    mov     %rbp, %rsp
    pop     %r12
    pop     %rbp
    pop     %rbx
    shl     $32, %rcx
    or      %rcx, %rax
    ret
    .size   thunk_call, . - thunk_call

/* What is copied to every place that may be reached: mov $number, %eax; jmp *%rdx. */
    .section .rodata
    .globl  thunk_place, thunk_place_end
thunk_place:
    mov     $0, %eax
    jmp     *%rdx
thunk_place_end:

    .section .note.GNU-stack, "", @progbits
