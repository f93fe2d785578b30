/* SPDX-License-Identifier: MIT */

/* Every call that takes a handle, with every handle that is not one; and calls on cells that are none. */

#include "check.h"
#include "peer.h"
#include "sets.h"
#include "system.h"

#include <abi/services.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define INDEX_BITS 16u
#define GENERATIONS_TRIED 4u
#define INDICES_TRIED 1100u /* the table has about a thousand */
#define HANDLES_MAX 24u

/* The type each call wants; CAP_NONE: any. */
struct handle_call {
    uint32_t number;
    uint32_t type;
};

static const struct handle_call handle_calls[] = {
    { MON_NOTIFY, CAP_NOTIFY },     { MON_LOG_READ, CAP_LOG },         { MON_QUERY, CAP_CELLS },
    { MON_CELL_FLIP, CAP_CELLS },   { MON_CELL_CREATE, CAP_CELLS },    { MON_CELL_START, CAP_CELLS },
    { MON_CELL_STOP, CAP_CELLS },   { MON_CELL_KILL, CAP_CELLS },      { MON_CELL_SET_STATE, CAP_CELLS },
    { MON_CELL_FORGET, CAP_CELLS }, { MON_EDGE_LINK, CAP_CELLS },      { MON_CHANNEL_LINK, CAP_CELLS },
    { MON_CAP_DERIVE, CAP_NONE },   { MON_CAP_REVOKE, CAP_NONE },      { MON_PORT_WRITE, CAP_PORTS },
    { MON_PORT_READ, CAP_PORTS },   { MON_PORT_DRAIN, CAP_PORTS },     { MON_IRQ_ACK, CAP_IRQ },
    { MON_ENTROPY, CAP_ENTROPY },   { MON_POWER, CAP_POWER },          { MON_BUNDLE_READ, CAP_CELLS },
    { MON_PCI_READ, CAP_PCI },      { MON_PCI_WRITE, CAP_PCI },        { MON_DEVICE_ADD, CAP_PCI },
    { MON_DEVICE_REMOVE, CAP_PCI }, { MON_DEVICE_ENABLE, CAP_DEVICE }, { MON_DEVICE_RESET, CAP_DEVICE },
    { MON_DMA_ADDRESS, CAP_DMA },
};

struct handle {
    const char *name;
    cap_handle handle;
};

/* One that has been a good handle until just now. */
static cap_handle handle_revoked(void)
{
    cap_handle derived = 0;
    EXPECT_STATUS(mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &derived), ST_OK);
    EXPECT_STATUS(mon_cap_revoke(derived), ST_OK);
    return derived;
}

static uint32_t handles_bad(struct handle list[])
{
    cap_handle own = own_cap(CAP_LOG);
    const struct handle bad[] = {
        { "0", 0 },
        { "index 0", UINT64_C(1) << INDEX_BITS },
        { "a small number", 1 },
        { "a forged one", UINT64_C(0xDEADBEEF) },
        { "the largest index", own | 0xFFFF },
        { "the largest number", UINT64_MAX },
        { "the next generation", own + (UINT64_C(1) << INDEX_BITS) },
        { "the last generation", own - (UINT64_C(1) << INDEX_BITS) },
        { "the sign bit", own | UINT64_C(1) << 63 },
        { "only the index", own & 0xFFFF },
        { "a revoked one", handle_revoked() },
        { "the console's ports", foreign_cap(CAP_PORTS) },
        { "the console's interrupt", foreign_cap(CAP_IRQ) },
        { "another cell's edge", foreign_cap(CAP_EDGE) },
        { "another cell's doorbell", foreign_cap(CAP_NOTIFY) },
        { "another's cell control", foreign_cap(CAP_CELLS) },
        { "another's power", foreign_cap(CAP_POWER) },
        { "another's log", foreign_cap(CAP_LOG) },
    };
    memcpy(list, bad, sizeof(bad));
    return ARRAY_COUNT(bad);
}

/* Where the arguments behind the handle matter, they are good ones: only the handle is to blame. */
static struct monitor_result handle_use(uint32_t number, cap_handle handle)
{
    static uint8_t record[1024];
    uint64_t at = address_of(record);
    uint64_t nobody = CELL_MAX - 1; /* should a call go through, nobody is hurt */
    switch (number) {
    case MON_LOG_READ:
        return monitor_call(number, handle, 0, at, 0, 0);
    case MON_QUERY:
        return monitor_call(number, handle, QUERY_CELL, 1, at, sizeof(struct cell_record));
    case MON_CELL_CREATE:
        return monitor_call(number, handle, at, 0, 0, 0);
    case MON_CAP_REVOKE:
        return monitor_call(number, handle, 0, 0, 0, 0);
    case MON_CAP_DERIVE:
    case MON_PORT_READ:
    case MON_PORT_WRITE:
        return monitor_call(number, handle, 0, 0, 0, 0);
    case MON_POWER:
        return monitor_call(number, handle, 2, 0, 0, 0); /* not an action */
    case MON_BUNDLE_READ:
        return monitor_call(number, handle, 0, 0, at, 16);
    default:
        return monitor_call(number, handle, nobody, 0, nobody, 0);
    }
}

