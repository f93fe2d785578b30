/* SPDX-License-Identifier: MIT */
#pragma once

#include "command.h"

/* The forms of `cell` that test the walls: command_fault.c.  Words 1 and 2 are checked. */
enum status cell_break_run(struct command_call *call);
enum status cell_cycle_run(struct command_call *call);
