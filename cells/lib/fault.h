/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/* What sdk/fault.h is made of. */

/* fault_ring.c: rubbish into every ring this cell is an end of.  ST_NOT_FOUND: it has no channel. */
enum status fault_scribble(void);

/* fault_handle.c: forged handles to many calls.  ST_DENIED: all refused; ST_OK: one was taken. */
enum status fault_forge(void);

/* fault_raw.S: the instructions that the language profile would not let through. */
void fault_read(uint64_t address);
void fault_write(uint64_t address);
void fault_jump(uint64_t address);
void fault_divide(void);
void fault_halt(void);
void fault_port_read(uint64_t port);
uint64_t fault_enter_gate(uint64_t address);
