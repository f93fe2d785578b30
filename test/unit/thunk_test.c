/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <abi/gate.h>
#include <rt/bits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <verify/verify.h>

/*
 * The thunks as they run: two pages of text and their maps, and the region of the gate stubs where
 * it lies in every machine.  Whatever may be reached says its place and comes back; what a thunk
 * refuses is an illegal instruction inside that thunk.
 */

#define TEXT_BYTES ((uint64_t)2 * PAGE_BYTES)
#define MAPS_OFFSET (TEXT_BYTES + 3 * PAGE_BYTES)
#define AREA_BYTES (MAPS_OFFSET + 2 * PAGE_BYTES)
#define REGION_BYTES ((GATE_STUB_MAX + 16) * (uint64_t)GATE_STUB_BYTES)
#define REFUSED UINT64_MAX

extern const uint8_t thunk_place[], thunk_place_end[];
uint64_t thunk_call(uint64_t thunk, uint64_t target, uint64_t canary, uint64_t is_return);

static uint8_t *text;
static uint8_t *region;
static sigjmp_buf refusal;
static uint64_t refused_at;

static void refused(int, siginfo_t *info, void *)
{
    refused_at = (uint64_t)info->si_addr;
    siglongjmp(refusal, 1);
}

static void place_write(uint8_t *at, uint32_t number)
{
    memcpy(at, thunk_place, (size_t)(thunk_place_end - thunk_place));
    memcpy(at + 1, &number, sizeof(number));
}

static void map_set(uint64_t map, uint64_t bit)
{
    text[MAPS_OFFSET + map + bit / 8] |= (uint8_t)(1u << bit % 8);
}

static bool area_make(void)
{
    int protection = PROT_READ | PROT_WRITE | PROT_EXEC;
    text = mmap(nullptr, AREA_BYTES, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    region = mmap((void *)GATE_REGION_BASE, REGION_BYTES, protection, /* NOLINT */
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return text != MAP_FAILED && region == (uint8_t *)GATE_REGION_BASE;
}

/* Once for each test: before it, cmocka puts in its own. */
static void refusals_catch(void)
{
    static const int signals[] = { SIGILL, SIGTRAP, SIGSEGV };
    struct sigaction action = { .sa_sigaction = refused, .sa_flags = SA_SIGINFO };
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
        assert_int_equal(sigaction(signals[i], &action, nullptr), 0);
}

/* Everything in text and region would answer; only what the maps say may be asked. */
static void area_fill(void)
{
    struct verify_text described = { .text = text, .bytes = TEXT_BYTES, .maps = text + MAPS_OFFSET };
    refusals_catch();
    memset(text, 0xCC, AREA_BYTES);
    memset(described.maps, 0, VERIFY_MAP_BYTES(TEXT_BYTES));
    memset(region, 0xCC, REGION_BYTES);
    for (uint32_t at = THUNKS_BYTES; at < TEXT_BYTES; at += VERIFY_TARGET_BYTES)
        place_write(text + at, at);
    for (uint32_t at = 0; at < REGION_BYTES; at += GATE_STUB_BYTES) {
        place_write(region + at, at);
        place_write(region + at + GATE_STUB_RETURN, at + GATE_STUB_RETURN);
    }
    verify_thunks(&described, 0x1000, 0x1000 + MAPS_OFFSET);
}

/* The number of the place that the thunk leads to, or REFUSED by that very thunk. */
static uint64_t go(uint64_t thunk, uint64_t target)
{
    refused_at = 0;
    if (sigsetjmp(refusal, 1) == 0)
        return thunk_call((uint64_t)text + thunk, target, 0x5AFE5AFE5AFE5AFE, thunk == THUNK_RETURN);
    assert_in_range(refused_at, (uint64_t)text, (uint64_t)text + THUNKS_BYTES - 1);
    assert_memory_equal((const void *)refused_at, "\x0F\x0B", 2); /* NOLINT */
    return REFUSED;
}

static uint64_t go_text(uint64_t thunk, uint64_t offset)
{
    return go(thunk, (uint64_t)text + offset);
}

static uint64_t go_region(uint64_t thunk, uint64_t offset)
{
    return go(thunk, GATE_REGION_BASE + offset);
}

static const uint64_t places[] = { THUNKS_BYTES, 1024, PAGE_BYTES - 16, PAGE_BYTES, TEXT_BYTES - 16 };

TEST(THUNK001)
{
    /* With no bit set nothing is reached; with one, that place and no other. */
    for (size_t chosen = 0; chosen <= ARRAY_COUNT(places); chosen++) {
        area_fill();
        if (chosen < ARRAY_COUNT(places))
            map_set(VERIFY_RETURN_MAP_BYTES(TEXT_BYTES), places[chosen] / VERIFY_TARGET_BYTES);
        for (uint64_t at = THUNKS_BYTES; at < TEXT_BYTES; at += VERIFY_TARGET_BYTES) {
            bool is_chosen = chosen < ARRAY_COUNT(places) && at == places[chosen];
            assert_true(go_text(THUNK_INDIRECT, at) == (is_chosen ? at : REFUSED));
        }
    }
}

TEST(THUNK002)
{
    area_fill();
    memset(text + MAPS_OFFSET, 0xFF, VERIFY_MAP_BYTES(TEXT_BYTES));
    for (uint64_t at = 0; at < TEXT_BYTES; at++)
        if (at % VERIFY_TARGET_BYTES != 0)
            assert_true(go_text(THUNK_INDIRECT, at) == REFUSED);
    assert_true(go_text(THUNK_INDIRECT, TEXT_BYTES) == REFUSED);
    assert_true(go_text(THUNK_INDIRECT, (uint64_t)-16) == REFUSED);
    assert_true(go_text(THUNK_INDIRECT, MAPS_OFFSET) == REFUSED);
}

TEST(THUNK003)
{
    static const uint64_t addresses[] = { 0,
                                          16,
                                          INT64_MAX - 15,
                                          UINT64_C(1) << 63,
                                          UINT64_MAX - 15,
                                          UINT64_MAX,
                                          GATE_REGION_BASE,
                                          GATE_REGION_BASE + GATE_STUB_RETURN };
    area_fill();
    memset(text + MAPS_OFFSET, 0xFF, VERIFY_MAP_BYTES(TEXT_BYTES));
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++)
        assert_true(go(THUNK_INDIRECT, addresses[i]) == REFUSED);
}

TEST(THUNK004)
{
    for (size_t chosen = 0; chosen < ARRAY_COUNT(places); chosen++) {
        area_fill();
        map_set(0, places[chosen]);
        for (uint64_t at = 0; at < TEXT_BYTES; at++)
            assert_true(go_text(THUNK_RETURN, at) == (at == places[chosen] ? at : REFUSED));
    }
}

TEST(THUNK005)
{
    static const uint64_t addresses[] = { 0, 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX };
    area_fill();
    memset(text + MAPS_OFFSET, 0xFF, VERIFY_MAP_BYTES(TEXT_BYTES));
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++)
        assert_true(go(THUNK_RETURN, addresses[i]) == REFUSED);
    assert_true(go_text(THUNK_RETURN, TEXT_BYTES) == REFUSED);
    assert_true(go_text(THUNK_RETURN, UINT64_MAX) == REFUSED);
    assert_true(go_text(THUNK_RETURN, MAPS_OFFSET) == REFUSED);
}

