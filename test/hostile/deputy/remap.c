/* SPDX-License-Identifier: MIT */

/*
 * Attack 32: the same frame twice, with rights it must not have at once: the
 * monitor as the writer of code, capabilities for memory in two hands, a second
 * link of what is linked, a bit of the text turned over.
 */

#include "deputy.h"

#include <abi/image.h>
#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>

extern const uint8_t __executable_start[]; /* the linker's: the first byte of the image */

static uint64_t refused(struct monitor_result result, enum status wanted, const char *what)
{
    if (result.status == wanted)
        return ATTACK_REFUSED;
    return deputy_escape("%s: %s", what, status_name((enum status)result.status));
}

/* Pages of the image up to the end of its code: constants, then text; the header says how many. */
static uint32_t pages_not_writable(void)
{
    struct image_header header;
    memcpy(&header, __executable_start, sizeof(header));
    return header.pages[IMAGE_CONSTANT] + header.pages[IMAGE_TEXT];
}

static uint64_t sum_of(uint32_t pages)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < pages * PAGE_BYTES; i++)
        sum = (sum << 7 | sum >> 57) + __executable_start[i];
    return sum;
}

/* Each page of code and constants as the buffer of each call that writes one. */
static uint64_t remap_monitor_writes(void)
{
    uint32_t pages = pages_not_writable();
    uint64_t before = sum_of(pages);
    uint64_t cells = own_cap(CAP_CELLS);
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < pages && answer == ATTACK_REFUSED; i++) {
        uint64_t page = address_of(__executable_start) + i * UINT64_C(4096);
        answer |= refused(monitor_call(MON_LOG_READ, own_cap(CAP_LOG), 0, page, 0, 0), ST_FAULT, "log read");
        answer |= refused(monitor_call(MON_BUNDLE_READ, cells, 0, 0, page, PAGE_BYTES), ST_FAULT,
                          "bundle read");
        answer |= refused(monitor_call(MON_QUERY, cells, QUERY_SYSTEM, 0, page, sizeof(struct system_record)),
                          ST_FAULT, "query");
    }
    return sum_of(pages) == before ? answer : deputy_escape("own code has changed");
}

static uint64_t remap_flips(void)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint64_t id = 1; id < CELL_MAX && answer == ATTACK_REFUSED; id++) {
        uint64_t status = monitor_call(MON_CELL_FLIP, own_cap(CAP_CELLS), id, 0, 0, 0).status;
        if (status != ST_DENIED && status != ST_NOT_FOUND && status != ST_STATE)
            answer = deputy_escape("flip in cell %lu: %s", id, status_name((enum status)status));
    }
    return answer;
}

/* Memory, edges and channels are bound to the cell they were made for: not even their owner hands them on. */
static uint64_t remap_grants(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr);
    uint64_t answer = ATTACK_REFUSED;
    for (uint64_t id = 1; id < CELL_MAX && answer == ATTACK_REFUSED; id++) {
        if (id == cell_info()->id)
            continue;
        uint64_t of_memory = monitor_call(MON_CAP_GRANT, own_cap(CAP_MEMORY), id, RIGHT_READ, 0, 0).status;
        uint64_t of_edge = monitor_call(MON_CAP_GRANT, edge->handle, id, RIGHT_CALL, 0, 0).status;
        if (of_memory == ST_OK || of_edge == ST_OK)
            answer = deputy_escape("granted to cell %lu", id);
    }
    return answer;
}

static bool is_linked_again(uint64_t uses, uint64_t peer)
{
    uint64_t cells = own_cap(CAP_CELLS);
    uint64_t self = cell_info()->id;
    return monitor_call(MON_EDGE_LINK, cells, self, uses, peer, 0).status == ST_OK ||
           monitor_call(MON_CHANNEL_LINK, cells, self, uses, peer, 0).status == ST_OK;
}

/* What is linked is so once; what no manifest asks for is not linked to anybody, nor is a cell to itself. */
static uint64_t remap_links(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr);
    if (is_linked_again(0, edge->peer_id) || is_linked_again(0, cell_info()->id))
        return deputy_escape("linked a second time, or to itself");
    for (uint64_t peer = 1; peer < CELL_MAX; peer++)
        for (uint64_t uses = 1; uses < MANIFEST_USES_MAX; uses++)
            if (is_linked_again(uses, peer))
                return deputy_escape("use %lu, which there is not, linked to cell %lu", uses, peer);
    return ATTACK_REFUSED;
}

static uint64_t (*const ways[])(void) = {
    remap_monitor_writes,
    remap_flips,
    remap_grants,
    remap_links,
};

uint32_t remap_variants(void)
{
    return ARRAY_COUNT(ways);
}

uint64_t remap_attack(uint64_t variant)
{
    return ways[variant % ARRAY_COUNT(ways)]();
}
