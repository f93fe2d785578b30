/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <rt/status.h>
#include <sdk/symbol.h>

/* Questions to the monitor, asked with the shell's own capabilities. */

enum status system_read(struct system_record *record);

/*
 * Walks the records of a kind: start with *index = 0, call until it is not
 * ST_OK; each ST_OK fills `record` and moves *index on.  Free indices are
 * skipped.  ST_NOT_FOUND is the regular end.
 */
enum status system_next(enum query_kind kind, uint64_t *index, void *record, uint64_t bytes);

enum status cell_by_name(const char *name, struct cell_record *record);
enum status cell_by_id(uint32_t id, struct cell_record *record);

/* The name of a cell; "monitor" for 0, its number if nobody has it now.  `text` is returned. */
const char *cell_name(uint32_t id, char text[CELL_NAME_BYTES]);

enum status crash_by_id(uint32_t id, struct crash_record *record);
/* The manifest of its present or last instance. */
enum status manifest_by_id(uint32_t id, struct manifest *manifest);
/* Walks, like system_next, what was kept from before the last reset. */
enum status crash_kept_next(uint64_t *index, struct crash_record *record);
/* The name of a place in an image of the bundle, the check that traps there; see sdk/symbol.h. */
bool system_symbol_find(uint32_t image, uint64_t offset, char *text, uint64_t bytes);
bool system_trap_find(uint32_t image, uint64_t offset, struct symbol_trap *trap);
enum status edge_by_id(uint32_t id, struct edge_record *record);
enum status system_log_read(uint64_t sequence, struct log_record *record, uint64_t *next);

/* Where the log ends now: the sequence of the next record. */
uint64_t system_log_end(void);

/* True if the kernel's command line has the word. */
bool system_option_is_set(const char *name);
bool system_option_equals(const char *name, const char *value);

/* Of a moment, since the hand-over. */
uint64_t ns_since_boot(uint64_t tsc);
