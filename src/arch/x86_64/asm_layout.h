/* SPDX-License-Identifier: MIT */
#pragma once

/* Numbers shared by C and assembly; each is checked by a static_assert beside the C structure. */

#define FRAME_R15 0
#define FRAME_R14 8
#define FRAME_R13 16
#define FRAME_R12 24
#define FRAME_RBP 32
#define FRAME_RBX 40
#define FRAME_VECTOR 120
#define FRAME_RIP 136
#define FRAME_RFLAGS 152
#define FRAME_RSP 160
#define FRAME_BYTES 176

#define THREAD_PKRU 176
#define THREAD_CR3 184
#define THREAD_INSIDE 192
#define THREAD_ENTRY_STACK 200
#define THREAD_ENTRY_STACK_TOP 208
#define THREAD_CALL_DEPTH 216
#define THREAD_RETURN_TRAP 220
#define THREAD_CALLS 224

#define CALL_RIP 0
#define CALL_RSP 8
#define CALL_RBP 16
#define CALL_EDGE 24
#define CALL_CALLER 32
#define CALL_BYTES 40
#define CALL_DEPTH_MAX 16

#define CPU_SELF 0
#define CPU_CURRENT 8
#define CPU_STACK 16
#define CPU_LIVE_PKRU 24
#define CPU_RESCHEDULE 28
#define CPU_IDLE 32
#define CPU_HAS_KEYS 36

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x1b
#define SELECTOR_USER_CODE 0x23
#define SELECTOR_TSS 0x28

#define MONITOR_CALL_COUNT 35 /* MON_CALL_COUNT */
#define GATE_EDGE_COUNT 1024  /* EDGE_MAX */
#define GATE_RETURNED_AT 89   /* GATE_STUB_RETURN */

/* Backend pt: rax of the two gate calls. */
#define GATE_RETURN_NUMBER 0x7fff
#define GATE_CALL_NUMBER 0x8000 /* + edge id */
#define PT_EDGE_SHIFT 5         /* log2 of sizeof(struct x86_pt_edge) */
#define PT_EDGE_CALLEE 0
#define PT_EDGE_CALLER 8
#define PT_EDGE_ENTRY 16
#define PT_EDGE_EDGE 24
