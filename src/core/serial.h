/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The early serial port: polled, output only, for boot lines before a console
 * cell owns the device and for the last words of a panic.
 */
void serial_init(void);
void serial_text(const char *text);
void serial_line(const char *who, const char *text);
