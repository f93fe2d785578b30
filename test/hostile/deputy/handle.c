/* SPDX-License-Identifier: MIT */

/*
 * Attack 31: every monitor call that takes a handle, with every handle that is
 * not this cell's, not any more, or not for this; and rights that were not given.
 */

#include "deputy.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>

#define INDEX_BITS 16u
#define INDICES (UINT32_C(1) << INDEX_BITS)
#define GENERATION(n) ((uint64_t)(n) << INDEX_BITS)
#define RANDOM_TRIES 256u
#define OWN_MAX 128u

/* The type a call wants (CAP_NONE: any), and what else it is told: good, so that only the handle is bad. */
struct handle_call {
    uint32_t number, type, other_type; /* other_type: it takes that as well, CAP_NONE: it does not */
    uint64_t arguments[4];
};

#define NOBODY (CELL_MAX - 1u) /* should a call go through, nobody is hurt */

static uint8_t buffer[sizeof(struct log_record)];
static_assert(sizeof(buffer) >= sizeof(struct cell_create) && sizeof(buffer) >= sizeof(struct cell_record));

static const struct handle_call calls[] = {
    { MON_NOTIFY, CAP_NOTIFY, CAP_NONE, {} },
    { MON_LOG_READ, CAP_LOG, CAP_NONE, { 0 } },
    { MON_QUERY, CAP_CELLS, CAP_NONE, { QUERY_CELL, 1, 0, sizeof(struct cell_record) } },
    { MON_CELL_CREATE, CAP_CELLS, CAP_NONE, {} },
    { MON_CELL_START, CAP_CELLS, CAP_NONE, { NOBODY } },
    { MON_CELL_STOP, CAP_CELLS, CAP_NONE, { NOBODY } },
    { MON_CELL_KILL, CAP_CELLS, CAP_NONE, { NOBODY } },
    { MON_CELL_SET_STATE, CAP_CELLS, CAP_NONE, { NOBODY, CELL_FAILED } },
    { MON_CELL_FORGET, CAP_CELLS, CAP_NONE, { NOBODY } },
    { MON_CELL_FLIP, CAP_CELLS, CAP_NONE, { NOBODY } },
    { MON_EDGE_LINK, CAP_CELLS, CAP_NONE, { NOBODY, 0, NOBODY } },
    { MON_CHANNEL_LINK, CAP_CELLS, CAP_NONE, { NOBODY, 0, NOBODY } },
    { MON_CAP_DERIVE, CAP_NONE, CAP_NONE, {} },
    { MON_CAP_GRANT, CAP_NONE, CAP_NONE, { 1 } },
    { MON_CAP_REVOKE, CAP_NONE, CAP_NONE, {} },
    { MON_PORT_WRITE, CAP_PORTS, CAP_NONE, {} },
    { MON_PORT_READ, CAP_PORTS, CAP_NONE, {} },
    { MON_PORT_DRAIN, CAP_PORTS, CAP_NONE, {} },
    { MON_IRQ_ACK, CAP_IRQ, CAP_DEVICE_IRQ, {} },
    { MON_ENTROPY, CAP_ENTROPY, CAP_NONE, {} },
    { MON_POWER, CAP_POWER, CAP_NONE, { POWER_RESET + 1 } },
    { MON_BUNDLE_READ, CAP_CELLS, CAP_NONE, {} },
    { MON_PCI_READ, CAP_PCI, CAP_DEVICE, {} },
    { MON_PCI_WRITE, CAP_PCI, CAP_DEVICE, { UINT16_MAX, 0 } },
    { MON_DEVICE_ADD, CAP_PCI, CAP_NONE, { UINT16_MAX } },
    { MON_DEVICE_REMOVE, CAP_PCI, CAP_NONE, { UINT16_MAX } },
    { MON_DEVICE_ENABLE, CAP_DEVICE, CAP_NONE, {} },
    { MON_DEVICE_RESET, CAP_DEVICE, CAP_NONE, {} },
    { MON_DMA_ADDRESS, CAP_DMA, CAP_NONE, {} },
};

/* Every record the monitor has, as observed when the attack began. */
struct owned {
    uint32_t count;
    struct cap_record list[OWN_MAX];
};

static struct owned own, foreign;

static void records_add(struct owned *owned, const struct cap_record *record)
{
    if (owned->count < OWN_MAX)
        owned->list[owned->count++] = *record;
}

static void records_read(void)
{
    struct cap_record record;
    uint64_t next = 0;
    enum status status = ST_OK;
    own.count = foreign.count = 0;
    for (uint64_t index = 0; status != ST_NOT_FOUND; index++) {
        status = mon_query(own_cap(CAP_CELLS), QUERY_CAP, index, &record, sizeof(record), &next);
        if (status == ST_OK)
            records_add(record.owner == cell_info()->id ? &own : &foreign, &record);
    }
    ASSERT(own.count > 0 && foreign.count > 0);
}

