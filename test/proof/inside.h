/* SPDX-License-Identifier: MIT */
#pragma once

#include <core/cap.h>
#include <core/cell.h>
#include <core/edge.h>

/*
 * What a proof must see of files that keep it to themselves, and what entry.S does in
 * assembly.  inside_*.c include the shipping file they look into.
 */
const struct cap *inside_caps(void);
void inside_cap_forget(void);
void inside_cap_forget_generations(void);
void inside_domain_forget(void);

/* Backend pt: what entry.S would let through. */
bool inside_gate_is_open(uint32_t edge);
/* The current thread calls through `edge`, whosever that is, or returns from whatever it is in. */
void inside_gate_call(uint32_t edge);
void inside_gate_return(void);

/* --- the machine of the edge proof (edge_machine.c) ------------------------------------------- */

#define MACHINE_CELLS 3u /* ids 1.. */
#define MACHINE_ENTRY_STACK 0x8000u

void machine_begin(bool has_channels);
/* Of what the machine shows to cells, all of which follows from what it shows it of. */
void machine_forget(void);
