/* SPDX-License-Identifier: MIT */

/* The log: what goes in comes out, cleaned and cut. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define RECORDS_MAX 4096u

/* The youngest record of this cell. */
static struct log_record log_last(void)
{
    struct log_record last = { 0 };
    struct log_record record;
    uint64_t sequence = 0;
    for (uint32_t i = 0; i < RECORDS_MAX; i++) {
        if (mon_log_read(own_cap(CAP_LOG), sequence, &record, &sequence) != ST_OK)
            break;
        if (record.cell == cell_info()->id)
            last = record;
    }
    return last;
}

static void log_refusals(void)
{
    static const uint64_t levels[] = { LOG_LEVEL_COUNT, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX };
    static const char text[] = "never to be seen";
    uint64_t before = log_last().sequence;
    for (uint32_t i = 0; i < ARRAY_COUNT(levels); i++) {
        check_case("level 0x%lx", levels[i]);
        EXPECT_STATUS(monitor_call(MON_LOG, levels[i], address_of(text), 4, 0, 0).status, ST_RANGE);
    }
    check_case("a text that is too long");
    EXPECT_STATUS(mon_log(LOG_DEBUG, text, LOG_TEXT_BYTES + 1), ST_RANGE);
    EXPECT_EQUAL(log_last().sequence, before);
}

static void log_cleaned(void)
{
    static const char hostile[] = "%s%n%x \x1b[2J\n\r\t\x7f\xff end";
    check_case("control bytes and percent signs");
    EXPECT_STATUS(mon_log(LOG_DEBUG, hostile, sizeof(hostile) - 1), ST_OK);
    struct log_record record = log_last();
    EXPECT(text_equal(record.text, "%s%n%x .[2J..... end"));
    EXPECT_EQUAL(record.level, LOG_DEBUG);
    EXPECT(text_equal(record.name, cell_info()->name));
}

/* The longest text that is allowed; a record has room for one byte less and the terminator. */
static void log_longest(void)
{
    char text[LOG_TEXT_BYTES];
    memset(text, 'x', sizeof(text));
    check_case("the longest text");
    if (!EXPECT_STATUS(mon_log(LOG_DEBUG, text, LOG_TEXT_BYTES), ST_OK))
        return;
    struct log_record record = log_last();
    EXPECT_EQUAL(text_length(record.text, sizeof(record.text)), LOG_TEXT_BYTES - 1);
    EXPECT_EQUAL((uint8_t)record.text[0], 'x');
}

static void log_sequences(void)
{
    struct log_record record;
    uint64_t next = 7;
    canary_set((uint8_t *)&record, sizeof(record));
    check_case("sequences that are yet to come");
    EXPECT_STATUS(mon_log_read(own_cap(CAP_LOG), UINT64_MAX, &record, &next), ST_EMPTY);
    EXPECT_STATUS(mon_log_read(own_cap(CAP_LOG), UINT64_C(1) << 32, &record, &next), ST_EMPTY);
    EXPECT_EQUAL(next, 7);
    EXPECT(canary_is_whole((uint8_t *)&record, sizeof(record)));
}

void set_log(void)
{
    log_refusals();
    log_cleaned();
    log_longest();
    log_sequences();
}
