/* SPDX-License-Identifier: MIT */

/*
 * Attacks 35 and 44: a transfer is under way when its driver dies.  The frames it
 * was meant for are given out again at once, to the next instance that is being
 * loaded, scanned and mapped meanwhile.  That instance looks whether any of its
 * memory changes: code, which must be what the image says, and pages it was
 * handed as zeros.
 */

#include "device.h"
#include "engine.h"

#include <abi/bundle.h>
#include <abi/image.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/device.h>

#define MARK UINT64_C(0x444D412044454144)
#define TRANSFER_MS 2000u

extern const uint8_t __executable_start[]; /* the linker's: the first byte of the image */

static bool was_running, was_zero;
static uint8_t *pages; /* the whole heap, as it was handed over */
static uint64_t page_count;

static bool is_zero(const uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

void survivor_look(void)
{
    was_running = engine_is_running();
    page_count = cell_info()->heap_bytes / PAGE_BYTES;
    pages = page_count > 0 ? cell_pages(page_count) : nullptr;
    was_zero = is_zero(pages, page_count * PAGE_BYTES); /* takes all frames there will be */
}

/* The bundle's entry of this cell's image; UINT32_MAX: not found. */
static uint32_t own_entry(void)
{
    struct bundle_record record = {};
    uint64_t next = 0;
    uint32_t index = 0;
    while (mon_query(device_observer(), QUERY_BUNDLE, index, &record, sizeof(record), &next) == ST_OK) {
        if (record.kind == BUNDLE_CELL && text_equal(record.name, "hostdevice"))
            return index;
        index++;
    }
    return UINT32_MAX;
}

/* Constants and code have no relocations: they are the image's, byte by byte. */
static bool is_code_whole(void)
{
    static uint8_t file[PAGE_BYTES];
    struct image_header header;
    uint32_t entry = own_entry();
    memcpy(&header, __executable_start, sizeof(header));
    uint64_t end = image_end(&header, IMAGE_TEXT);
    for (uint64_t at = 0; at < end; at += PAGE_BYTES) {
        uint64_t read = 0;
        enum status status = mon_bundle_read(device_observer(), entry, at, file, PAGE_BYTES, &read);
        if (status != ST_OK || read != PAGE_BYTES || memcmp(file, &__executable_start[at], PAGE_BYTES) != 0)
            return false;
    }
    return true;
}

static bool is_memory_whole(void)
{
    const struct dma_buffer *memory = engine_memory();
    dma_for_cpu();
    for (uint64_t at = 0; at < memory->bytes; at += sizeof(uint64_t))
        if (dma_read64(memory, at) != 0)
            return false;
    return was_zero && is_zero(pages, page_count * PAGE_BYTES);
}

/* Until the device says that it is through, and once more. */
static uint64_t survivor_watch(void)
{
    uint64_t deadline = tsc_after_ms(TRANSFER_MS);
    bool is_running = true;
    while (is_running && tsc_read() < deadline) {
        is_running = engine_is_running();
        if (!is_memory_whole() || !is_code_whole())
            return device_escape("memory has changed behind the back of its owner");
    }
    return is_running ? device_escape("the transfer does not end") : ATTACK_REFUSED;
}

/* Even: begins and dies.  Odd: the next instance looks.  It may come too late to see anything. */
uint32_t survivor_variants(void)
{
    return cell_info()->dma_base != 0 ? 16 : 0;
}

uint64_t survivor_attack(uint64_t variant)
{
    if (variant % 2 != 0)
        return was_running ? survivor_watch() : ATTACK_IMPOSSIBLE;
    enum status status = engine_load(MARK) ?: engine_ready();
    ASSERT(status == ST_OK);
    engine_begin(engine_memory()->device, engine_memory()->bytes);
    ASSERT(engine_is_running());
    __builtin_trap();
}
