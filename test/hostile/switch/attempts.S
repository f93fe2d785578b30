/* SPDX-License-Identifier: MIT */

/*
 * The attempts.  Each begins with every register of C's saved, the parameter in r12, the address
 * of some bytes of its own in rdi, and ends at attempt_over with its result in eax.
 */

#include <sdk/assembly.h>

#define DONE 0
#define WON 1
#define REFUSED 2
#define STATUS_INVALID 9                /* ST_INVALID */
#define FLAGS_PLAIN 0x202
#define FLAGS_IOPL 0x3000
#define FLAGS_IF 0x200

/* What stands between ATTEMPT and the next of these is one attempt of that table. */
.macro ATTEMPT table
    .pushsection .data.rel.ro.\table, "aw", @progbits
    .quad   9f
    .popsection
9:
.endm

.macro OVER result=DONE
    movl    $\result, %eax
    jmp     attempt_over
.endm

/* One instruction that is not to come back, or does nothing. */
.macro TRY table, instruction:vararg
    ATTEMPT \table
    \instruction
    OVER
.endm

.macro TABLE name
    .pushsection .data.rel.ro.\name, "aw", @progbits
    .balign 8
\name:
    .popsection
.endm

    TABLE   state
    TABLE   empty
    TABLE   privileged
    TABLE   tables
    TABLE   interrupt
    TABLE   trap
    TABLE   monitor
    TABLE   monitor_flags
    TABLE   segment
    TABLE   stack_segment
    TABLE   base
    TABLE   far
    TABLE   far_flags
    TABLE   port
    TABLE   halt
    TABLE   flags

    .text

/* rdi = table, rsi = entry, rdx = parameter */
FUNCTION attempt
    pushq   %rbx
    pushq   %rbp
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsp, saved_stack(%rip)
    movq    %rdx, %r12
    leaq    attempt_tables(%rip), %rax
    movq    (%rax,%rdi,8), %rax
    leaq    scratch(%rip), %rdi
    jmpq    *(%rax,%rsi,8)

attempt_over:
    movq    saved_stack(%rip), %rsp
    pushq   $FLAGS_PLAIN
    popfq
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbp
    popq    %rbx
    ret
FUNCTION_END attempt

/* --- processor state: 12 -------------------------------------------------------------------- */

    TRY     state, fxsave (%rdi)
    TRY     state, fxsave64 (%rdi)
    TRY     state, fxrstor (%rdi)
    TRY     state, fxrstor64 (%rdi)
    TRY     state, ldmxcsr (%rdi)
    TRY     state, stmxcsr (%rdi)
    TRY     state, xsave (%rdi)
    TRY     state, xsave64 (%rdi)
    TRY     state, xsaveopt (%rdi)
    TRY     state, xsavec (%rdi)
    TRY     state, xsaves (%rdi)
    TRY     state, xsaves64 (%rdi)
    TRY     state, xrstors (%rdi)
    TRY     state, xrstors64 (%rdi)
    TRY     state, fninit
    TRY     state, fld1
    TRY     state, fnsave (%rdi)
    TRY     state, movd %eax, %mm0
    TRY     state, movd %eax, %xmm0
    TRY     state, addps %xmm1, %xmm0
    TRY     state, movaps (%rdi), %xmm0
    TRY     state, vzeroupper
    TRY     state, vpxor %ymm0, %ymm0, %ymm0

    TRY     empty, emms                 /* which QEMU 7.2 executes: it changes nothing that can be read */

/* --- ring 0: 13 ------------------------------------------------------------------------------ */

    TRY     privileged, wrmsr
    TRY     privileged, rdmsr
    .irp    number, 0, 2, 3, 4, 8
    TRY     privileged, movq %cr\number, %rax
    TRY     privileged, movq %rax, %cr\number
    .endr
    .irp    number, 0, 1, 2, 3, 6, 7
    TRY     privileged, movq %db\number, %rax
    TRY     privileged, movq %rax, %db\number
    .endr
    TRY     privileged, lgdt (%rdi)
    TRY     privileged, lidt (%rdi)
    TRY     privileged, lldt %ax
    TRY     privileged, lldt (%rdi)
    TRY     privileged, ltr %ax
    TRY     privileged, ltr (%rdi)
    TRY     privileged, lmsw %ax
    TRY     privileged, clts
    TRY     privileged, invlpg (%rdi)
    TRY     privileged, invpcid (%rdi), %rax
    TRY     privileged, invd
    TRY     privileged, wbinvd
    TRY     privileged, swapgs
    TRY     privileged, xsetbv
    TRY     privileged, xgetbv
    TRY     privileged, xrstors (%rdi)
    TRY     privileged, sysretl
    TRY     privileged, sysretq
    TRY     privileged, sysexitl
    TRY     privileged, sysexitq
    TRY     privileged, rdpmc
    TRY     privileged, monitor
    TRY     privileged, mwait
    TRY     privileged, stac
    TRY     privileged, clac
    TRY     privileged, rsm
    TRY     privileged, vmcall
    TRY     privileged, vmmcall
    TRY     privileged, vmlaunch
    TRY     privileged, vmresume
    TRY     privileged, vmxoff
    TRY     privileged, vmxon (%rdi)
    TRY     privileged, vmptrld (%rdi)
    TRY     privileged, vmclear (%rdi)
    TRY     privileged, vmread %rax, %rcx
    TRY     privileged, vmwrite %rax, %rcx
    TRY     privileged, vmrun %rax
    TRY     privileged, vmload %rax
    TRY     privileged, vmsave %rax
    TRY     privileged, stgi
    TRY     privileged, clgi
    TRY     privileged, skinit %eax
    TRY     privileged, invlpga %rax, %ecx
    TRY     privileged, getsec
    TRY     privileged, encls
    TRY     privileged, wrssq %rax, (%rdi)
    TRY     privileged, wrussq %rax, (%rdi)
    TRY     privileged, setssbsy
    TRY     privileged, clrssbsy (%rdi)

    TRY     tables, sgdt (%rdi)
    TRY     tables, sidt (%rdi)
    TRY     tables, sldt %eax
    TRY     tables, str %eax
    TRY     tables, smsw %eax