static void handles_bad_everywhere(void)
{
    struct handle bad[HANDLES_MAX];
    uint32_t count = handles_bad(bad);
    for (uint32_t i = 0; i < ARRAY_COUNT(handle_calls); i++) {
        for (uint32_t k = 0; k < count; k++) {
            uint32_t number = handle_calls[i].number;
            if (number == MON_NOTIFY && bad[k].handle == 0)
                continue; /* means the own thread */
            check_case("call %u with %s", number, bad[k].name);
            struct monitor_result result = handle_use(number, bad[k].handle);
            EXPECT_STATUS(result.status, ST_HANDLE);
            EXPECT_EQUAL(result.value, 0);
        }
    }
}

/* An own, good handle of another type than the call wants. */
static void handles_of_wrong_type(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    const struct cell_channel *channel = cell_channel_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr && channel != nullptr);
    const struct {
        uint32_t type;
        cap_handle handle;
    } own[] = {
        { CAP_EDGE, edge->handle },          { CAP_NOTIFY, channel->notify },
        { CAP_MEMORY, own_cap(CAP_MEMORY) }, { CAP_CELLS, own_cap(CAP_CELLS) },
        { CAP_LOG, own_cap(CAP_LOG) },       { CAP_ENTROPY, own_cap(CAP_ENTROPY) },
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(handle_calls); i++) {
        for (uint32_t k = 0; k < ARRAY_COUNT(own); k++) {
            if (handle_calls[i].type == CAP_NONE || handle_calls[i].type == own[k].type)
                continue;
            check_case("call %u with a handle of type %u", handle_calls[i].number, own[k].type);
            EXPECT_STATUS(handle_use(handle_calls[i].number, own[k].handle).status, ST_HANDLE);
        }
    }
}

/* From nothing: every index, with the generations that young handles have. */
static void handles_guessed(void)
{
    uint64_t derived = 0;
    uint32_t own = cell_now(cell_info()->name).caps;
    uint32_t hits = 0;
    for (uint64_t generation = 0; generation <= GENERATIONS_TRIED; generation++) {
        for (uint64_t index = 0; index < INDICES_TRIED; index++) {
            struct monitor_result result = monitor_call(MON_CAP_DERIVE, generation << INDEX_BITS | index, 0,
                                                        0, 0, 0);
            if (result.status != ST_OK)
                continue;
            hits++;
            derived = result.value;
            EXPECT_STATUS(mon_cap_revoke(derived), ST_OK);
        }
        breathe();
    }
    check_case("guessed handles that work are the own ones");
    EXPECT(hits <= own);
    EXPECT_EQUAL(cell_now(cell_info()->name).caps, own);
}

/* Cell ids that are nobody's, in every place where an id goes. */
static void cells_absent(void)
{
    static const uint64_t ids[] = {
        0, CELL_MAX - 1, CELL_MAX, UINT32_MAX, UINT64_C(1) << 32 | 1, UINT64_MAX
    };
    cap_handle cells = own_cap(CAP_CELLS);
    uint64_t self = cell_info()->id;
    for (uint32_t i = 0; i < ARRAY_COUNT(ids); i++) {
        for (uint64_t number = MON_CELL_START; number <= MON_CELL_FORGET; number++) {
            check_case("call %lu of cell 0x%lx", number, ids[i]);
            struct monitor_result result = monitor_call(number, cells, ids[i], CELL_FAILED, 0, 0);
            EXPECT_STATUS(result.status, ST_NOT_FOUND);
        }
        check_case("links and grants with cell 0x%lx", ids[i]);
        EXPECT_STATUS(monitor_call(MON_EDGE_LINK, cells, ids[i], 0, self, 0).status, ST_NOT_FOUND);
        EXPECT_STATUS(monitor_call(MON_EDGE_LINK, cells, self, 0, ids[i], 0).status, ST_NOT_FOUND);
        EXPECT_STATUS(monitor_call(MON_CHANNEL_LINK, cells, ids[i], 0, self, 0).status, ST_NOT_FOUND);
        EXPECT_STATUS(monitor_call(MON_CHANNEL_LINK, cells, self, 0, ids[i], 0).status, ST_NOT_FOUND);
        EXPECT_STATUS(monitor_call(MON_CAP_GRANT, cells, ids[i], RIGHT_OBSERVE, 0, 0).status, ST_NOT_FOUND);
    }
}

