/* SPDX-License-Identifier: MIT */
#include "fake_pci.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cells/pci/registers.h"

#define EXPRESS_WORD(offset) ((FAKE_EXPRESS + (offset)) / 4)
#define SLOT_WORD EXPRESS_WORD(EXPRESS_SLOT_CONTROL)
#define NS_PER_MS 1000000u

struct fake_function fake_functions[FAKE_FUNCTIONS];
struct device_record fake_records[FAKE_RECORDS];
bool fake_records_used[FAKE_RECORDS];
uint32_t fake_released[8], fake_release_count;
uint32_t fake_warnings, fake_errors, fake_refused_writes;
char fake_line[256];
uint64_t fake_ms, fake_deadline;

static const struct cell_cap caps[] = { { .type = CAP_PCI, .handle = 0x10001 },
                                        { .type = CAP_CELLS, .handle = 0x10002 } };
static const struct cell_edge warden = { .interface = WARDEN_INTERFACE, .state = PEER_UP };
static struct cell_info info;

void fake_reset(void)
{
    memset(fake_functions, 0, sizeof(fake_functions));
    memset(fake_records, 0, sizeof(fake_records));
    memset(fake_records_used, 0, sizeof(fake_records_used));
    fake_warnings = fake_errors = fake_refused_writes = fake_release_count = 0;
    fake_ms = 1000;
    fake_deadline = WAIT_FOREVER;
    fake_line[0] = '\0';
}

struct fake_function *fake_endpoint(uint32_t bdf, uint32_t vendor_device, uint32_t class_code)
{
    for (uint32_t i = 0; i < FAKE_FUNCTIONS; i++) {
        struct fake_function *function = &fake_functions[i];
        if (function->is_there)
            continue;
        *function = (struct fake_function){ .is_there = true, .bdf = bdf };
        function->words[PCI_ID / 4] = vendor_device;
        function->words[PCI_CLASS / 4] = class_code << 8;
        function->writable[PCI_COMMAND / 4] = 0xFFFF;
        return function;
    }
    abort();
}

void fake_bar(struct fake_function *function, uint32_t index, uint64_t base, uint64_t bytes, uint32_t flags)
{
    uint32_t at = PCI_BAR / 4 + index;
    function->words[at] = (uint32_t)base | flags;
    function->writable[at] = (uint32_t)~(bytes - 1) & ~0xFu;
    if ((flags & BAR_64) != 0) {
        function->words[at + 1] = (uint32_t)(base >> 32);
        function->writable[at + 1] = (uint32_t)(~(bytes - 1) >> 32);
    }
}

uint64_t fake_bar_base(const struct fake_function *function, uint32_t index)
{
    uint32_t low = function->words[PCI_BAR / 4 + index];
    uint64_t high = (low & BAR_64) != 0 ? function->words[PCI_BAR / 4 + index + 1] : 0;
    return (low & ~0xFu) | high << 32;
}

struct fake_function *fake_bridge(uint32_t bdf, uint32_t secondary, uint32_t subordinate)
{
    struct fake_function *bridge = fake_endpoint(bdf, 0x000C1B36, 0x060400);
    bridge->words[PCI_HEADER / 4] = 1u << 16;
    bridge->words[PCI_BUSES / 4] = secondary << 8 | subordinate << 16;
    fake_window(bridge, 0xFFF00000, 0, 0xFFF00000, 0);
    return bridge;
}

void fake_window(struct fake_function *bridge, uint64_t memory, uint64_t memory_end, uint64_t prefetch,
                 uint64_t prefetch_end)
{
    uint64_t last = prefetch_end - 1;
    bridge->words[BRIDGE_MEMORY / 4] = (uint32_t)((memory >> 16 & 0xFFF0) | ((memory_end - 1) & 0xFFF00000));
    bridge->words[BRIDGE_PREFETCH / 4] = (uint32_t)((prefetch >> 16 & 0xFFF0) | (last & 0xFFF00000) |
                                                    0x10001);
    bridge->words[BRIDGE_PREFETCH_BASE_HIGH / 4] = (uint32_t)(prefetch >> 32);
    bridge->words[BRIDGE_PREFETCH_LIMIT_HIGH / 4] = (uint32_t)(last >> 32);
}

