/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <cells/pci/topology.h>
#include <sdk/cell.h>
#include <string.h>
#include <test/unit/fake_pci.h>

/*
 * The bus cell against functions that say anything, and change their mind
 * between its looks.  It comes to an end and its picture of the buses is a tree.
 * And the room it finds for a BAR is room.
 */
#define FUNCTIONS 12u
#define LOOKS 64u

struct input {
    const uint8_t *data;
    size_t left;
};

static uint32_t input_take(struct input *input, size_t bytes)
{
    uint32_t value = 0;
    bytes = bytes < input->left ? bytes : input->left;
    memcpy(&value, input->data, bytes);
    input->data += bytes;
    input->left -= bytes;
    return value;
}

/* A few words anywhere in configuration space; the registers that hardware lets one write stay so. */
static void function_spoil(struct fake_function *function, struct input *input)
{
    for (uint32_t i = input_take(input, 1) % 8; i > 0; i--) {
        uint32_t at = input_take(input, 1) % FAKE_WORDS;
        function->words[at] = input_take(input, 4);
    }
}

static void function_make(struct input *input)
{
    uint32_t kind = input_take(input, 1);
    uint32_t bdf = input_take(input, 2) & 0x3FF;
    uint32_t buses = input_take(input, 2);
    if ((kind & 1) != 0) {
        struct fake_function *bridge = fake_bridge(bdf, buses & 7, buses >> 8 & 0xF);
        uint64_t base = (uint64_t)(kind >> 4) << 24;
        fake_window(bridge, 0xC0000000 + base, 0xC0200000 + base, 0xE000000000, 0xE010000000);
        if ((kind & 2) != 0)
            fake_slot(bridge, kind);
        function_spoil(bridge, input);
        return;
    }
    struct fake_function *function = fake_endpoint(bdf, 0x00101B36, 0x010802);
    for (uint32_t bar = 0; bar < DEVICE_BARS - 1; bar += 2)
        if ((kind >> bar & 2) != 0)
            fake_bar(function, bar, 0, UINT64_C(0x1000) << (buses >> bar & 15), kind >> bar & 0xC);
    function_spoil(function, input);
    uint32_t port = input_take(input, 1) % FUNCTIONS;
    if ((kind & 0x80) != 0 && fake_functions[port].is_there)
        fake_card_in(&fake_functions[port], function);
}

/* Distinct buses, each bridge's inside the one above: never a loop. */
static void tree_check(void)
{
    if (bridge_count > BRIDGE_MAX)
        __builtin_trap();
    for (uint32_t i = 0; i < bridge_count; i++) {
        const struct bridge *bridge = &bridges[i];
        if (bridge->secondary <= DEVICE_BUS(bridge->bdf) || bridge->subordinate < bridge->secondary)
            __builtin_trap();
        for (uint32_t j = 0; j < i; j++)
            if (bridges[j].secondary == bridge->secondary)
                __builtin_trap();
    }
}

#define RANGES 6u

static bool is_good_place(struct range window, const struct range *taken, uint64_t at, uint64_t bytes)
{
    for (uint32_t i = 0; i < RANGES; i++)
        if (taken[i].bytes != 0 && at < taken[i].base + taken[i].bytes && taken[i].base < at + bytes)
            return false;
    return at % bytes == 0 && at >= window.base && at + bytes <= window.base + window.bytes;
}

/* A place is a good one, and the lowest. */
static void window_check(struct input *input)
{
    struct range window = { 0x1000 + input_take(input, 1), input_take(input, 1) };
    struct range taken[RANGES];
    for (uint32_t i = 0; i < RANGES; i++)
        taken[i] = (struct range){ 0x1000 + input_take(input, 1), input_take(input, 1) % 32 };
    uint64_t bytes = UINT64_C(1) << input_take(input, 1) % 8;
    uint64_t at = window_place(window, taken, RANGES, bytes);
    uint64_t lowest = window.base;
    while (lowest < window.base + window.bytes && !is_good_place(window, taken, lowest, bytes))
        lowest++;
    if (at != (lowest < window.base + window.bytes ? lowest : 0))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    window_check(&input);
    fake_reset();
    for (uint32_t i = input_take(&input, 1) % FUNCTIONS; i > 0; i--)
        function_make(&input);
    if (cell_operations->init() != ST_OK || cell_operations->start() != ST_OK)
        __builtin_trap();
    tree_check();
    for (uint32_t look = 0; look < LOOKS && input.left != 0; look++) {
        function_spoil(&fake_functions[input_take(&input, 1) % FUNCTIONS], &input);
        fake_ms += UINT64_C(100) * input_take(&input, 1);
        cell_operations->notified(BIT64(EVENT_TIMER));
        tree_check();
    }
    return 0;
}
