/* SPDX-License-Identifier: MIT */

/*
 * Attack 30: every monitor call that takes an address, with every address that
 * is not this cell's to give, and with lengths that leave what is its own.
 */

#include "deputy.h"

#include <abi/boot_info.h>
#include <rt/bits.h>
#include <rt/text.h>

#define SLOT_BYTES GIB(1)
#define IMAGE_OFFSET KIB(64)
#define POINTERS_MAX 64u
#define EDGE_BYTES 8u /* of the mapped side, where a range straddles an edge */
#define NUMBERS_BEYOND 64u

/* A call with a place for the address and perhaps one for the length: arguments, 1 based; 0: none. */
struct pointer_call {
    const char *name;
    uint32_t pointer, length;
    bool is_read; /* by the monitor: read-only memory will do */
    uint64_t words[6];
};

struct pointer {
    uint64_t address;
    bool is_readable; /* own memory, though not writable */
};

struct pointers {
    uint32_t count;
    struct pointer list[POINTERS_MAX];
};

extern const uint8_t __executable_start[]; /* the linker's: the first byte of the image */

static void pointer_add(struct pointers *pointers, uint64_t address, bool is_readable)
{
    ASSERT(pointers->count < POINTERS_MAX);
    pointers->list[pointers->count++] = (struct pointer){ address, is_readable };
}

/* Somebody else's: the first bytes, the last ones, and across the lower edge. */
static void pointers_of_places(struct pointers *pointers)
{
    for (uint32_t i = 0; i < PLACE_COUNT; i++) {
        struct place place = place_of((enum attack_place)i);
        if (place.address == 0)
            continue;
        pointer_add(pointers, place.address, false);
        pointer_add(pointers, place.address - EDGE_BYTES, false);
        pointer_add(pointers, place.address + place.bytes - EDGE_BYTES, false);
    }
}

/* Nobody's, or the monitor's, in every run. */
static void pointers_fixed(struct pointers *pointers)
{
    static const uint64_t fixed[] = {
        0,
        EDGE_BYTES,
        PAGE_BYTES,
        UINT64_C(0x00007FFFFFFFFFF8), /* below the hole of addresses that cannot be */
        UINT64_C(0x0000800000000000),
        UINT64_C(0xFFFF7FFFFFFFFFF0),
        UINT64_C(1) << 63,
        PHYSICAL_MAP_BASE,
        PHYSICAL_MAP_BASE + MIB(1),
        MONITOR_BASE,
        UINT64_MAX - EDGE_BYTES + 1, /* wraps around */
        UINT64_MAX,
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(fixed); i++)
        pointer_add(pointers, fixed[i], false);
}

/* The edges of the own slot and of every part of it. */
static void pointers_own(struct pointers *pointers)
{
    uint64_t image = address_of(__executable_start);
    uint64_t slot = image - IMAGE_OFFSET;
    uint64_t info = address_of(cell_info());
    uint64_t heap_end = cell_info()->heap + cell_info()->heap_bytes;
    const uint64_t outside[] = {
        slot - EDGE_BYTES,
        slot,
        image - EDGE_BYTES,
        slot + SLOT_BYTES / 2,
        slot + SLOT_BYTES - EDGE_BYTES,
        info - EDGE_BYTES,
        info + sizeof(struct cell_info) - EDGE_BYTES,
        info + sizeof(struct cell_info),
        heap_end - EDGE_BYTES,
        heap_end - 1,
        heap_end,
        cell_cap_find(CAP_MEMORY)->base,
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(outside); i++)
        pointer_add(pointers, outside[i], false);
    pointer_add(pointers, image, true);
    pointer_add(pointers, address_of(cell_start), true);
    pointer_add(pointers, info, true);
}

/* As long as what is written, at least, so that a range begun within EDGE_BYTES of an edge crosses it. */
static const uint64_t lengths[] = {
    16,        LOG_TEXT_BYTES, LOG_TEXT_BYTES + 1, PAGE_BYTES,        PAGE_BYTES + 1,
    KIB(64),   SLOT_BYTES,     UINT64_C(1) << 32,  UINT64_C(1) << 63, UINT64_MAX - PAGE_BYTES,
    UINT64_MAX
};

static struct monitor_result call_at(const struct pointer_call *call, uint64_t address, uint64_t length)
{
    uint64_t words[6];
    memcpy(words, call->words, sizeof(words));
    words[call->pointer] = address;
    if (call->length != 0)
        words[call->length] = length;
    return monitor_call(words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* ST_RANGE: the length alone was too much.  What may be read, may be refused for its content, or not. */
static bool is_refused(const struct pointer_call *call, const struct pointer *pointer,
                       struct monitor_result result)
{
    if (call->is_read && pointer->is_readable)
        return true;
    bool is_length = call->length != 0 && result.status == ST_RANGE;
    return (result.status == ST_FAULT || is_length) && result.value == 0;
}

static uint64_t pointer_try(const struct pointer_call *call, const struct pointer *pointer, uint64_t length)
{
    struct monitor_result result = call_at(call, pointer->address, length);
    if (is_refused(call, pointer, result))
        return ATTACK_REFUSED;
    return deputy_escape("%s at %lx, %lu bytes: %s", call->name, pointer->address, length,
                         status_name((enum status)result.status));
}

static uint64_t pointer_try_lengths(const struct pointer_call *call, const struct pointer *pointer)
{
    uint64_t answer = ATTACK_REFUSED;
    uint32_t count = call->length != 0 ? ARRAY_COUNT(lengths) : 1;
    for (uint32_t i = 0; i < count && answer == ATTACK_REFUSED; i++)
        answer = pointer_try(call, pointer, lengths[i]);
    return answer;
}

/* Memory of our own, all of it but for the last byte: one byte too many. */
static uint64_t lengths_try(const struct pointer_call *call)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < ARRAY_COUNT(lengths) && answer == ATTACK_REFUSED; i++) {
        uint64_t end = address_of(deputy_last_page()) + PAGE_BYTES;
        uint64_t inside = u64_min(lengths[i] - 1, PAGE_BYTES);
        const struct pointer pointer = { end - inside, false };
        answer = pointer_try(call, &pointer, lengths[i]);
    }
    return answer;
}

