/* SPDX-License-Identifier: MIT */
/*
 * Every way into and out of the monitor.
 *
 * The monitor runs with interrupts off, on one stack per CPU that is empty
 * whenever a cell runs.  The registers of a cell's thread go straight into its
 * record: TSS.RSP0 points behind the frame there.
 */
#include "asm_layout.h"

    .macro PUSH_ALL                 /* the order of struct x86_frame, from its end */
    .irp    register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
    push    %\register
    .endr
    .endm

    .macro SAVE_CALLEE_SAVED        /* r9 = current thread */
    mov     %rbx, FRAME_RBX(%r9)
    mov     %rbp, FRAME_RBP(%r9)
    mov     %r12, FRAME_R12(%r9)
    mov     %r13, FRAME_R13(%r9)
    mov     %r14, FRAME_R14(%r9)
    mov     %r15, FRAME_R15(%r9)
    .endm

    .macro CLEAR registers:vararg
    .irp    register, \registers
    xor     %\register, %\register
    .endr
    .endm

    .text

/*
 * FROM: the EFI stub.  LIVE IN: rdi = struct boot_info *.
 */
    .globl monitor_entry
monitor_entry:
    cli
    cld
    lea     monitor_stack_top(%rip), %rsp
    mov     %rdi, %rbx
    lea     cpu0(%rip), %rax        /* GS base: this CPU */
    mov     %rax, %rdx
    shr     $32, %rdx
    mov     $0xC0000101, %ecx
    wrmsr
    xor     %ebp, %ebp
    mov     %rbx, %rdi
    call    monitor_main
    ud2

/* --- exceptions and interrupts ---------------------------------------------------------------- */

    .macro STUB vector, target, has_error
    .balign 16
    .if \has_error == 0
    push    $0
    .endif
    push    $\vector
    jmp     \target
    .endm

/* 128 entries of 16 bytes: vectors 0-31 exceptions, 32-127 interrupts. */
    .altmacro
    .macro STUB_EXCEPTION vector
    .if (\vector == 1) || (\vector == 2) || (\vector == 18)
    STUB \vector, trap_on_own_stack, 0
    .elseif (\vector == 8)
    STUB \vector, trap_on_own_stack, 1
    .elseif ((\vector >= 10) && (\vector <= 14)) || (\vector == 17) || (\vector == 21) || (\vector == 29) \
        || (\vector == 30)
    STUB \vector, trap, 1
    .else
    STUB \vector, trap, 0
    .endif
    .endm

    .balign 16
    .globl trap_stubs
trap_stubs:
    .set    number, 0
    .rept   128
    STUB_EXCEPTION %number
    .set    number, number + 1
    .endr
    .noaltmacro

/*
 * #DB, NMI, #DF and #MC arrive on their own stack: a debug trap can be pending
 * when SYSCALL enters, where rsp is still the cell's.
 * FROM: a cell -> the frame moves into the thread's record.  FROM: the monitor -> fatal.
 */
trap_on_own_stack:
    testb   $3, 24(%rsp)
    jz      trap_in_monitor
    swapgs
    push    %rax
    push    %rcx
    mov     %gs:CPU_CURRENT, %rax
    .irp    at, 0, 8, 16, 24, 32, 40, 48
    mov     16+\at(%rsp), %rcx
    mov     %rcx, FRAME_VECTOR+\at(%rax)
    .endr
    pop     %rcx
    xchg    %rax, (%rsp)
    pop     %rsp
    lea     FRAME_VECTOR(%rsp), %rsp
    jmp     trap_save

/*
 * FROM: a cell, or hlt in the idle loop.  STACK: the thread's frame, or the monitor's.
 */
trap:
    testb   $3, 24(%rsp)
    jz      trap_idle_or_fatal
    swapgs
trap_save:
    PUSH_ALL
    mov     %rsp, %rdi
    mov     %gs:CPU_STACK, %rsp
    cld
    cmpl    $0, %gs:CPU_HAS_KEYS
    je      1f
    xor     %ecx, %ecx              /* live PKRU is hostile input: recorded, judged in C */
    rdpkru
    mov     %eax, THREAD_PKRU(%rdi)
    mov     %eax, %gs:CPU_LIVE_PKRU