void fake_slot(struct fake_function *bridge, uint32_t number)
{
    bridge->words[PCI_COMMAND / 4] |= STATUS_HAS_LIST;
    bridge->words[PCI_CAPABILITIES / 4] = FAKE_EXPRESS;
    bridge->words[FAKE_EXPRESS / 4] = CAPABILITY_EXPRESS | EXPRESS_TYPE_ROOT_PORT << 20 | EXPRESS_HAS_SLOT;
    bridge->words[EXPRESS_WORD(EXPRESS_LINK_CAPABILITIES)] = LINK_REPORTS_ACTIVE;
    bridge->words[EXPRESS_WORD(EXPRESS_SLOT_CAPABILITIES)] = number << 19 | SLOT_HAS_HOT_PLUG |
                                                             SLOT_HAS_POWER_CONTROLLER |
                                                             SLOT_HAS_POWER_INDICATOR |
                                                             SLOT_HAS_ATTENTION_INDICATOR;
    bridge->words[SLOT_WORD] = SLOT_POWER_OFF | INDICATOR_OFF << 8 | INDICATOR_OFF << 6;
    bridge->writable[SLOT_WORD] = SLOT_POWER_OFF | SLOT_POWER_INDICATOR | SLOT_ATTENTION_INDICATOR;
    bridge->cleared_by_one[SLOT_WORD] = SLOT_EVENTS | SLOT_COMMAND_COMPLETED;
}

bool fake_is_powered(const struct fake_function *port)
{
    return (port->words[SLOT_WORD] & SLOT_POWER_OFF) == 0;
}

uint32_t fake_indicator(const struct fake_function *port)
{
    return field32_get(port->words[SLOT_WORD], SLOT_POWER_INDICATOR);
}

/* The link follows power and presence. */
static void slot_update(struct fake_function *port)
{
    bool is_up = fake_is_powered(port) && (port->words[SLOT_WORD] & SLOT_PRESENT) != 0;
    uint32_t *link = &port->words[EXPRESS_WORD(EXPRESS_LINK)];
    if (is_up != ((*link & LINK_ACTIVE) != 0))
        port->words[SLOT_WORD] |= SLOT_LINK_CHANGED;
    *link = is_up ? LINK_ACTIVE : 0;
}

void fake_card_in(struct fake_function *port, struct fake_function *card)
{
    card->port = (uint32_t)(port - fake_functions) + 1;
    port->words[SLOT_WORD] |= SLOT_PRESENT | SLOT_PRESENCE_CHANGED;
    slot_update(port);
}

void fake_card_out(struct fake_function *port)
{
    for (uint32_t i = 0; i < FAKE_FUNCTIONS; i++)
        if (fake_functions[i].port == (uint32_t)(port - fake_functions) + 1)
            fake_functions[i] = (struct fake_function){ 0 };
    port->words[SLOT_WORD] = (port->words[SLOT_WORD] & ~SLOT_PRESENT) | SLOT_PRESENCE_CHANGED;
    slot_update(port);
}

void fake_press(struct fake_function *port)
{
    port->words[SLOT_WORD] |= SLOT_BUTTON_PRESSED;
}

static struct fake_function *function_at(uint32_t bdf)
{
    for (uint32_t i = 0; i < FAKE_FUNCTIONS; i++) {
        struct fake_function *function = &fake_functions[i];
        bool is_cut = function->port != 0 && !fake_is_powered(&fake_functions[function->port - 1]);
        if (function->is_there && function->bdf == bdf && !is_cut)
            return function;
    }
    return nullptr;
}

/* --- The monitor ------------------------------------------------------------------------- */

static struct device_record *record_at(uint32_t bdf)
{
    for (uint32_t i = 0; i < FAKE_RECORDS; i++)
        if (fake_records_used[i] && fake_records[i].bdf == bdf)
            return &fake_records[i];
    return nullptr;
}

const struct device_record *fake_record(uint32_t bdf)
{
    return record_at(bdf);
}

uint32_t mon_pci_read(cap_handle pci, uint32_t bdf, uint32_t offset)
{
    const struct fake_function *function = function_at(bdf);
    if (pci != caps[0].handle || function == nullptr || offset % 4 != 0 || offset / 4 >= FAKE_WORDS)
        return UINT32_MAX;
    return function->words[offset / 4];
}

static bool is_write_allowed(const struct fake_function *function, uint32_t offset)
{
    bool is_bridge = (function->words[PCI_HEADER / 4] >> 16 & 0x7F) == 1;
    if (is_bridge)
        return offset == PCI_COMMAND || offset == FAKE_EXPRESS + EXPRESS_SLOT_CONTROL;
    return record_at(function->bdf) == nullptr && offset >= PCI_BAR && offset < PCI_BAR + 4 * DEVICE_BARS;
}

