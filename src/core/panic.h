/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/assert.h>

/*
 * The monitor's own invariant is broken, or it cannot go on: says so on the
 * early serial port and stops the machine (with the word panic=exit on the
 * command line: leaves the emulator with status 125).
 */
[[noreturn]] void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What panic does after its message. */
void panic_exit_set(bool exit_emulator);
