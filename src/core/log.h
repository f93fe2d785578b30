/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <stdint.h>

/*
 * The log: a ring of records.  Until a cell owns the serial port, records up to
 * the echo level also go to the early serial port.
 */
#define LOG_RECORDS 256u

void log_echo(uint32_t levels); /* how many levels are echoed, from LOG_ERROR on */
/* One record of `cell` (0: the monitor). */
void log_write(enum log_level level, uint32_t cell, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum status log_read(uint64_t sequence, struct log_record *record, uint64_t *next);
