/* SPDX-License-Identifier: MIT */

/*
 * Every call that takes an address, with every address that is not a cell's
 * own to give: the answer is ST_FAULT and nobody's memory has changed.
 */

#include "check.h"
#include "peer.h"
#include "sets.h"
#include "system.h"

#include <abi/boot_info.h>
#include <abi/services.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/cell_define.h>
#include <sdk/monitor.h>

#define SLOT_BYTES GIB(1)
#define IMAGE_OFFSET KIB(64) /* below it nothing of a cell is mapped */
#define EDGE_BYTES 8u        /* of the mapped side, where a range straddles an edge */

/* A call with a place for the address: argument `place`, 0 based. */
struct pointer_call {
    const char *name;
    uint32_t place;
    bool is_read;      /* by the monitor: read-only memory will do */
    uint64_t words[6]; /* number and arguments */
};

struct pointer {
    const char *name;
    uint64_t address;
    bool is_readable; /* all of it, though not writable */
};

static uint64_t own_slot(void)
{
    return address_of(&cell_header_instance) & ~(SLOT_BYTES - 1);
}

static uint64_t heap_end(void)
{
    return cell_info()->heap + cell_info()->heap_bytes;
}

/* Addresses that are the same in every run: somebody else's, or nobody's. */
static const struct pointer pointers_fixed[] = {
    { "null", 0, false },
    { "the first page", 8, false },
    { "below the canonical hole", UINT64_C(0x00007FFFFFFFFFF8), false },
    { "non-canonical", UINT64_C(0x0000800000000000), false },
    { "non-canonical, high", UINT64_C(0xFFFF7FFFFFFFFFF0), false },
    { "the physical map", PHYSICAL_MAP_BASE + MIB(1), false },
    { "the monitor", MONITOR_BASE, false },
    { "the end of addresses", UINT64_MAX - 7, false },
    { "the last address", UINT64_MAX, false },
    { "the sign bit", UINT64_C(1) << 63, false },
};

/* What only the running cell knows. */
static uint32_t pointers_found(struct pointer list[])
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    const struct cell_channel *channel = cell_channel_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr && channel != nullptr);
    uint64_t info = address_of(cell_info());
    const struct pointer found[] = {
        { "echo's image", foreign_base("echo") + IMAGE_OFFSET, false },
        { "the warden's image", foreign_base("warden") + IMAGE_OFFSET, false },
        { "the stub page", address_of(edge->stub), false },
        { "a channel's memory", channel->base, false },
        { "the memory object", cell_cap_find(CAP_MEMORY)->base, false },
        { "into the own slot from below", own_slot() - EDGE_BYTES, false },
        { "the start of the own slot", own_slot(), false },
        { "below the image", own_slot() + IMAGE_OFFSET - EDGE_BYTES, false },
        { "the middle of the own slot", own_slot() + SLOT_BYTES / 2, false },
        { "the end of the own slot", own_slot() + SLOT_BYTES - EDGE_BYTES, false },
        { "below the information page", info - EDGE_BYTES, false },
        { "the guard page behind it", info + sizeof(struct cell_info), false },
        { "out of the information page", info + sizeof(struct cell_info) - EDGE_BYTES, false },
        { "out of the heap", heap_end() - EDGE_BYTES, false },
        { "behind the heap", heap_end(), false },
        { "own text", address_of(cell_start), true },
        { "own constants", address_of(&cell_header_instance), true },
        { "the information page", info, true },
    };
    memcpy(list, found, sizeof(found));
    return ARRAY_COUNT(found);
}

#define POINTERS_MAX 32u

