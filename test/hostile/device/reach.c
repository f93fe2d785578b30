/* SPDX-License-Identifier: MIT */

/*
 * Attack 41: the device is told to write and to read where it must not: by the
 * address that would be right if the IOMMU knew it, and by the physical one that
 * would be right if there were none.  Monitor, page tables, code and the IOMMU's
 * own tables lie somewhere in memory, and the physical targets lie all over it.
 */

#include "device.h"
#include "engine.h"

#include <rt/bits.h>
#include <sdk/device.h>

#define TRANSFER_BYTES 64u
#define MARK UINT64_C(0x484F5354494C4544)
#define PHYSICAL_STEP MIB(32)
#define PHYSICAL_END MIB(512)   /* beyond the memory of the machine that this runs on */
#define DEVICE_ADDRESS_BITS 40u /* the device drops the others; so are the machines set up that run this */

/* Low memory, and what answers at addresses of its own. */
static const uint64_t physical[] = {
    0,
    0x7C00,
    KIB(640) - PAGE_BYTES,
    MIB(1),
    MIB(2) + KIB(4),
    UINT64_C(0xB0000000), /* configuration space */
    UINT64_C(0xFEC00000), /* interrupt controller */
    UINT64_C(0xFED90000), /* the IOMMU's registers */
    UINT64_C(0xFED00000),
    UINT64_C(0x100000000),
    (UINT64_C(1) << 39) - PAGE_BYTES, /* the end of what the tables can say */
    UINT64_C(1) << 39,
};

#define TARGETS_OWN 3u /* own memory that is not for DMA */
#define TARGETS_STEPS ((uint32_t)(PHYSICAL_END / PHYSICAL_STEP))
#define TARGETS (PLACE_COUNT + TARGETS_OWN + (uint32_t)ARRAY_COUNT(physical) + TARGETS_STEPS)

static uint64_t own_word = MARK;

static uint64_t target_own(uint32_t index)
{
    const uint64_t own[TARGETS_OWN] = { address_of(&own_word), address_of(cell_start),
                                        address_of(cell_info()) };
    return own[index] - cell_info()->dma_base;
}

/* UINT64_MAX: there is no such place here. */
static uint64_t target_at(uint32_t index)
{
    if (index < PLACE_COUNT) {
        struct place place = place_of((enum attack_place)index);
        return place.address != 0 ? place.address - cell_info()->dma_base : UINT64_MAX;
    }
    index -= PLACE_COUNT;
    if (index < TARGETS_OWN)
        return target_own(index);
    index -= TARGETS_OWN;
    return index < ARRAY_COUNT(physical) ? physical[index]
                                         : (index - ARRAY_COUNT(physical)) * PHYSICAL_STEP + KIB(36);
}

/* The newest refusal that the monitor tells of. */
static struct dma_fault_record fault_newest(void)
{
    struct dma_fault_record record = {}, newest = {};
    uint64_t next = 0;
    for (uint64_t i = 0;
         mon_query(device_observer(), QUERY_DMA_FAULT, i, &record, sizeof(record), &next) == ST_OK; i++)
        newest = record;
    return newest;
}

static uint64_t faults_now(void)
{
    struct system_record system = {};
    uint64_t next = 0;
    enum status status = mon_query(device_observer(), QUERY_SYSTEM, 0, &system, sizeof(system), &next);
    ASSERT(status == ST_OK);
    return system.dma_faults;
}

/* Refused, at that page, by this device, in that direction, and the device has been cut off. */
static uint64_t reach_judge(uint64_t target, bool is_write, uint64_t before)
{
    struct dma_fault_record fault = fault_newest();
    const char *what = is_write ? "write" : "read";
    if (faults_now() == before)
        return device_escape("%s at %lx: nobody refused it", what, target);
    if (fault.bdf + 1 != cell_info()->device || fault.is_write != is_write || fault.owner != cell_info()->id)
        return device_escape("%s at %lx: refused, but another one is named", what, target);
    uint64_t sent = target & (BIT64(DEVICE_ADDRESS_BITS) - 1);
    if (fault.address / PAGE_BYTES != sent / PAGE_BYTES)
        return device_escape("%s at %lx: refused as one at %lx", what, target, fault.address);
    return ATTACK_REFUSED;
}

static uint64_t reach_write(uint64_t target)
{
    uint64_t before = faults_now();
    enum status status = engine_ready() ?: engine_write(target, TRANSFER_BYTES);
    ASSERT(status == ST_OK);
    if (own_word != MARK)
        return device_escape("own memory has changed");
    return reach_judge(target, true, before);
}

/* What the device holds afterwards is what it held before: nothing has been read. */
static uint64_t reach_read(uint64_t target)
{
    uint64_t word = 0;
    uint64_t before = faults_now();
    enum status status = engine_ready() ?: engine_read(target, TRANSFER_BYTES);
    ASSERT(status == ST_OK);
    uint64_t answer = reach_judge(target, false, before);
    status = engine_unload(&word);
    ASSERT(status == ST_OK);
    return word == MARK || word == UINT64_MAX || word == 0
               ? answer
               : device_escape("%lx was read at %lx", word, target);
}

/* Memory of its own it reaches, both ways: so it is the address that matters.  Shown once: it is slow. */
static bool reaches_own(void)
{
    static bool is_shown;
    uint64_t word = 0;
    if (is_shown)
        return true;
    enum status status = engine_load(MARK) ?: engine_unload(&word);
    is_shown = status == ST_OK && word == MARK;
    return is_shown;
}

uint32_t reach_variants(void)
{
    return cell_info()->dma_base != 0 ? 2 * TARGETS : 0;
}

uint64_t reach_attack(uint64_t variant)
{
    uint64_t target = target_at((uint32_t)(variant / 2 % TARGETS));
    ASSERT(reaches_own());
    if (target == UINT64_MAX)
        return ATTACK_IMPOSSIBLE;
    return variant % 2 != 0 ? reach_read(target) : reach_write(target);
}

/* Attack 32: the same for the call that makes device addresses: it knows none but those of DMA memory. */
uint64_t alias_attack(uint64_t)
{
    uint64_t answer = ATTACK_REFUSED;
    const struct cell_cap *dma = cell_cap_find(CAP_DMA);
    for (uint32_t i = 0; i < PLACE_COUNT + TARGETS_OWN && answer == ATTACK_REFUSED; i++) {
        uint64_t target = target_at(i) + cell_info()->dma_base;
        uint64_t status = monitor_call(MON_DMA_ADDRESS, dma->handle, target, 0, 0, 0).status;
        if (status != ST_FAULT)
            answer = device_escape("an address for the device of %lx: %s", target,
                                   status_name((enum status)status));
    }
    return answer;
}