static const struct cap_record *own_record(cap_handle handle)
{
    for (uint32_t i = 0; i < own.count; i++)
        if (own.list[i].handle == handle)
            return &own.list[i];
    return nullptr;
}

static struct monitor_result handle_use(const struct handle_call *call, cap_handle handle)
{
    uint64_t a[4];
    memcpy(a, call->arguments, sizeof(a));
    if (call->number == MON_LOG_READ)
        a[1] = address_of(buffer);
    else if (call->number == MON_QUERY)
        a[2] = address_of(buffer);
    else if (call->number == MON_CELL_CREATE)
        a[0] = address_of(buffer);
    return monitor_call(call->number, handle, a[0], a[1], a[2], a[3]);
}

static uint64_t handle_try(const struct handle_call *call, cap_handle handle)
{
    if (call->number == MON_NOTIFY && handle == 0)
        return ATTACK_REFUSED; /* means the own thread */
    struct monitor_result result = handle_use(call, handle);
    if (result.status == ST_HANDLE && result.value == 0)
        return ATTACK_REFUSED;
    return deputy_escape("call %u with handle %lx: %s", call->number, handle,
                         status_name((enum status)result.status));
}

/* From a good handle: other generations, other indices, bits that do not belong there. */
static uint64_t handle_try_around(const struct handle_call *call, cap_handle good)
{
    static const uint64_t generations[] = { 1,
                                            2,
                                            UINT64_C(1) << 15,
                                            UINT64_C(1) << 16,
                                            UINT64_C(1) << 31,
                                            UINT64_C(1) << 32,
                                            UINT64_C(1) << 47,
                                            (UINT64_C(1) << 48) - 1 };
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < ARRAY_COUNT(generations) && answer == ATTACK_REFUSED; i++) {
        answer = handle_try(call, good + GENERATION(generations[i]));
        if (answer == ATTACK_REFUSED)
            answer = handle_try(call, good - GENERATION(generations[i]));
    }
    for (uint32_t bit = 10; bit < 64 && answer == ATTACK_REFUSED; bit++)
        answer = handle_try(call, good ^ BIT64(bit)); /* below: maybe another one of our own */
    return answer;
}

/* Good until just now; and its record with another in it. */
static uint64_t handle_try_stale(const struct handle_call *call)
{
    cap_handle stale = 0, fresh = 0;
    enum status status = mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &stale) ?: mon_cap_revoke(stale);
    ASSERT(status == ST_OK);
    uint64_t answer = handle_try(call, stale);
    status = mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &fresh);
    ASSERT(status == ST_OK && stale % INDICES == fresh % INDICES && stale != fresh);
    if (answer == ATTACK_REFUSED)
        answer = handle_try(call, stale);
    status = mon_cap_revoke(fresh);
    ASSERT(status == ST_OK);
    return answer;
}

/* Its own, good ones: those that are of no type the call takes. */
static uint64_t handle_try_own(const struct handle_call *call)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < own.count && answer == ATTACK_REFUSED; i++) {
        uint32_t type = own.list[i].type;
        if (call->type != CAP_NONE && type != call->type && type != call->other_type)
            answer = handle_try(call, own.list[i].handle);
        if (answer == ATTACK_REFUSED)
            answer = handle_try_around(call, own.list[i].handle);
    }
    return answer;
}

static uint64_t handle_try_foreign(const struct handle_call *call)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < foreign.count && answer == ATTACK_REFUSED; i++)
        answer = handle_try(call, foreign.list[i].handle);
    return answer;
}

/* From nothing: every index, in the generations that young records have. */
static uint64_t handle_try_guessed(const struct handle_call *call)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint64_t index = 0; index < INDICES && answer == ATTACK_REFUSED; index++) {
        cap_handle handle = GENERATION(1) | index;
        if (own_record(handle) == nullptr)
            answer = handle_try(call, handle);
        if (answer == ATTACK_REFUSED)
            answer = handle_try(call, index);
    }
    return answer;
}

static uint64_t handle_try_random(const struct handle_call *call)
{
    uint64_t random = tsc_read() | 1;
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < RANDOM_TRIES && answer == ATTACK_REFUSED; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (own_record(random) == nullptr)
            answer = handle_try(call, random);
    }
    return answer;
}

