/* SPDX-License-Identifier: MIT */
#pragma once

#include "asm_layout.h"

#include <arch/arch.h>
#include <stddef.h>

/* The registers of a thread outside the monitor, in the order entry.S pushes them. */
struct x86_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss; /* pushed by the CPU */
};
static_assert(sizeof(struct x86_frame) == FRAME_BYTES, "asm_layout.h");
static_assert(offsetof(struct x86_frame, rip) == FRAME_RIP, "asm_layout.h");

/* Backend pt: what a call must restore, one per open call. */
struct x86_call {
    uint64_t rip, rsp, rbp;
    struct edge *edge;
    struct cell *caller; /* whose rights to go back to */
};
static_assert(sizeof(struct x86_call) == CALL_BYTES, "asm_layout.h");

struct arch_thread {
    alignas(16) struct x86_frame frame;
    uint64_t pkru;        /* rights to resume with */
    uint64_t cr3;         /* backend pt: of this cell */
    struct cell *inside;  /* backend pt: whose rights the thread has */
    uint64_t entry_stack; /* backend pt: top of the entry stack; 0 while somebody is inside */
    uint64_t entry_stack_top;
    uint32_t call_depth;
    uint32_t return_trap; /* backend pt: the next return is looked at in C */
    struct x86_call calls[CALL_DEPTH_MAX];
    phys_addr iommu;           /* second-level root: what its device reaches; 0: none */
    phys_addr root, directory; /* backend pt: PML4 and PDPT of this cell */
    uint32_t rights;           /* PKRU of this cell's code */
    bool frame_is_set;         /* the frame is complete: a call in progress must not store its result */
};
static_assert(offsetof(struct arch_thread, frame) == 0, "asm_layout.h");
static_assert(offsetof(struct arch_thread, pkru) == THREAD_PKRU, "asm_layout.h");
static_assert(offsetof(struct arch_thread, cr3) == THREAD_CR3, "asm_layout.h");
static_assert(offsetof(struct arch_thread, inside) == THREAD_INSIDE, "asm_layout.h");
static_assert(offsetof(struct arch_thread, entry_stack) == THREAD_ENTRY_STACK, "asm_layout.h");
static_assert(offsetof(struct arch_thread, entry_stack_top) == THREAD_ENTRY_STACK_TOP, "asm_layout.h");
static_assert(offsetof(struct arch_thread, return_trap) == THREAD_RETURN_TRAP, "asm_layout.h");
static_assert(offsetof(struct arch_thread, call_depth) == THREAD_CALL_DEPTH, "asm_layout.h");
static_assert(offsetof(struct arch_thread, calls) == THREAD_CALLS, "asm_layout.h");
