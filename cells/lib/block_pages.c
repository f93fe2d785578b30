/* SPDX-License-Identifier: MIT */

/*
 * The client's allocator over the pool of a block channel: one bit per page,
 * first fit.  Private memory; the server cannot disturb it.
 *
 * A request that nobody waits for any more still has its pages: the device may
 * write them until the answer comes.  Pages that the caller gives back before
 * that are owed, not free.
 */

#include "block_client.h"

#include <rt/bits.h>

#define REQUESTS_PER_PAGE (PAGE_BYTES / BLOCK_REQUEST_ALIGN)

/* One page in this many holds requests, as long as there are not enough of them. */
#define PAGES_PER_REQUEST_PAGE 6u

static bool page_is(const uint64_t *bits, uint32_t page)
{
    return bits[page / 64] >> (page % 64) & 1;
}

static void page_set(uint64_t *bits, uint32_t page)
{
    bits[page / 64] |= BIT64(page % 64);
}

static void page_clear(uint64_t *bits, uint32_t page)
{
    bits[page / 64] &= ~BIT64(page % 64);
}

enum status block_pages_init(struct block_client *client)
{
    uint64_t pages = u64_min(channel_pool_bytes(client->end.channel) / PAGE_BYTES, BLOCK_POOL_PAGES_MAX);
    if (pages < 2)
        return ST_RANGE;
    uint32_t most = BLOCK_TICKETS_MAX / REQUESTS_PER_PAGE;
    uint32_t wanted = (uint32_t)(pages + PAGES_PER_REQUEST_PAGE - 1) / PAGES_PER_REQUEST_PAGE;
    uint32_t requests = wanted < most ? wanted : most;
    client->page_count = (uint32_t)pages;
    client->ticket_count = requests * REQUESTS_PER_PAGE;
    for (uint32_t page = requests; page < client->page_count; page++)
        page_set(client->pages_free, page);
    return ST_OK;
}

/* Length of the run of free pages that begins at `page`, at most `count`. */
static uint32_t pages_run(const struct block_client *client, uint32_t page, uint32_t count)
{
    uint32_t run = 0;
    while (run < count && page + run < client->page_count && page_is(client->pages_free, page + run))
        run++;
    return run;
}

enum status block_pages_take(struct block_client *client, uint32_t count, uint32_t *offset)
{
    if (count == 0 || count > client->page_count)
        return ST_FULL;
    for (uint32_t page = 0; page < client->page_count;) {
        uint64_t word = client->pages_free[page / 64] >> (page % 64);
        if (word == 0) {
            page = (page / 64 + 1) * 64;
            continue;
        }
        page += (uint32_t)__builtin_ctzll(word);
        uint32_t run = pages_run(client, page, count);
        if (run == count) {
            for (uint32_t i = 0; i < count; i++)
                page_clear(client->pages_free, page + i);
            *offset = page * PAGE_BYTES;
            return ST_OK;
        }
        page += run;
    }
    return ST_FULL;
}

static bool request_covers(const struct block_request *request, uint32_t page)
{
    for (uint32_t i = 0; i < request->segment_count; i++) {
        const struct block_segment *segment = &request->segments[i];
        uint64_t end = (uint64_t)segment->offset + segment->bytes;
        if ((uint64_t)page * PAGE_BYTES >= segment->offset && (uint64_t)page * PAGE_BYTES < end)
            return true;
    }
    return false;
}

static bool page_is_with_server(const struct block_client *client, uint32_t page)
{
    if (client->abandoned == 0)
        return false;
    for (uint32_t i = 0; i < client->ticket_count; i++)
        if (client->tickets[i].state == BLOCK_TICKET_ABANDONED &&
            request_covers(&client->tickets[i].request, page))
            return true;
    return false;
}

void block_pages_give(struct block_client *client, uint32_t offset, uint32_t count)
{
    uint32_t first = offset / PAGE_BYTES;
    uint32_t requests = client->ticket_count / REQUESTS_PER_PAGE;
    ASSERT(is_aligned(offset, PAGE_BYTES) && first >= requests &&
           is_range_inside(first, count, client->page_count));
    for (uint32_t page = first; page < first + count; page++) {
        bool is_given_twice = page_is(client->pages_free, page) || page_is(client->pages_owed, page);
        ASSERT(!is_given_twice);
        page_set(page_is_with_server(client, page) ? client->pages_owed : client->pages_free, page);
    }
}

void block_pages_settle(struct block_client *client, const struct block_request *request)
{
    for (uint32_t i = 0; i < request->segment_count; i++) {
        const struct block_segment *segment = &request->segments[i];
        uint32_t first = segment->offset / PAGE_BYTES;
        uint64_t end = align_up((uint64_t)segment->offset + segment->bytes, PAGE_BYTES) / PAGE_BYTES;
        for (uint32_t page = first; page < end; page++) {
            if (!page_is(client->pages_owed, page) || page_is_with_server(client, page))
                continue;
            page_clear(client->pages_owed, page);
            page_set(client->pages_free, page);
        }
    }
}

void SHARED *block_pages_at(const struct block_client *client, uint32_t offset, uint64_t bytes)
{
    return channel_pool_at(client->end.channel, offset, bytes);
}