static struct monitor_result call_at(const struct pointer_call *call, uint64_t address)
{
    uint64_t words[6];
    memcpy(words, call->words, sizeof(words));
    words[1 + call->place] = address;
    return monitor_call(words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* A call that reads what is readable goes on to other complaints, or succeeds. */
static void pointer_try(const struct pointer_call *call, const struct pointer *pointer)
{
    check_case("%s at %s", call->name, pointer->name);
    struct monitor_result result = call_at(call, pointer->address);
    if (call->is_read && pointer->is_readable) {
        EXPECT(result.status != ST_FAULT);
        return;
    }
    EXPECT_STATUS(result.status, ST_FAULT);
    EXPECT_EQUAL(result.value, 0);
}

static void pointers_try(const struct pointer_call *call)
{
    struct pointer found[POINTERS_MAX];
    uint32_t count = pointers_found(found);
    for (uint32_t i = 0; i < ARRAY_COUNT(pointers_fixed); i++)
        pointer_try(call, &pointers_fixed[i]);
    for (uint32_t i = 0; i < count; i++)
        pointer_try(call, &found[i]);
}

/* A good address with a length that leaves the memory, or wraps. */
static void lengths_try(void)
{
    static const uint64_t lengths[] = { PAGE_BYTES + 1,    KIB(64),           SLOT_BYTES,
                                        UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX - PAGE_BYTES,
                                        UINT64_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(lengths); i++) {
        check_case("0x%lx bytes from the last page of the heap", lengths[i]);
        /* Asked for what is longer than an entry, the monitor gives what there is: too much for a page. */
        struct monitor_result result = monitor_call(MON_BUNDLE_READ, own_cap(CAP_CELLS), 0, 0,
                                                    address_of(heap_tail()), lengths[i]);
        EXPECT_STATUS(result.status, ST_FAULT);
        EXPECT(canary_is_whole(heap_tail(), HEAP_TAIL_BYTES));
        result = monitor_call(MON_LOG, LOG_DEBUG, address_of(heap_tail()), lengths[i], 0, 0);
        EXPECT_STATUS(result.status, ST_RANGE);
    }
}

/* The channel's and the object's first bytes, and the heap's last ones, are what a bad write would hit. */
static void pointers_hit_nothing(void)
{
    check_case("memory that was aimed at");
    EXPECT(canary_is_whole(heap_tail(), HEAP_TAIL_BYTES));
    const struct cell_cap *object = cell_cap_find(CAP_MEMORY);
    EXPECT(canary_is_whole(cell_memory(object), object->size));
    EXPECT_EQUAL(cell_header_instance.magic, CELL_HEADER_MAGIC);
    EXPECT_EQUAL(cell_info()->abi_version, CELL_ABI_VERSION);
    EXPECT_EQUAL(cell_now("echo").crashes, 0);
}

void set_pointer(void)
{
    cap_handle cells = own_cap(CAP_CELLS);
    const struct pointer_call calls[] = {
        { "log", 1, true, { MON_LOG, LOG_DEBUG, 0, 16, 0, 0 } },
        { "create", 1, true, { MON_CELL_CREATE, cells, 0, 0, 0, 0 } },
        { "log read", 2, false, { MON_LOG_READ, own_cap(CAP_LOG), 0, 0, 0, 0 } },
        { "system", 3, false, { MON_QUERY, cells, QUERY_SYSTEM, 0, 0, sizeof(struct system_record) } },
        { "cell", 3, false, { MON_QUERY, cells, QUERY_CELL, 1, 0, sizeof(struct cell_record) } },
        { "cap", 3, false, { MON_QUERY, cells, QUERY_CAP, 1, 0, sizeof(struct cap_record) } },
        { "edge", 3, false, { MON_QUERY, cells, QUERY_EDGE, 0, 0, sizeof(struct edge_record) } },
        { "channel", 3, false, { MON_QUERY, cells, QUERY_CHANNEL, 0, 0, sizeof(struct channel_record) } },
        { "domain", 3, false, { MON_QUERY, cells, QUERY_DOMAIN, 1, 0, sizeof(struct domain_record) } },
        { "bundle", 3, false, { MON_QUERY, cells, QUERY_BUNDLE, 0, 0, sizeof(struct bundle_record) } },
        { "manifest", 3, false, { MON_QUERY, cells, QUERY_MANIFEST, 1, 0, sizeof(struct manifest) } },
        { "bundle read", 3, false, { MON_BUNDLE_READ, cells, 0, 0, 0, 64 } },
    };
    canary_set(heap_tail(), HEAP_TAIL_BYTES);
    for (uint32_t i = 0; i < ARRAY_COUNT(calls); i++)
        pointers_try(&calls[i]);
    lengths_try();
    pointers_hit_nothing();
}
