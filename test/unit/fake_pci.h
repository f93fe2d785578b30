/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/device.h>
#include <rt/status.h>
#include <stddef.h>

/*
 * A machine as the bus cell sees it: functions with 256 bytes of configuration
 * space each, ports with slots that hold them, and the monitor's filter and
 * records.  Registers keep what hardware would let them keep.
 */
#define FAKE_FUNCTIONS 96u
#define FAKE_RECORDS 64u
#define FAKE_EXPRESS 0x60u /* offset of the PCI Express capability of bridges */
#define FAKE_WORDS 64u

struct fake_function {
    bool is_there;
    uint32_t bdf;
    uint32_t port; /* index + 1 of the port whose slot it is in, 0: built in */
    uint32_t words[FAKE_WORDS];
    uint32_t writable[FAKE_WORDS];
    uint32_t cleared_by_one[FAKE_WORDS];
};

extern struct fake_function fake_functions[FAKE_FUNCTIONS];
extern struct device_record fake_records[FAKE_RECORDS];
extern bool fake_records_used[FAKE_RECORDS];
extern uint32_t fake_released[8], fake_release_count;
extern uint32_t fake_warnings, fake_errors, fake_refused_writes;
extern char fake_line[256]; /* the last of the log */
extern uint64_t fake_ms, fake_deadline;

void fake_reset(void);
struct fake_function *fake_endpoint(uint32_t bdf, uint32_t vendor_device, uint32_t class_code);
/* A memory BAR; base 0: the firmware gave it none. */
void fake_bar(struct fake_function *function, uint32_t index, uint64_t base, uint64_t bytes, uint32_t flags);
struct fake_function *fake_bridge(uint32_t bdf, uint32_t secondary, uint32_t subordinate);
void fake_window(struct fake_function *bridge, uint64_t memory, uint64_t memory_end, uint64_t prefetch,
                 uint64_t prefetch_end);
/* Makes a root port of a bridge, with a hot-plug slot that has everything. */
void fake_slot(struct fake_function *bridge, uint32_t number);
/* Puts functions that were made with this BDF into the slot, takes them out, presses the button. */
void fake_card_in(struct fake_function *port, struct fake_function *card);
void fake_card_out(struct fake_function *port);
void fake_press(struct fake_function *port);
bool fake_is_powered(const struct fake_function *port);
uint32_t fake_indicator(const struct fake_function *port); /* of power */

const struct device_record *fake_record(uint32_t bdf); /* null: not announced */
uint64_t fake_bar_base(const struct fake_function *function, uint32_t index);
