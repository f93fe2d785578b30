/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/gate.h>
#include <stdint.h>

/*
 * The measured regions.  Each runs one operation on the stack at `stack` and
 * returns the ticks from RDTSC to RDTSC, modulo 2^32, with the cost of the frame
 * still in them; what region_frame returns is that cost.
 */

/* The frame around no operation. */
uint32_t region_frame(uint64_t stack);

/* A direct call of a function of two instructions. */
uint32_t region_plain(uint64_t stack);

/* WRPKRU to `away` and to `back` again, and nothing else: what no gate with keys can do without. */
uint32_t region_wrpkru(uint64_t stack, uint32_t away, uint32_t back);

/* The call instruction, the stub, the callee and back. */
uint32_t region_gate(uint64_t stack, gate_stub stub, struct gate_result *result);

/* The smallest system call, for comparison. */
uint32_t region_getpid(uint64_t stack);