static uint64_t handle_try_all(const struct handle_call *call)
{
    static uint64_t (*const ways[])(const struct handle_call *) = {
        handle_try_stale, handle_try_own, handle_try_foreign, handle_try_guessed, handle_try_random,
    };
    uint64_t answer = handle_try(call, UINT64_MAX);
    for (uint32_t i = 0; i < ARRAY_COUNT(ways) && answer == ATTACK_REFUSED; i++)
        answer = ways[i](call);
    return answer;
}

/* --- more rights than were given ------------------------------------------------------------------ */

struct rights_case {
    uint32_t type, rights;   /* of the capability it derives */
    struct handle_call call; /* wants more than that */
};

static const struct rights_case rights_cases[] = {
    { CAP_LOG, 0, { MON_LOG_READ, CAP_LOG, CAP_NONE, { 0 } } },
    { CAP_CELLS, 0, { MON_QUERY, CAP_CELLS, CAP_NONE, { QUERY_CELL, 1, 0, sizeof(struct cell_record) } } },
    { CAP_CELLS, RIGHT_OBSERVE, { MON_CELL_CREATE, CAP_CELLS, CAP_NONE, {} } },
    { CAP_CELLS, RIGHT_OBSERVE, { MON_CELL_KILL, CAP_CELLS, CAP_NONE, { NOBODY } } },
    { CAP_CELLS, RIGHT_OBSERVE, { MON_EDGE_LINK, CAP_CELLS, CAP_NONE, { NOBODY, 0, NOBODY } } },
    { CAP_CELLS, RIGHT_OBSERVE, { MON_CAP_REVOKE, CAP_CELLS, CAP_NONE, { UINT64_MAX } } },
    { CAP_CELLS, RIGHT_OBSERVE, { MON_CELL_FLIP, CAP_CELLS, CAP_NONE, { NOBODY } } },
    { CAP_CELLS, RIGHT_CONTROL, { MON_BUNDLE_READ, CAP_CELLS, CAP_NONE, {} } },
    { CAP_ENTROPY, 0, { MON_ENTROPY, CAP_ENTROPY, CAP_NONE, {} } },
    { CAP_PORTS, RIGHT_READ, { MON_PORT_WRITE, CAP_PORTS, CAP_NONE, {} } },
    { CAP_PORTS, RIGHT_WRITE, { MON_PORT_READ, CAP_PORTS, CAP_NONE, {} } },
    { CAP_PCI, RIGHT_READ, { MON_PCI_WRITE, CAP_PCI, CAP_NONE, { UINT16_MAX, 0 } } },
    { CAP_PCI, RIGHT_WRITE, { MON_PCI_READ, CAP_PCI, CAP_NONE, { UINT16_MAX, 0 } } },
    { CAP_PCI, RIGHT_READ, { MON_DEVICE_REMOVE, CAP_PCI, CAP_NONE, { UINT16_MAX } } },
};

static uint64_t rights_refused(uint64_t status, const char *what, uint32_t type)
{
    if (status == ST_DENIED || status == ST_UNSUPPORTED)
        return ATTACK_REFUSED;
    return deputy_escape("%s of a capability of type %u: %s", what, type, status_name((enum status)status));
}

static uint64_t rights_try(const struct rights_case *one)
{
    cap_handle weak = 0;
    enum status status = mon_cap_derive(own_cap((enum capability_type)one->type), one->rights, &weak);
    ASSERT(status == ST_OK);
    uint64_t answer = rights_refused(handle_use(&one->call, weak).status, "too much", one->type);
    if (answer == ATTACK_REFUSED)
        answer = rights_refused(monitor_call(MON_CAP_DERIVE, weak, RIGHT_ALL, 0, 0, 0).status, "widening",
                                one->type);
    status = mon_cap_revoke(weak);
    ASSERT(status == ST_OK);
    return answer;
}

/* Nothing here came with the right to be granted on; some kinds never go anywhere. */
static uint64_t grants_try(void)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < own.count && answer == ATTACK_REFUSED; i++) {
        const struct cap_record *record = &own.list[i];
        uint64_t status = monitor_call(MON_CAP_GRANT, record->handle, 1, 0, 0, 0).status;
        answer = rights_refused(status, "granting", record->type);
    }
    return answer;
}

static uint64_t rights_try_all(void)
{
    uint64_t answer = grants_try();
    for (uint32_t i = 0; i < ARRAY_COUNT(rights_cases) && answer == ATTACK_REFUSED; i++)
        answer = rights_try(&rights_cases[i]);
    return answer;
}

uint32_t handle_variants(void)
{
    return ARRAY_COUNT(calls) + 1;
}

uint64_t handle_attack(uint64_t variant)
{
    records_read();
    return variant < ARRAY_COUNT(calls) ? handle_try_all(&calls[variant]) : rights_try_all();
}
