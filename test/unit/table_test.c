/* SPDX-License-Identifier: MIT */
#include <cells/shell/table.h>

#include "capture.h"

static struct capture capture;
static const struct output output = { capture_write, &capture };
static const struct column columns[] = { { "name", 6, COLUMN_TEXT },
                                         { "calls", 5, COLUMN_NUMBER },
                                         { "handle", 6, COLUMN_HEX } };

static void rows(bool is_json)
{
    struct table table;
    capture_clear(&capture);
    table_begin(&table, &output, is_json, columns, 3);
    table_text(&table, "echo");
    table_number(&table, 42);
    table_hex(&table, 0x10002);
    table_text(&table, "a-long-name");
    table_number(&table, 1234567);
    table_hex(&table, 0);
}

TEST(TABLE0001)
{
    rows(false);
    assert_string_equal(capture.text, "name   calls handle\n"
                                      "echo      42 10002\n"
                                      "a-long-name 1234567 0\n");
}

TEST(TABLE0002)
{
    rows(true);
    assert_string_equal(capture.text, "{\"name\":\"echo\",\"calls\":42,\"handle\":\"0x10002\"}\n"
                                      "{\"name\":\"a-long-name\",\"calls\":1234567,\"handle\":\"0x0\"}\n");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, TABLE0001, "columns for people; nothing is cut");
    ADD(&harness, TABLE0002, "the same rows for programs");
    return harness_run("table", &harness);
}