/* --- ways into ring 0: 14 --------------------------------------------------------------------- */

    .set    vector, 0
    .rept   256
    ATTEMPT interrupt
    .byte   0xCD, vector
    OVER
    .set    vector, vector + 1
    .endr

    TRY     trap, int3
    TRY     trap, .byte 0xF1                      /* INT1 */
    TRY     trap, .byte 0xCE                      /* INTO, which 64-bit mode has not */
    TRY     trap, .byte 0x0F, 0x34                /* SYSENTER */
    TRY     trap, .byte 0x48, 0x0F, 0x34
    TRY     trap, .byte 0x9A, 0, 0, 0, 0, 0x08, 0 /* far call and jump with the address inside, likewise */
    TRY     trap, .byte 0xEA, 0, 0, 0, 0, 0x08, 0
    TRY     trap, .byte 0x0F, 0x0B                /* UD2 */
    TRY     trap, .byte 0x0F, 0xB9, 0xC0          /* UD1 */
    TRY     trap, .byte 0x0F, 0xFF, 0xC0          /* UD0 */
    TRY     trap, .byte 0x62, 0, 0, 0, 0, 0       /* BOUND */

    ATTEMPT monitor
    movq    %r12, %rax
    xorl    %esi, %esi
    xorl    %edx, %edx
    xorl    %r8d, %r8d
    xorl    %r10d, %r10d
    syscall
    cmpq    $STATUS_INVALID, %rax
    jne     attempt_won
    OVER    REFUSED

    ATTEMPT monitor_flags
    xorl    %eax, %eax
    pushq   %r12
    popfq
    syscall
    testq   %rax, %rax
    jne     attempt_won
    jmp     attempt_flags

/* --- segments: 15 ------------------------------------------------------------------------------ */

    TRY     segment, movl %r12d, %ds
    TRY     segment, movl %r12d, %es
    TRY     stack_segment, movl %r12d, %ss
    TRY     segment, movl %r12d, %fs
    TRY     segment, movl %r12d, %gs
    TRY     segment, movw %r12w, %gs
    ATTEMPT segment
    pushq   %r12
    popq    %fs
    OVER
    ATTEMPT segment
    pushq   %r12
    popq    %gs
    OVER
    ATTEMPT segment
    pushq   %r12
    popw    %gs
    OVER
.macro TRY_POINTER table, opcode
    ATTEMPT \table
    movl    %r12d, 8(%rdi)
    movq    $0, (%rdi)
    .byte   0x48, 0x0F, \opcode, 0x07
    OVER
.endm

    TRY_POINTER stack_segment, 0xB2     /* lss (%rdi), %rax */
    TRY_POINTER segment, 0xB4           /* lfs */
    TRY_POINTER segment, 0xB5           /* lgs */
    ATTEMPT segment                     /* the selector is only looked at */
    larl    %r12d, %eax
    lsll    %r12d, %eax
    verr    %r12w
    verw    %r12w
    OVER

    TRY     base, rdfsbase %rax
    TRY     base, rdgsbase %rax
    TRY     base, wrfsbase %rax
    TRY     base, wrgsbase %rax
    TRY     base, wrfsbase %eax
    TRY     base, wrgsbase %eax

/* --- far transfers: 16 ------------------------------------------------------------------------- */

/*
 * Where they all go.  48 FF C0 is inc %rax where code has 64 bits, and dec %eax, inc %eax where it
 * has 32.
 */
far_target:
    xorl    %eax, %eax
    .byte   0x48, 0xFF, 0xC0
    testl   %eax, %eax
    je      attempt_won
    movl    %cs, %eax
    andl    $3, %eax
    cmpl    $3, %eax
    jne     attempt_won
attempt_flags:                          /* I/O rights, or interrupts off: neither is for cells */
    pushfq
    popq    %rcx
    testl   $FLAGS_IOPL, %ecx
    jne     attempt_won
    testl   $FLAGS_IF, %ecx
    je      attempt_won
    OVER
