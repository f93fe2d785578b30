/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

/*
 * The log as it happens: warnings and crash reports that appear while somebody
 * sits at the prompt.
 */

/*
 * Where to begin: on the shell's first instance at the start of the log, so
 * that what went wrong at boot is seen; later at the crash of the former
 * instance, or, if it ended in another way, at what is new from now on.
 */
void live_begin(void);

/* True if there is something to print. */
bool live_has_news(void);

/* Prints it. */
void live_print(const struct output *output);