1:  call    x86_trap

/* LIVE IN: nothing.  Resumes the current thread, or idles. */
    .globl trap_exit
trap_exit:
    cmpb    $0, %gs:CPU_RESCHEDULE
    je      1f
    call    sched_pick
1:  mov     %gs:CPU_CURRENT, %rdi
    test    %rdi, %rdi
    jz      idle
    mov     THREAD_PKRU(%rdi), %eax
    cmp     %gs:CPU_LIVE_PKRU, %eax
    je      2f
    mov     %eax, %gs:CPU_LIVE_PKRU
    xor     %ecx, %ecx
    xor     %edx, %edx
    wrpkru
2:  mov     %rdi, %rsp
    .irp    register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    pop     %\register
    .endr
    add     $16, %rsp
    swapgs
    iretq

idle:
    mov     %gs:CPU_STACK, %rsp
    movl    $1, %gs:CPU_IDLE
    sti
    hlt
    ud2                             /* an interrupt leaves through trap_idle_or_fatal instead */

trap_idle_or_fatal:
    cmpl    $32, (%rsp)
    jb      trap_in_monitor
    cmpl    $0, %gs:CPU_IDLE
    je      trap_in_monitor
    movl    $0, %gs:CPU_IDLE
    mov     (%rsp), %edi
    mov     %gs:CPU_STACK, %rsp     /* the idle loop has nothing to go back to */
    call    x86_interrupt
    movb    $1, %gs:CPU_RESCHEDULE
    jmp     trap_exit

trap_in_monitor:
    PUSH_ALL
    mov     %rsp, %rdi
    and     $-16, %rsp
    cld
    call    x86_trap_in_monitor
    ud2

/* --- SYSCALL ---------------------------------------------------------------------------------- */

/*
 * FROM: a cell.  LIVE IN: rax number; rdi, rsi, rdx, r10, r8 arguments; rcx rip,
 * r11 rflags; rsp is the cell's and not to be trusted or used.
 */
    .balign 64
    .globl syscall_entry
syscall_entry:
    swapgs
    mov     %gs:CPU_CURRENT, %r9
    mov     %rsp, FRAME_RSP(%r9)
    mov     %rcx, FRAME_RIP(%r9)
    mov     %r11, FRAME_RFLAGS(%r9)
    cmp     $MONITOR_CALL_COUNT, %rax
    jae     gate_or_bad
    mov     %gs:CPU_STACK, %rsp
    SAVE_CALLEE_SAVED
    mov     %r10, %rcx
    call    *monitor_calls(, %rax, 8)
    cmpb    $0, %gs:CPU_RESCHEDULE
    jne     syscall_slow
    mov     %gs:CPU_CURRENT, %r9
    mov     FRAME_RIP(%r9), %rcx
    mov     FRAME_RFLAGS(%r9), %r11
    mov     FRAME_RSP(%r9), %rsp
    CLEAR   edi, esi, r8d, r9d, r10d
    swapgs
    sysretq

/* The thread does not simply go on: its result goes into its frame. */
syscall_slow:
    mov     %rax, %rdi
    mov     %rdx, %rsi
    call    x86_call_finish
    jmp     trap_exit

/* --- calls across the wall, backend pt -------------------------------------------------------- */

/*
 * The fast path touches no stack: rsp stays the cell's until it is replaced.
 * LIVE IN: rax number, r9 current thread, rcx rip; r12-r15 arguments.
 */
