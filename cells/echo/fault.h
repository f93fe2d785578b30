/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/* Whether `kind`, a caller's number, is an enum fault_kind. */
bool fault_is_kind(uint64_t kind);

/*
 * Misbehaves as enum fault_kind says.  `address` is where FAULT_WILD writes.
 *
 *   ST_OK         it was done and nothing stopped it
 *   ST_RANGE      no such kind
 *   ST_NOT_FOUND  FAULT_GATE without an edge whose stub could be entered
 */
enum status fault_commit(uint64_t kind, uint64_t address);

/* fault_raw.S: the instructions that the language profile would not let through. */
void fault_read(uint64_t address);
void fault_write(uint64_t address);
void fault_jump(uint64_t address);
void fault_divide(void);
void fault_halt(void);
void fault_port_read(uint64_t port);
uint64_t fault_enter_gate(uint64_t address);