static uint64_t pointers_try(const struct pointer_call *call)
{
    static struct pointers pointers;
    /* A good address gets past the monitor: with a bad one nothing but the address is wrong. */
    ASSERT(call_at(call, address_of(deputy_last_page()), sizeof(uint64_t)).status != ST_FAULT);
    pointers.count = 0;
    pointers_of_places(&pointers);
    pointers_fixed(&pointers);
    pointers_own(&pointers);
    uint64_t answer = call->length != 0 ? lengths_try(call) : ATTACK_REFUSED;
    for (uint32_t i = 0; i < pointers.count && answer == ATTACK_REFUSED; i++)
        answer = pointer_try_lengths(call, &pointers.list[i]);
    return answer;
}

/* An empty line is no harm, but it is a line. */
static bool is_worth_trying(uint64_t number, uint64_t address)
{
    return address != 0 || (number != MON_LOG && number != MON_NOTIFY);
}

static uint64_t number_try(uint64_t number, uint64_t address)
{
    struct monitor_result result = monitor_call(number, address, address, address, address, address);
    bool is_refused = number < MON_CALL_COUNT ? result.status != ST_OK : result.status == ST_INVALID;
    if (number == MON_NULL || (is_refused && result.value == 0))
        return ATTACK_REFUSED;
    return deputy_escape("call %lx with %lx: %s", number, address, status_name((enum status)result.status));
}

static uint64_t number_try_all(uint64_t number)
{
    static struct pointers pointers;
    uint64_t answer = ATTACK_REFUSED;
    pointers.count = 0;
    pointers_of_places(&pointers);
    pointers_fixed(&pointers);
    pointers_own(&pointers);
    for (uint32_t i = 0; i < pointers.count && answer == ATTACK_REFUSED; i++)
        if (is_worth_trying(number, pointers.list[i].address))
            answer = number_try(number, pointers.list[i].address);
    return answer;
}

/* Calls there are and calls there are not, the same address in all five arguments. */
static uint64_t numbers_try(void)
{
    static const uint64_t beyond[] = { UINT64_C(1) << 31,
                                       UINT32_MAX,
                                       UINT64_C(1) << 32,
                                       UINT64_C(1) << 32 | MON_LOG,
                                       UINT64_C(1) << 63 | MON_QUERY,
                                       UINT64_MAX - MON_CALL_COUNT,
                                       UINT64_MAX };
    uint64_t answer = ATTACK_REFUSED;
    for (uint64_t i = 0; i < MON_CALL_COUNT + NUMBERS_BEYOND && answer == ATTACK_REFUSED; i++)
        answer = number_try_all(i);
    for (uint32_t i = 0; i < ARRAY_COUNT(beyond) && answer == ATTACK_REFUSED; i++)
        answer = number_try_all(beyond[i]);
    return answer;
}

/* The calls that take an address; handles are filled in, since they are known only at run time. */
static const struct pointer_call calls[] = {
    { "log", 2, 3, true, { MON_LOG, LOG_DEBUG } },
    { "create", 2, 0, true, { MON_CELL_CREATE } },
    { "log read", 3, 0, false, { MON_LOG_READ } },
    { "query system", 4, 0, false, { MON_QUERY, 0, QUERY_SYSTEM, 0, 0, sizeof(struct system_record) } },
    { "query cell", 4, 0, false, { MON_QUERY, 0, QUERY_CELL, 1, 0, sizeof(struct cell_record) } },
    { "query cap", 4, 0, false, { MON_QUERY, 0, QUERY_CAP, 1, 0, sizeof(struct cap_record) } },
    { "query edge", 4, 0, false, { MON_QUERY, 0, QUERY_EDGE, 0, 0, sizeof(struct edge_record) } },
    { "query channel", 4, 0, false, { MON_QUERY, 0, QUERY_CHANNEL, 0, 0, sizeof(struct channel_record) } },
    { "query domain", 4, 0, false, { MON_QUERY, 0, QUERY_DOMAIN, 1, 0, sizeof(struct domain_record) } },
    { "query bundle", 4, 0, false, { MON_QUERY, 0, QUERY_BUNDLE, 0, 0, sizeof(struct bundle_record) } },
    { "query manifest", 4, 0, false, { MON_QUERY, 0, QUERY_MANIFEST, 1, 0, sizeof(struct manifest) } },
    { "bundle read", 4, 5, false, { MON_BUNDLE_READ, 0, 0, 0 } },
};

uint32_t pointer_variants(void)
{
    return ARRAY_COUNT(calls) + 1;
}

uint64_t pointer_attack(uint64_t variant)
{
    if (variant >= ARRAY_COUNT(calls))
        return numbers_try();
    struct pointer_call call = calls[variant];
    if (call.words[0] == MON_LOG_READ)
        call.words[1] = own_cap(CAP_LOG);
    else if (call.words[0] != MON_LOG)
        call.words[1] = own_cap(CAP_CELLS);
    return pointers_try(&call);
}