/* Every byte of the first stubs, of some in between, and of the last and what is behind it. */
static void region_sweep(uint64_t thunk, uint64_t allowed_at, uint64_t allowed_stubs)
{
    area_fill();
    memset(text + MAPS_OFFSET, 0xFF, VERIFY_MAP_BYTES(TEXT_BYTES));
    for (uint64_t at = 0; at < REGION_BYTES; at++) {
        uint64_t stub = at / GATE_STUB_BYTES;
        if (stub > 2 && stub % 100 != 0 && stub < GATE_STUB_MAX - 2)
            continue;
        bool is_allowed = at % GATE_STUB_BYTES == allowed_at && stub < allowed_stubs;
        assert_true(go_region(thunk, at) == (is_allowed ? at : REFUSED));
    }
    for (uint64_t below = 1; below <= GATE_STUB_BYTES; below++)
        assert_true(go(thunk, GATE_REGION_BASE - below) == REFUSED);
}

TEST(THUNK006)
{
    region_sweep(THUNK_RETURN, GATE_STUB_RETURN, GATE_STUB_MAX + 1);
}

TEST(THUNK007)
{
    region_sweep(THUNK_GATE, 0, GATE_STUB_MAX);
    static const uint64_t addresses[] = { 0, 256, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 255 };
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++)
        assert_true(go(THUNK_GATE, addresses[i]) == REFUSED);
    for (uint64_t at = 0; at < TEXT_BYTES; at++)
        assert_true(go_text(THUNK_GATE, at) == REFUSED);
}

TEST(THUNK008)
{
    /* Only the thunks' room is written, wherever text and maps lie. */
    static uint8_t bytes[THUNKS_BYTES + 16], other[THUNKS_BYTES + 16];
    struct verify_text described = { .text = bytes, .bytes = TEXT_BYTES };
    memset(bytes, 0xA5, sizeof(bytes));
    memset(other, 0xA5, sizeof(other));
    verify_thunks(&described, 0x5000, 0x5000 + MAPS_OFFSET);
    described.text = other;
    verify_thunks(&described, UINT64_C(0x123456789000), UINT64_C(0x123456789000) + MAPS_OFFSET);
    assert_memory_equal(bytes, other, sizeof(bytes));
    for (size_t i = THUNKS_BYTES; i < sizeof(bytes); i++)
        assert_int_equal(bytes[i], 0xA5);
}

int main(void)
{
    struct harness harness = {};
    if (!area_make()) {
        printf("no room where the gate region lies\n");
        return EXIT_FAILURE;
    }
    ADD(&harness, THUNK001, "a call through a pointer ends where the target map has a bit, nowhere else");
    ADD(&harness, THUNK002, "a target that is not aligned or not in the text is refused, whatever the map");
    ADD(&harness, THUNK003, "so is one at the ends of all addresses, or in a stub");
    ADD(&harness, THUNK004, "a return ends where the return map has a bit, nowhere else");
    ADD(&harness, THUNK005, "one to outside the text is refused, whatever the map");
    ADD(&harness, THUNK006, "a return to a stub ends where that stub takes results, at no other byte");
    ADD(&harness, THUNK007, "a gate is entered at the beginning of a stub, at no other byte");
    ADD(&harness, THUNK008, "thunks depend on nothing but the distance of the maps and stay in their room");
    return harness_run("thunk", &harness);
}
