/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

/*
 * The log as it happens: warnings and crash reports that appear while somebody
 * sits at the prompt.
 */

/*
 * Where to begin: on the shell's first instance at the start of the log, so
 * that what went wrong at boot is seen; later at what is new since the end of
 * the former instance, whose crash, if it was one, is reported now.
 */
void live_begin(const struct output *output);

/* True if there is something to print. */
bool live_has_news(void);

/* Prints it. */
void live_print(const struct output *output);