/* Cells that are there, and things that are not to be done to them. */
static void cells_misused(void)
{
    cap_handle cells = own_cap(CAP_CELLS);
    uint32_t self = cell_info()->id;
    uint32_t echo = cell_now("echo").id;
    check_case("cells that are up");
    EXPECT_STATUS(mon_cell_start(cells, echo), ST_STATE);
    EXPECT_STATUS(mon_cell_forget(cells, echo), ST_STATE);
    EXPECT_STATUS(mon_cell_forget(cells, cell_now("warden").id), ST_STATE);
    EXPECT_STATUS(mon_cell_set_state(cells, echo, CELL_FAILED), ST_STATE);
    EXPECT_STATUS(mon_cell_set_state(cells, echo, CELL_RUNNING), ST_INVALID);
    EXPECT_STATUS(mon_cell_set_state(cells, echo, CELL_STATE_COUNT), ST_INVALID);
    check_case("links no manifest asks for");
    EXPECT_STATUS(mon_edge_link(cells, self, 0, self), ST_DENIED);
    EXPECT_STATUS(mon_edge_link(cells, self, MANIFEST_USES_MAX - 1, echo), ST_DENIED);
    EXPECT_STATUS(mon_edge_link(cells, self, MANIFEST_USES_MAX, echo), ST_RANGE);
    EXPECT_STATUS(mon_edge_link(cells, self, UINT32_MAX, echo), ST_RANGE);
    EXPECT_STATUS(mon_edge_link(cells, echo, 0, self), ST_DENIED);
    EXPECT_STATUS(mon_channel_link(cells, self, 1, echo), ST_DENIED);
    EXPECT_STATUS(mon_channel_link(cells, self, UINT32_MAX, echo), ST_RANGE);
    EXPECT_STATUS(mon_edge_link(cells, self, 0, echo), ST_EXISTS);
    EXPECT_STATUS(mon_channel_link(cells, self, 0, echo), ST_EXISTS);
}

/* A cell that is made and taken apart again leaves the counts as they were. */
static void cell_made(void)
{
    cap_handle cells = own_cap(CAP_CELLS);
    struct cell_create create = { .name = "probe", .image = "echo" };
    struct system_record before = system_now();
    uint32_t id = UINT32_MAX;
    check_case("create");
    if (!EXPECT_STATUS(mon_cell_create(cells, &create, &id), ST_OK))
        return;
    EXPECT_EQUAL(cell_now("probe").state, CELL_SPAWNED);
    EXPECT_STATUS(mon_cell_create(cells, &create, &id), ST_EXISTS);
    EXPECT_STATUS(mon_cell_kill(cells, id), ST_OK);
    EXPECT_STATUS(mon_cell_kill(cells, id), ST_STATE);
    EXPECT_STATUS(mon_cell_stop(cells, id), ST_STATE);
    EXPECT_STATUS(mon_cell_forget(cells, id), ST_OK);
    EXPECT_STATUS(mon_cell_forget(cells, id), ST_NOT_FOUND);
    struct system_record after = system_now();
    EXPECT_EQUAL(after.cells, before.cells);
    EXPECT_EQUAL(after.caps, before.caps);
    EXPECT_EQUAL(after.domains, before.domains);
    EXPECT_EQUAL(after.frames_cell, before.frames_cell);
    EXPECT_EQUAL(after.frames_table, before.frames_table);
}

static void cells_misnamed(void)
{
    static const struct {
        const char *why;
        struct cell_create create;
        enum status status;
    } wrong[] = {
        { "no name", { .image = "echo" }, ST_INVALID },
        { "capitals", { .name = "Probe", .image = "echo" }, ST_INVALID },
        { "a blank", { .name = "a b", .image = "echo" }, ST_INVALID },
        { "a percent sign", { .name = "%s", .image = "echo" }, ST_INVALID },
        { "a name without end", { .name = "0123456789abcdef", .image = "echo" }, ST_INVALID },
        { "an image without end", { .name = "probe", .image = "0123456789abcdef" }, ST_INVALID },
        { "no image", { .name = "probe" }, ST_NOT_FOUND },
        { "an image that is not there", { .name = "probe", .image = "nothing" }, ST_NOT_FOUND },
        { "the monitor as image", { .name = "probe", .image = "monitor" }, ST_NOT_FOUND },
        { "a name that is taken", { .name = "echo", .image = "echo" }, ST_EXISTS },
    };
    uint32_t cells = system_now().cells;
    for (uint32_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        uint32_t id = UINT32_MAX;
        check_case("create with %s", wrong[i].why);
        EXPECT_STATUS(mon_cell_create(own_cap(CAP_CELLS), &wrong[i].create, &id), wrong[i].status);
        EXPECT_EQUAL(id, UINT32_MAX);
    }
    struct cell_create endless = { .name = "probe", .image = "echo" };
    uint32_t id = UINT32_MAX;
    memset(endless.config, 'x', sizeof(endless.config));
    check_case("create with a configuration without end");
    EXPECT_STATUS(mon_cell_create(own_cap(CAP_CELLS), &endless, &id), ST_INVALID);
    EXPECT_EQUAL(system_now().cells, cells);
}

void set_handle(void)
{
    handles_bad_everywhere();
    handles_of_wrong_type();
    handles_guessed();
    cells_absent();
    cells_misused();
    cells_misnamed();
    cell_made();
}
