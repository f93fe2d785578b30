/* SPDX-License-Identifier: MIT */

/*
 * Attack 43: interrupts that are not the device's, by writing to the address
 * range of messages; and every register of the function's configuration space,
 * by the call that writes one.
 */

#include "device.h"
#include "engine.h"

#include <abi/device.h>
#include <rt/bits.h>
#include <sdk/device.h>

#define MESSAGE_BASE UINT64_C(0xFEE00000)
#define MESSAGE_REMAPPABLE BIT32(4)
#define MESSAGE_HANDLE_SHIFT 5u
#define MESSAGE_BYTES 4u
#define HANDLE_FIRST 32u /* of the table of messages: all that are used are among these */
#define HANDLES 64u
#define TRIES 8u /* others have interrupts of their own: only what comes each time comes from us */
#define CONFIG_WORDS 1024u
#define CONFIG_CAPABILITY_POWER 1u
#define POWER_CONTROL 4u

/* Interrupts that other cells have been given so far. */
static uint64_t interrupts_of_others(void)
{
    struct cell_record record = {};
    uint64_t sum = 0;
    uint64_t next = 0;
    for (uint64_t id = 1; id < CELL_MAX; id++) {
        enum status status = mon_query(device_observer(), QUERY_CELL, id, &record, sizeof(record), &next);
        if (status == ST_OK && id != cell_info()->id)
            sum += record.interrupts;
    }
    return sum;
}

static bool message_arrives(uint64_t address)
{
    enum status status = engine_ready();
    uint64_t before = interrupts_of_others();
    status = status ?: engine_write(address, MESSAGE_BYTES);
    ASSERT(status == ST_OK);
    return interrupts_of_others() != before;
}

/*
 * The education device's DMA carries no requester id (QEMU 7.2), and its IOMMU then cannot
 * tell who sends: a message that is in use by somebody arrives.  It also lets messages
 * through that name a vector and no handle, whatever it was told; those are not tried, for
 * they stop the machine.  What is left to show is that no other handle means anything.
 */
static uint64_t message_handle(uint32_t handle)
{
    static bool is_loaded;
    uint64_t address = MESSAGE_BASE | handle << MESSAGE_HANDLE_SHIFT | MESSAGE_REMAPPABLE;
    enum status status = is_loaded ? ST_OK : engine_load(0);
    ASSERT(status == ST_OK);
    is_loaded = true;
    uint32_t arrived = 0;
    while (arrived < TRIES && message_arrives(address))
        arrived++;
    if (arrived < TRIES)
        return ATTACK_REFUSED;
    cell_log(LOG_INFO, "message %u arrives: the device's DMA names no source here", handle);
    return ATTACK_IMPOSSIBLE;
}

/* --- configuration space -------------------------------------------------------------------------- */

static uint32_t config[CONFIG_WORDS];

static uint32_t config_word(uint32_t index)
{
    return device_config_read32(index * (uint32_t)sizeof(uint32_t));
}

/* The power state is the driver's; 0: there is none. */
static uint32_t power_register(void)
{
    uint32_t at = device_capability_next(CONFIG_CAPABILITY_POWER, 0);
    return at != 0 ? at + POWER_CONTROL : 0;
}

static uint64_t config_write(uint32_t offset, uint32_t value)
{
    uint64_t status = monitor_call(MON_PCI_WRITE, device_cap()->handle, 0, offset, value, 0).status;
    if (status == ST_DENIED || (offset == power_register() && offset != 0))
        return ATTACK_REFUSED;
    return device_escape("%x at %x of configuration space: %s", value, offset,
                         status_name((enum status)status));
}

static uint64_t config_compare(void)
{
    for (uint32_t i = 0; i < CONFIG_WORDS; i++)
        if (config_word(i) != config[i] && i != power_register() / sizeof(uint32_t))
            return device_escape("configuration space has changed at %lx", i * sizeof(uint32_t));
    return ATTACK_REFUSED;
}

/* Every register; all ones, all zeros, each bit turned over. */
static uint64_t config_attack(uint32_t way)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < CONFIG_WORDS; i++)
        config[i] = config_word(i);
    ASSERT(config[0] != UINT32_MAX && config[0] != 0);
    for (uint32_t i = 0; i < CONFIG_WORDS && answer == ATTACK_REFUSED; i++) {
        uint32_t value = way == 0 ? UINT32_MAX : way == 1 ? 0 : ~config[i];
        answer = config_write(i * (uint32_t)sizeof(uint32_t), value);
    }
    return answer == ATTACK_REFUSED ? config_compare() : answer;
}

/* Offsets that are none, and of other functions: the handle says which function, nothing else does. */
static uint64_t config_astray(void)
{
    static const uint64_t offsets[] = { 1, 2, 3, 4096, 8192, UINT64_C(1) << 32, UINT64_MAX - 3, UINT64_MAX };
    uint64_t handle = device_cap()->handle;
    for (uint32_t i = 0; i < ARRAY_COUNT(offsets); i++)
        if (monitor_call(MON_PCI_WRITE, handle, 0, offsets[i], 0, 0).status != ST_RANGE)
            return device_escape("offset %lx", offsets[i]);
    uint32_t own = device_config_read32(0);
    for (uint64_t bdf = 0; bdf < UINT64_C(256); bdf++)
        if (monitor_call(MON_PCI_READ, handle, bdf, 0, 0, 0).value != own)
            return device_escape("configuration space of %lx", bdf);
    return ATTACK_REFUSED;
}

#define CONFIG_WAYS 3u

uint32_t message_variants(void)
{
    uint32_t messages = cell_info()->dma_base != 0 ? HANDLES : 0;
    return CONFIG_WAYS + 1 + messages;
}

uint64_t message_attack(uint64_t variant)
{
    if (variant < CONFIG_WAYS)
        return config_attack((uint32_t)variant);
    variant -= CONFIG_WAYS;
    if (variant == 0)
        return config_astray();
    return message_handle(HANDLE_FIRST + (uint32_t)variant - 1);
}
