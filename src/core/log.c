/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "cell.h"
#include "serial.h"

#include <rt/bits.h>
#include <rt/text.h>

static struct log_record records[LOG_RECORDS];
static uint64_t next_sequence;
static uint32_t echo_levels = LOG_INFO + 1;

void log_echo(uint32_t levels)
{
    echo_levels = levels;
}

static void log_clean(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '.';
}

void log_write(enum log_level level, uint32_t cell, const char *format, ...)
{
    struct log_record *record = &records[next_sequence % LOG_RECORDS];
    *record =
        (struct log_record){ .sequence = next_sequence++, .tsc = arch_tsc(), .level = level, .cell = cell };
    const struct cell *writer = cell_at(cell);
    text_copy(record->name, sizeof record->name, writer != nullptr ? writer->name : "monitor");
    va_list args;
    va_start(args, format);
    text_vformat(record->text, sizeof record->text, format, args);
    va_end(args);
    log_clean(record->text);
    if (level < echo_levels)
        serial_line(record->name, record->text);
    FOR_EACH_CELL (reader)
        if (reader->thread.state != THREAD_NONE && reader->reads_log && reader->id != cell)
            sched_notify(reader, BIT64(EVENT_LOG));
}

enum status log_read(uint64_t sequence, struct log_record *record, uint64_t *next)
{
    if (sequence >= next_sequence)
        return ST_EMPTY;
    uint64_t oldest = next_sequence > LOG_RECORDS ? next_sequence - LOG_RECORDS : 0;
    sequence = sequence < oldest ? oldest : sequence;
    *record = records[sequence % LOG_RECORDS];
    *next = sequence + 1;
    return ST_OK;
}
