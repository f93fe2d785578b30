/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <stdint.h>

/*
 * Expectations, in named sets.  A set ends with one line in the log,
 *
 *     OK: "name" 123 tests
 *
 * unless something was found otherwise; then each find is a line, up to
 * CHECK_LINES_MAX of them, and the set's own line is the last:
 *
 *     FAIL: "name" what was tried: expression is 5, not 6 (file.c:12)
 *     FAIL: "name" 1 of 123 tests
 */
#define CHECK_LINES_MAX 6u

void check_begin(const char *set);
void check_end(void);
uint32_t check_passed(void); /* over all sets */
uint32_t check_failed(void);

/* What is tried from here on: goes in front of what is found otherwise. */
void check_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where an expectation stands. */
struct check_place {
    const char *expression;
    const char *file;
    int line;
};

bool check_equal(uint64_t found, uint64_t wanted, struct check_place place);
bool check_status(uint64_t found, enum status wanted, struct check_place place);

/* The text comes ready-made: one macro further down, macros in it would be expanded. */
#define CHECK_PLACE(text) ((struct check_place){ text, __FILE_NAME__, __LINE__ })
#define EXPECT(condition) check_equal((condition) ? 1 : 0, 1, CHECK_PLACE(#condition))
#define EXPECT_EQUAL(found, wanted) check_equal((found), (wanted), CHECK_PLACE(#found))
#define EXPECT_STATUS(found, wanted) check_status((found), (wanted), CHECK_PLACE(#found))
