/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/gate.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A call with every register known before and kept after.  Before: `fill` in
 * all that carry nothing for the call; DF as in `flags`.
 */
struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags;
    uint64_t rsp_before, rbp_before; /* what rsp and rbp were at the call instruction */
    uint64_t return_address;         /* behind the call or SYSCALL instruction */
};
static_assert(offsetof(struct registers, r8) == 64 && offsetof(struct registers, rflags) == 128 &&
                  offsetof(struct registers, return_address) == 152,
              "registers.S");

#define REGISTERS_FILL UINT64_C(0x0BADF00D5AFE5AFE)
#define RFLAGS_DF UINT64_C(0x400)

/* Through a gate stub. */
void registers_gate(gate_stub stub, const uint64_t arguments[4], uint64_t flags, struct registers *after);

/* Into the monitor: number, then five arguments. */
void registers_monitor(const uint64_t call[6], uint64_t flags, struct registers *after);
