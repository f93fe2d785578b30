/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * Two ways to write a test.  A test of its own is TEST(IMG0001) { ... } and one
 * ADD line in main.  Hostile input is a table: one row breaks one field of a
 * sound object and says what must be answered.
 */

#define TEST(id) static void id([[maybe_unused]] void **unused)

/* Overwrites `bytes` bytes at `offset` of the sound object with the low bytes of `value`. */
struct breakage {
    const char *name; /* "IMG0010: one sentence" */
    size_t offset, bytes;
    uint64_t value;
    enum status expected;
};

#define BREAK(name, type, member, value, expected) \
    { name, offsetof(type, member), sizeof(((type *)nullptr)->member), (uint64_t)(value), expected }

/* A part of a field: one letter of a name. */
#define BREAK_BYTE(name, type, member, value, expected) \
    { name, offsetof(type, member), 1, (uint64_t)(value), expected }

/* Little endian, like everything that is tested here. */
static inline void breakage_apply(const struct breakage *breakage, void *object)
{
    assert_true(breakage->bytes <= sizeof(breakage->value));
    memcpy((uint8_t *)object + breakage->offset, &breakage->value, breakage->bytes);
}

#define HARNESS_TEST_MAX 256

/* The list of one program's tests, filled in main. */
struct harness {
    struct CMUnitTest tests[HARNESS_TEST_MAX];
    size_t count;
};

static inline void harness_add(struct harness *harness, const char *name, CMUnitTestFunction function,
                               const void *argument)
{
    assert_true(harness->count < HARNESS_TEST_MAX);
    harness->tests[harness->count++] = (struct CMUnitTest){ name, function, nullptr, nullptr,
                                                            (void *)(uintptr_t)argument };
}

static inline int harness_run(const char *group, struct harness *harness)
{
    return _cmocka_run_group_tests(group, harness->tests, harness->count, nullptr, nullptr);
}

/* One test per row of a table. */
#define ADD_TABLE(harness, table, function) \
    for (size_t row = 0; row < sizeof(table) / sizeof((table)[0]); row++) \
    harness_add(harness, (table)[row].name, function, &(table)[row])

/* One line per test of its own: ADD(&harness, IMG0001, "accepts a sound image"). */
#define ADD(harness, id, sentence) harness_add(harness, #id ": " sentence, id, nullptr)
