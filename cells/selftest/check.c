/* SPDX-License-Identifier: MIT */

#include "check.h"

#include <rt/text.h>
#include <sdk/cell.h>

struct check {
    const char *set;
    uint32_t tests, wrong;   /* of this set */
    uint32_t passed, failed; /* of all that have ended */
    char tried[64];
};

static struct check check;

void check_begin(const char *set)
{
    check.set = set;
    check.tests = 0;
    check.wrong = 0;
    check.tried[0] = 0;
}

void check_end(void)
{
    if (check.wrong == 0)
        cell_log(LOG_INFO, "OK: \"%s\" %u tests", check.set, check.tests);
    else
        cell_log(LOG_ERROR, "FAIL: \"%s\" %u of %u tests", check.set, check.wrong, check.tests);
    check.passed += check.tests - check.wrong;
    check.failed += check.wrong;
}

uint32_t check_passed(void)
{
    return check.passed;
}

uint32_t check_failed(void)
{
    return check.failed;
}

void check_case(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)text_vformat(check.tried, sizeof(check.tried), format, args);
    va_end(args);
}

/* Counts one expectation; true if what was found otherwise is still worth a line. */
static bool check_count(bool holds)
{
    check.tests++;
    if (holds)
        return false;
    check.wrong++;
    return check.wrong <= CHECK_LINES_MAX;
}

bool check_equal(uint64_t found, uint64_t wanted, struct check_place place)
{
    bool holds = found == wanted;
    if (check_count(holds))
        cell_log(LOG_ERROR, "FAIL: \"%s\" %s: %.70s is 0x%lx, not 0x%lx (%s:%d)", check.set, check.tried,
                 place.expression, found, wanted, place.file, place.line);
    return holds;
}

bool check_status(uint64_t found, enum status wanted, struct check_place place)
{
    bool holds = found == wanted;
    const char *name = found < ST_COUNT ? status_name((enum status)found) : "no status";
    if (check_count(holds))
        cell_log(LOG_ERROR, "FAIL: \"%s\" %s: %.70s is '%s', not '%s' (%s:%d)", check.set, check.tried,
                 place.expression, name, status_name(wanted), place.file, place.line);
    return holds;
}