gate_or_bad:
    cmp     $GATE_RETURN_NUMBER, %rax
    je      gate_return
    lea     -GATE_CALL_NUMBER(%rax), %rdx
    cmp     $GATE_EDGE_COUNT, %rdx
    jae     gate_slow
    shl     $PT_EDGE_SHIFT, %edx
    lea     x86_pt_edges(%rdx), %r8
    mov     THREAD_INSIDE(%r9), %rdx
    cmp     PT_EDGE_CALLER(%r8), %rdx
    jne     gate_slow
    mov     PT_EDGE_CALLEE(%r8), %rdi
    mov     THREAD_ENTRY_STACK(%rdi), %rsi
    test    %rsi, %rsi
    jz      gate_slow
    mov     THREAD_CALL_DEPTH(%r9), %r10d
    cmp     $CALL_DEPTH_MAX, %r10d
    jae     gate_slow
    movq    $0, THREAD_ENTRY_STACK(%rdi)
    imul    $CALL_BYTES, %r10d, %r11d
    inc     %r10d
    mov     %r10d, THREAD_CALL_DEPTH(%r9)
    lea     THREAD_CALLS(%r9, %r11), %r11
    mov     %rcx, CALL_RIP(%r11)
    mov     %rsp, CALL_RSP(%r11)
    mov     %rbp, CALL_RBP(%r11)
    mov     PT_EDGE_EDGE(%r8), %rax
    mov     %rax, CALL_EDGE(%r11)
    mov     %rdx, CALL_CALLER(%r11)
    mov     %rdi, THREAD_INSIDE(%r9)
    mov     THREAD_CR3(%rdi), %rax
    mov     %rax, %cr3
    mov     PT_EDGE_ENTRY(%r8), %rax
    mov     %rsi, %rsp
    mov     x86_pt_enter(%rip), %rcx
    mov     $0x202, %r11d
    CLEAR   ebx, ebp, edi, esi, edx, r8d, r9d, r10d
    swapgs
    sysretq

/* FROM: the return stub, or malice.  LIVE IN: rdi result, r9 current thread. */
gate_return:
    mov     THREAD_CALL_DEPTH(%r9), %r10d
    cmpl    $0, THREAD_RETURN_TRAP(%r9)
    jne     gate_slow
    sub     $1, %r10d
    jb      gate_slow
    mov     %r10d, THREAD_CALL_DEPTH(%r9)
    imul    $CALL_BYTES, %r10d, %r11d
    lea     THREAD_CALLS(%r9, %r11), %r11
    mov     THREAD_INSIDE(%r9), %rsi
    mov     THREAD_ENTRY_STACK_TOP(%rsi), %rax
    mov     %rax, THREAD_ENTRY_STACK(%rsi)
    mov     CALL_CALLER(%r11), %rsi
    mov     %rsi, THREAD_INSIDE(%r9)
    mov     THREAD_CR3(%rsi), %rax
    mov     %rax, %cr3
    mov     CALL_RIP(%r11), %rcx
    mov     CALL_RSP(%r11), %rsp
    mov     CALL_RBP(%r11), %rbp
    mov     %rdi, %rax
    mov     $0x202, %r11d
    CLEAR   ebx, edx, esi, edi, r8d, r9d, r10d, r12d, r13d, r14d, r15d
    swapgs
    sysretq

/* Anything but a plain call or return: decided in C.  LIVE IN: rax number, rdi result. */
gate_slow:
    mov     %gs:CPU_STACK, %rsp
    SAVE_CALLEE_SAVED
    mov     %rdi, %rsi
    mov     %rax, %rdi
    call    x86_gate_slow
    jmp     trap_exit

/* The two halves of the pt stubs that run in ring 3, as data: copied to the gate region. */
    .section .rodata.gate, "a", @progbits
    .balign 16
    .globl x86_pt_stub, x86_pt_stub_number, x86_pt_stub_end
x86_pt_stub:
    mov     $GATE_CALL_NUMBER, %eax
x86_pt_stub_number:
    syscall
    ret
x86_pt_stub_end:
    .globl x86_pt_enter_stub, x86_pt_enter_stub_end
x86_pt_enter_stub:
    call    *%rax
    mov     %rax, %rdi
    mov     $GATE_RETURN_NUMBER, %eax
    syscall
    ud2
x86_pt_enter_stub_end:

    .section .bss.stack, "aw", @nobits
    .balign 4096
    .globl monitor_stack_top, trap_stack_top
    .skip   16384
monitor_stack_top:
    .skip   8192
trap_stack_top:

    .section .note.GNU-stack, "", @progbits
