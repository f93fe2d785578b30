/* SPDX-License-Identifier: MIT */

#include "conform.h"

#include <rt/bits.h>
#include <rt/text.h>

struct conform {
    uint32_t pages; /* offset of the first */
    uint32_t next;  /* case */
    const struct conform_case *now;
};

static struct conform conform;

uint32_t conform_page(uint32_t index)
{
    ASSERT(index < CONFORM_PAGES);
    return conform.pages + index * BLOCK_ALIGN;
}

/* ---- judging ---- */

enum status conform_expect(bool holds, const char *what)
{
    check_count(BLOCKCHECK_CHECKS, 1);
    if (holds)
        return ST_OK;
    cell_log(LOG_WARN, "%s:%u, case %lu, %s: %s", check.edge->peer, check.unit, check.fields[BLOCKCHECK_STEP],
             conform.now->name, what);
    return ST_DEVICE;
}

enum status conform_expect_status(enum status found, enum status wanted, const char *what)
{
    check_count(BLOCKCHECK_CHECKS, 1);
    if (found == wanted)
        return ST_OK;
    cell_log(LOG_WARN, "%s:%u, case %lu, %s: %s: %s instead of %s", check.edge->peer, check.unit,
             check.fields[BLOCKCHECK_STEP], conform.now->name, what, status_name(found), status_name(wanted));
    return ST_DEVICE;
}

/* ---- content ---- */

static uint32_t block_words(void)
{
    return check.geometry.block_bytes / sizeof(uint64_t);
}

static uint64_t block_content(uint64_t block, uint32_t generation)
{
    return check_mix(check_mix(check.seed + generation) + block);
}

void conform_fill(uint32_t index, uint64_t block, uint32_t count, uint32_t generation)
{
    uint64_t SHARED *words = check_words(conform_page(index), count * check.geometry.block_bytes);
    for (uint32_t i = 0; words != nullptr && i < count; i++) {
        uint64_t content = block_content(block + i, generation);
        for (uint32_t word = 0; word < block_words(); word++)
            shared_write64(&words[i * block_words() + word], content + word);
    }
}

static bool block_matches(const uint64_t SHARED *words, uint64_t block, uint32_t generation)
{
    uint64_t content = block_content(block, generation);
    for (uint32_t word = 0; word < block_words(); word++)
        if (shared_read64(&words[word]) != content + word)
            return false;
    return true;
}

static enum status compare_fail(uint64_t block, const char *what)
{
    check_mismatch(BLOCKCHECK_CORRUPT, block);
    char text[64];
    (void)text_format(text, sizeof(text), "block %lu %s", block, what);
    return conform_expect(false, text);
}

enum status conform_compare(uint32_t index, uint64_t block, uint32_t count, uint32_t generation)
{
    const uint64_t SHARED *words = check_words(conform_page(index), count * check.geometry.block_bytes);
    if (words == nullptr)
        return ST_REVOKED;
    for (uint32_t i = 0; i < count; i++)
        if (!block_matches(&words[(size_t)i * block_words()], block + i, generation))
            return compare_fail(block + i, "is not what was written");
    return conform_expect(true, "");
}

void conform_zero(uint32_t index, uint32_t count)
{
    void SHARED *pages = block_pages_at(&check.client, conform_page(index), (uint64_t)count * BLOCK_ALIGN);
    if (pages != nullptr)
        shared_fill(pages, 0, (uint64_t)count * BLOCK_ALIGN);
}

enum status conform_compare_zero(uint32_t index, uint32_t count)
{
    uint32_t bytes = count * check.geometry.block_bytes;
    const uint64_t SHARED *words = check_words(conform_page(index), bytes);
    if (words == nullptr)
        return ST_REVOKED;
    for (uint32_t i = 0; i < bytes / sizeof(uint64_t); i++)
        if (shared_read64(&words[i]) != 0)
            return compare_fail(i / block_words(), "of the range is not all zeroes");
    return conform_expect(true, "");
}

/* ---- requests ---- */

enum status conform_transfer(enum block_operation operation, uint64_t block, uint32_t count, uint32_t index)
{
    struct block_request request = {
        .operation = operation,
        .unit = check.unit,
        .block = block,
        .count = count,
        .segment_count = 1,
        .segments = { { conform_page(index), count * check.geometry.block_bytes } },
    };
    uint32_t ticket;
    enum status status = block_submit(&check.client, &request, &ticket);
    if (status != ST_OK)
        return status;
    check_count(BLOCKCHECK_OPERATIONS, 1);
    return block_wait(&check.client, ticket, tsc_after_ms(CHECK_ANSWER_MS));
}

enum status conform_verify(uint64_t block, uint32_t count, uint32_t generation)
{
    uint32_t half = CONFORM_PAGES / 2;
    conform_zero(half, (count + check.page_blocks - 1) / check.page_blocks);
    return conform_expect_status(conform_transfer(BLOCK_READ, block, count, half), ST_OK, "read")
               ?: conform_compare(half, block, count, generation);
}

enum status conform_round_trip(uint64_t block, uint32_t count, uint32_t generation)
{
    conform_fill(0, block, count, generation);
    return conform_expect_status(conform_transfer(BLOCK_WRITE, block, count, 0), ST_OK, "write")
               ?: conform_verify(block, count, generation);
}

uint32_t conform_count_max(void)
{
    uint64_t most = u64_min(check.geometry.transfer_blocks_max, check.geometry.block_count);
    return (uint32_t)u64_min(most, (uint64_t)CONFORM_PAGES / 2 * check.page_blocks);
}

/* ---- the job ---- */

static const struct conform_case *conform_case(uint32_t number)
{
    if (number < conform_data_count)
        return &conform_data_cases[number];
    number -= conform_data_count;
    if (number < conform_refusal_count)
        return &conform_refusal_cases[number];
    number -= conform_refusal_count;
    return number < conform_queue_count ? &conform_queue_cases[number] : nullptr;
}

static enum status conform_begin(void)
{
    conform = (struct conform){ 0 };
    return block_pages_take(&check.client, CONFORM_PAGES, &conform.pages);
}

/* One case a turn. */
static enum status conform_turn(void)
{
    const struct conform_case *now = conform_case(conform.next);
    if (now == nullptr)
        return ST_OK;
    conform.now = now;
    conform.next++;
    check.fields[BLOCKCHECK_STEP] = conform.next;
    bool is_for_us = (now->features & ~check.geometry.features) == 0 &&
                     !(now->writes && check.geometry.is_read_only);
    enum status status = is_for_us ? now->run() : ST_OK;
    return status == ST_OK ? ST_AGAIN : status;
}

const struct job job_conform = { "conformance", false, conform_begin, conform_turn };
