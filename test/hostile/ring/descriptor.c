/* SPDX-License-Identifier: MIT */

/*
 * Attack 38: a request that is right but for one word, for every word and many
 * values; requests that lie where none can; and questions that are none.
 * Whatever is answered, nothing of the pool changes but what the request names.
 */

#include "client.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/gate.h>

#define REQUEST_WORDS (sizeof(struct block_request) / sizeof(uint32_t))
#define CANARY UINT64_C(0x706F6F6C706F6F6C)
#define POOL_PAGES_MAX 64u
#define QUESTIONS 4096u

static const uint32_t values[] = { 0,          1,          2,          7,          8,
                                   9,          63,         127,        128,        255,
                                   256,        511,        512,        4095,       4096,
                                   4097,       8192,       28672,      57344,      57344 - 4096,
                                   0x10000,    0x100000,   0x00800000, 0x01000000, 0x7FFFFFFF,
                                   0x80000000, 0xFFFFF000, 0xFFFFFFFF };

static uint64_t SHARED *pool_words(void)
{
    return channel_pool_at(client_end()->channel, 0, client_pool_bytes());
}

static void pool_paint(void)
{
    uint64_t SHARED *words = pool_words();
    for (uint64_t i = 0; i < client_pool_bytes() / sizeof(uint64_t); i++)
        shared_write64(&words[i], CANARY);
}

/* Pages that the request names, of those there are; it lies in the first. */
static uint64_t pages_named(const struct block_request *request)
{
    uint64_t named = 1;
    for (uint32_t i = 0; i < BLOCK_SEGMENTS_MAX; i++) {
        const struct block_segment *segment = &request->segments[i];
        if (i < request->segment_count &&
            is_range_inside(segment->offset, segment->bytes, client_pool_bytes()))
            for (uint64_t at = segment->offset; at < (uint64_t)segment->offset + segment->bytes;
                 at += BLOCK_ALIGN)
                named |= BIT64(at / BLOCK_ALIGN);
    }
    return named;
}

static bool pool_is_whole(uint64_t named)
{
    uint64_t SHARED *words = pool_words();
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < client_pool_bytes() / sizeof(uint64_t); i++)
        if ((named >> (i * sizeof(uint64_t) / BLOCK_ALIGN) & 1) == 0)
            wrong += shared_read64(&words[i]) != CANARY;
    return wrong == 0;
}

static uint64_t request_try(const struct block_request *request, uint32_t offset, const char *what,
                            uint32_t value)
{
    pool_paint();
    client_send(request, offset);
    enum status answer = client_answer();
    if (!pool_is_whole(pages_named(request)))
        return client_escape("%s 0x%x: the pool has changed elsewhere", what, value);
    if (answer == ST_EMPTY)
        return client_escape("%s 0x%x: no answer", what, value);
    return client_is_served() ? ATTACK_REFUSED : client_escape("%s 0x%x: not served afterwards", what, value);
}

static uint64_t request_word_try(uint32_t word)
{
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < ARRAY_COUNT(values) && answer == ATTACK_REFUSED; i++) {
        union {
            struct block_request request;
            uint32_t words[REQUEST_WORDS];
        } copy = { client_request() };
        copy.words[word] = values[i];
        answer = request_try(&copy.request, CLIENT_REQUEST_AT, "word", values[i]);
    }
    return answer;
}

/* Where no request lies, or half of one. */
static uint64_t offsets_try(void)
{
    struct block_request request = client_request();
    uint64_t answer = ATTACK_REFUSED;
    for (uint32_t i = 0; i < ARRAY_COUNT(values) && answer == ATTACK_REFUSED; i++)
        answer = request_try(&request, values[i], "offset", values[i]);
    for (uint32_t i = 0; i < 2 * BLOCK_REQUEST_ALIGN && answer == ATTACK_REFUSED; i++) {
        uint32_t offset = (uint32_t)client_pool_bytes() - i;
        answer = request_try(&request, offset, "offset", offset);
    }
    return answer;
}

/* By the gate: any numbers are answered, and by a number. */
static uint64_t questions_try(void)
{
    const struct cell_edge *edge = cell_edge_find(BLOCK_INTERFACE, 0);
    uint64_t random = tsc_read() | 1;
    ASSERT(edge != nullptr);
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        uint64_t value = 0;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t operation = i % 4 != 0 ? i % 8 : random;
        uint64_t a = i % 3 != 0 ? random % 64 : random;
        if (gate_call(edge, operation, a, random >> (i % 64), ~random, &value) != ST_OK)
            return client_escape("question %lx %lx", operation, a);
    }
    return client_is_served() ? ATTACK_REFUSED : client_escape("not served after questions");
}

uint32_t descriptor_variants(void)
{
    return (uint32_t)REQUEST_WORDS + 2;
}

uint64_t descriptor_attack(uint64_t variant)
{
    ASSERT(client_is_served() && client_pool_bytes() / BLOCK_ALIGN <= POOL_PAGES_MAX);
    if (variant < REQUEST_WORDS)
        return request_word_try((uint32_t)variant);
    return variant == REQUEST_WORDS ? offsets_try() : questions_try();
}
