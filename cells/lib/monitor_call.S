/* SPDX-License-Identifier: MIT */

/*
 * The way into the monitor: number in rax, arguments in rdi, rsi, rdx, r10, r8;
 * status returns in rax, value in rdx (abi/monitor_call.h).  SYSCALL itself
 * takes rcx, so the fourth argument of a C call moves to r10.
 *
 * Only called directly, so no kCFI type hash stands in front of a label.
 * The hot calls get entries of their own; the rest go through monitor_call.
 */

#define MON_NULL 0
#define MON_WAIT 1
#define MON_NOTIFY 2

#include <sdk/assembly.h>

    .text

/* struct monitor_result monitor_call(number, a, b, c, d, e): rax:rdx is where C wants it, too. */
FUNCTION monitor_call
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    syscall
    RETURN
FUNCTION_END monitor_call

/* void mon_null(void) */
FUNCTION mon_null
    mov $MON_NULL, %eax
    syscall
    RETURN
FUNCTION_END mon_null

/* uint64_t mon_wait(uint64_t deadline_tsc): the event word */
FUNCTION mon_wait
    mov $MON_WAIT, %eax
    syscall
    mov %rdx, %rax
    RETURN
FUNCTION_END mon_wait

/* enum status mon_notify(cap_handle notify) */
FUNCTION mon_notify
    mov $MON_NOTIFY, %eax
    syscall
    RETURN
FUNCTION_END mon_notify

    .section .note.GNU-stack, "", @progbits