enum status mon_pci_write(cap_handle pci, uint32_t bdf, uint32_t offset, uint32_t value)
{
    struct fake_function *function = function_at(bdf);
    if (pci != caps[0].handle || function == nullptr || !is_write_allowed(function, offset)) {
        fake_refused_writes++;
        return ST_DENIED;
    }
    uint32_t at = offset / 4;
    uint32_t *word = &function->words[at];
    *word = (*word & ~function->writable[at]) | (value & function->writable[at]);
    *word &= ~(value & function->cleared_by_one[at]);
    if (function->cleared_by_one[at] != 0) {
        *word |= SLOT_COMMAND_COMPLETED;
        slot_update(function);
    }
    return ST_OK;
}

/* As the monitor does: the size is what does not stay when ones are written. */
static void record_bars(struct device_record *record, const struct fake_function *function)
{
    for (uint32_t i = 0; i < DEVICE_BARS; i++) {
        uint32_t at = PCI_BAR / 4 + i;
        if (function->writable[at] == 0 || fake_bar_base(function, i) == 0)
            continue;
        bool is_wide = (function->words[at] & BAR_64) != 0 && i + 1 < DEVICE_BARS;
        uint64_t mask = function->writable[at] | (is_wide ? (uint64_t)function->writable[at + 1] : UINT32_MAX)
                                                     << 32;
        record->bars[i] = (struct device_bar){ fake_bar_base(function, i), ~mask + 1, 0, 0 };
        i += is_wide;
    }
}

enum status mon_device_add(cap_handle pci, uint32_t bdf, uint32_t *index)
{
    const struct fake_function *function = function_at(bdf);
    if (pci != caps[0].handle || function == nullptr)
        return ST_NOT_FOUND;
    if (record_at(bdf) != nullptr)
        return ST_EXISTS;
    for (uint32_t i = 0; i < FAKE_RECORDS; i++) {
        if (fake_records_used[i])
            continue;
        fake_records[i] = (struct device_record){ .bdf = bdf, .class_code = function->words[2] >> 8 };
        record_bars(&fake_records[i], function);
        fake_records_used[i] = true;
        *index = i;
        return ST_OK;
    }
    return ST_QUOTA;
}

enum status mon_device_remove(cap_handle pci, uint32_t bdf)
{
    struct device_record *record = record_at(bdf);
    if (pci != caps[0].handle || record == nullptr)
        return ST_NOT_FOUND;
    record->is_gone = true;
    fake_records_used[record - fake_records] = record->owner != 0;
    return ST_OK;
}

enum status mon_query(cap_handle cells, enum query_kind kind, uint64_t index, void *record, uint64_t bytes,
                      uint64_t *next)
{
    if (cells != caps[1].handle || kind != QUERY_DEVICE || bytes != sizeof(struct device_record))
        return ST_HANDLE;
    if (index >= FAKE_RECORDS)
        return ST_NOT_FOUND;
    *next = index + 1;
    if (!fake_records_used[index])
        return ST_EMPTY;
    *(struct device_record *)record = fake_records[index];
    return ST_OK;
}

/* --- The SDK ----------------------------------------------------------------------------- */

const struct cell_info *cell_info(void)
{
    return &info;
}

const struct cell_cap *cell_cap_find(enum capability_type type)
{
    return type == CAP_PCI ? &caps[0] : type == CAP_CELLS ? &caps[1] : nullptr;
}

const struct cell_edge *cell_edge_find(const char *interface, uint32_t nth)
{
    return text_equal(interface, WARDEN_INTERFACE) && nth == 0 ? &warden : nullptr;
}

enum status gate_call(const struct cell_edge *edge, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t *value)
{
    (void)edge, (void)c, (void)d;
    if (a == WARDEN_RELEASE && fake_release_count < ARRAY_COUNT(fake_released))
        fake_released[fake_release_count++] = (uint32_t)b;
    *value = ST_OK;
    return ST_OK;
}

void cell_timer_set(uint64_t deadline_tsc)
{
    fake_deadline = deadline_tsc;
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    (void)ticks;
    return fake_ms * NS_PER_MS;
}

uint64_t tsc_after_ms(uint64_t ms)
{
    return fake_ms + ms;
}

void cell_log(enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)text_vformat(fake_line, sizeof(fake_line), format, args);
    va_end(args);
    fake_warnings += level == LOG_WARN;
    fake_errors += level == LOG_ERROR;
    if (getenv("FAKE_LOG") != nullptr)
        printf("%u: %s\n", (unsigned)level, fake_line);
}

[[noreturn]] void cell_start(const struct cell_info *page)
{
    (void)page;
    __builtin_trap();
}
