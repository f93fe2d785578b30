/* SPDX-License-Identifier: MIT */
#include "system.h"

#include "crash.h"

#include "options.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define SYSTEM_INDEX_MAX 65536u /* no table of the monitor is longer */

static cap_handle handle_of(enum capability_type type)
{
    const struct cell_cap *cap = cell_cap_find(type);
    return cap == nullptr ? 0 : cap->handle;
}

static enum status system_query(enum query_kind kind, uint64_t index, void *record, uint64_t bytes,
                                uint64_t *next)
{
    return mon_query(handle_of(CAP_CELLS), kind, index, record, bytes, next);
}

enum status system_read(struct system_record *record)
{
    uint64_t next = 0;
    return system_query(QUERY_SYSTEM, 0, record, sizeof(*record), &next);
}

enum status system_next(enum query_kind kind, uint64_t *index, void *record, uint64_t bytes)
{
    while (*index < SYSTEM_INDEX_MAX) {
        uint64_t next = 0;
        enum status status = system_query(kind, *index, record, bytes, &next);
        bool moves = status == ST_OK && next > *index;
        *index = moves ? next : *index + 1;
        if (status != ST_EMPTY)
            return status;
    }
    return ST_NOT_FOUND;
}

enum status cell_by_id(uint32_t id, struct cell_record *record)
{
    uint64_t next = 0;
    enum status status = system_query(QUERY_CELL, id, record, sizeof(*record), &next);
    return status == ST_EMPTY ? ST_NOT_FOUND : status;
}

enum status cell_by_name(const char *name, struct cell_record *record)
{
    uint64_t index = 0;
    enum status status;
    while ((status = system_next(QUERY_CELL, &index, record, sizeof(*record))) == ST_OK)
        if (text_equal(record->name, name))
            return ST_OK;
    return status;
}

const char *cell_name(uint32_t id, char text[CELL_NAME_BYTES])
{
    struct cell_record record;
    if (id == 0)
        (void)text_copy(text, CELL_NAME_BYTES, "monitor");
    else if (cell_by_id(id, &record) == ST_OK)
        (void)text_copy(text, CELL_NAME_BYTES, record.name);
    else
        (void)text_format(text, CELL_NAME_BYTES, "#%u", id);
    return text;
}

/* Does `address` lie in the slot of a domain that `cell` does not own? */
static bool address_is_foreign(uint64_t address, uint32_t cell)
{
    struct domain_record domain;
    uint64_t next = 0;
    for (uint64_t index = 0;; index = next) {
        enum status status = system_query(QUERY_DOMAIN, index, &domain, sizeof(domain), &next);
        if (status == ST_EMPTY)
            next = index + 1;
        else if (status != ST_OK)
            return false;
        else if (address >= domain.base && address - domain.base < GIB(1))
            return domain.owner != cell;
    }
}

enum status crash_by_id(uint32_t id, struct crash_record *record)
{
    uint64_t next = 0;
    enum status status = system_query(QUERY_CRASH, id, record, sizeof(*record), &next);
    if (status == ST_OK && record->reason == CRASH_NONE)
        return ST_NOT_FOUND;
    if (status == ST_OK)
        record->reason = crash_classify(record, address_is_foreign(record->address, record->cell));
    return status == ST_EMPTY ? ST_NOT_FOUND : status;
}

enum status manifest_by_id(uint32_t id, struct manifest *manifest)
{
    uint64_t next = 0;
    enum status status = system_query(QUERY_MANIFEST, id, manifest, sizeof(*manifest), &next);
    return status == ST_EMPTY ? ST_NOT_FOUND : status;
}

/* Of that boot: the domains of this one say nothing about its addresses. */
enum status crash_kept_next(uint64_t *index, struct crash_record *record)
{
    enum status status = system_next(QUERY_CRASH_KEPT, index, record, sizeof(*record));
    if (status == ST_OK)
        record->reason = crash_classify(record, false);
    return status;
}

bool system_symbol_find(uint32_t image, uint64_t offset, char *text, uint64_t bytes)
{
    return symbol_find(handle_of(CAP_CELLS), image, offset, text, bytes);
}

bool system_trap_find(uint32_t image, uint64_t offset, struct symbol_trap *trap)
{
    return symbol_trap_find(handle_of(CAP_CELLS), image, offset, trap);
}

enum status edge_by_id(uint32_t id, struct edge_record *record)
{
    uint64_t next = 0;
    enum status status = system_query(QUERY_EDGE, id, record, sizeof(*record), &next);
    return status == ST_EMPTY || (status == ST_OK && record->id != id) ? ST_NOT_FOUND : status;
}

enum status system_log_read(uint64_t sequence, struct log_record *record, uint64_t *next)
{
    return mon_log_read(handle_of(CAP_LOG), sequence, record, next);
}

uint64_t system_log_end(void)
{
    struct log_record record;
    uint64_t sequence = 0;
    for (uint32_t i = 0; i < SYSTEM_INDEX_MAX && system_log_read(sequence, &record, &sequence) == ST_OK;
         i++) {}
    return sequence;
}

bool system_option_is_set(const char *name)
{
    struct system_record record;
    return system_read(&record) == ST_OK && option_is_set(record.command_line, name);
}

bool system_option_equals(const char *name, const char *value)
{
    struct system_record record;
    return system_read(&record) == ST_OK && option_equals(record.command_line, name, value);
}

uint64_t ns_since_boot(uint64_t tsc)
{
    uint64_t boot = cell_info()->tsc_boot;
    return tsc > boot ? tsc_to_ns(tsc - boot) : 0;
}
