/* SPDX-License-Identifier: MIT */
#pragma once

#include "command.h"

#include <abi/monitor_call.h>

/* Functions and their cells, as the commands about them name them. */

/* ST_NOT_FOUND: the monitor knows no such function. */
enum status device_by_bdf(uint32_t bdf, struct device_record *device);
/* The function that `cell` drives. */
enum status device_of_cell(const struct cell_record *cell, struct device_record *device);

/* `word` is a BDF or a cell's name: the function meant.  Prints why there is none. */
enum status device_named(const struct command_call *call, const char *word, struct device_record *device);
/* `word` is a cell's name or the BDF of what it drives: the cell meant.  Prints why there is none. */
enum status device_cell_named(const struct command_call *call, const char *word, struct cell_record *cell);

/* The same as text: the name of its cell, or "-". */
const char *device_owner_name(const struct device_record *device, char text[CELL_NAME_BYTES]);
