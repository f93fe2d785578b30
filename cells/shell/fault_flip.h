/* SPDX-License-Identifier: MIT */
#pragma once

#include "command.h"

/*
 * fault CELL text-flip [OFFSET[.BIT]] [--seed N] [--count N]: turns bits of the
 * running text of a cell over, by way of the warden, and judges what comes of it.
 */
#define FLIP_NAME "text-flip"
enum status fault_flip_run(struct command_call *call);