attempt_won:
    OVER    WON

.macro POINTER_FAR
    leaq    far_target(%rip), %rax
    movq    %rax, (%rdi)
    movl    %r12d, 8(%rdi)
    movl    %eax, 16(%rdi)
    movw    %r12w, 20(%rdi)
    movw    %ax, 24(%rdi)
    movw    %r12w, 26(%rdi)
.endm

.macro FRAME_FAR code, stack, flags
    movq    %rsp, %rdx
    pushq   \stack
    pushq   %rdx
    pushq   \flags
    pushq   \code
    leaq    far_target(%rip), %rax
    pushq   %rax
.endm

    ATTEMPT far
    POINTER_FAR
    .byte   0x48, 0xFF, 0x2F            /* ljmp *(%rdi), 64 bits */
    ATTEMPT far
    POINTER_FAR
    .byte   0xFF, 0x6F, 0x10            /* 32 bits */
    ATTEMPT far
    POINTER_FAR
    .byte   0x66, 0xFF, 0x6F, 0x18      /* 16 bits */
    ATTEMPT far
    POINTER_FAR
    .byte   0x48, 0xFF, 0x1F            /* lcall *(%rdi) */
    ATTEMPT far
    POINTER_FAR
    .byte   0xFF, 0x5F, 0x10
    ATTEMPT far
    leaq    far_target(%rip), %rax
    pushq   %r12
    pushq   %rax
    lretq
    ATTEMPT far
    leaq    far_target(%rip), %rax
    subq    $8, %rsp
    movl    %eax, (%rsp)
    movl    %r12d, 4(%rsp)
    lretl
    ATTEMPT far
    leaq    far_target(%rip), %rax
    pushq   %r12
    pushq   %rax
    lretq   $8
    ATTEMPT far
    movl    %ss, %ecx
    FRAME_FAR %r12, %rcx, $FLAGS_PLAIN
    iretq
    ATTEMPT far
    movl    %cs, %ecx
    FRAME_FAR %rcx, %r12, $FLAGS_PLAIN
    iretq
    ATTEMPT far
    leaq    far_target(%rip), %rax
    subq    $24, %rsp
    movl    %eax, (%rsp)
    movl    %r12d, 4(%rsp)
    movl    $FLAGS_PLAIN, 8(%rsp)
    movl    %esp, 12(%rsp)
    movw    %ss, 16(%rsp)
    iretl

    ATTEMPT far_flags
    movl    %ss, %ebx
    movl    %cs, %ecx
    FRAME_FAR %rcx, %rbx, %r12
    iretq

/* --- ports and interrupts: 17 ------------------------------------------------------------------ */

.macro TRY_PORT instruction:vararg
    ATTEMPT port
    movl    %r12d, %edx
    movl    $2, %ecx
    leaq    scratch(%rip), %rsi
    \instruction
    OVER
.endm

    TRY_PORT inb (%dx), %al
    TRY_PORT inw (%dx), %ax
    TRY_PORT inl (%dx), %eax
    TRY_PORT outb %al, (%dx)
    TRY_PORT outw %ax, (%dx)
    TRY_PORT outl %eax, (%dx)
    TRY_PORT insb
    TRY_PORT insw
    TRY_PORT insl
    TRY_PORT rep insb
    TRY_PORT outsb
    TRY_PORT outsw
    TRY_PORT outsl
    TRY_PORT rep outsb
    TRY_PORT inb $0x60, %al
    TRY_PORT inl $0x80, %eax
    TRY_PORT outb %al, $0x80
    TRY_PORT outl %eax, $0xF4

    TRY     halt, cli
    TRY     halt, sti
    TRY     halt, hlt

    ATTEMPT flags
    pushq   %r12
    popfq
    jmp     attempt_flags
    ATTEMPT flags
    pushw   %r12w
    popfw
    jmp     attempt_flags

/* --- the tables of tables ---------------------------------------------------------------------- */

    .section .data.rel.ro, "aw", @progbits
    .balign 8
attempt_tables:
    .quad   state, empty, privileged, tables, interrupt, trap, monitor, monitor_flags
    .quad   segment, stack_segment, base, far, far_flags, port, halt, flags

.macro TABLE_COUNT name
    .pushsection .data.rel.ro.\name, "aw", @progbits
\name\()_end:
    .popsection
    .quad   (\name\()_end - \name) / 8
.endm

    .section .rodata, "a", @progbits
    .balign 8
    .globl  attempt_counts
    .hidden attempt_counts
attempt_counts:
    .irp    table, state, empty, privileged, tables, interrupt, trap, monitor, monitor_flags
    TABLE_COUNT \table
    .endr
    .irp    table, segment, stack_segment, base, far, far_flags, port, halt, flags
    TABLE_COUNT \table
    .endr

    .bss
    .balign 4096
scratch:
    .skip   4096
saved_stack:
    .skip   8

    .section .note.GNU-stack, "", @progbits
