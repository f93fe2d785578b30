/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/gate.h>
#include <stdint.h>

/*
 * The measured regions, in measure.S so that no compiler puts anything of its
 * own between the two RDTSC.  Each runs one operation and returns the ticks from
 * RDTSC to RDTSC, modulo 2^32, with the cost of the frame still in them; what
 * measure_frame returns is that cost.
 */

/* The frame around no operation. */
uint32_t measure_frame(void);

/* A direct call of a function of two instructions. */
uint32_t measure_plain(void);

/* A call of mon_null: into the monitor and back. */
uint32_t measure_monitor(void);

/* The call instruction, the stub, the callee and back; arguments are not set up inside. */
uint32_t measure_gate0(gate_stub stub, struct gate_result *result);

/* The same and the four moves that set up the arguments. */
uint32_t measure_gate4(gate_stub stub, const uint64_t arguments[4], struct gate_result *result);
