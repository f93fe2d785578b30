/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <cells/warden/appliance.h>
#include <stdio.h>
#include <stdlib.h>

static struct appliance appliance;
static struct appliance_error error;

/* From memory that ends where the text ends. */
static enum status parse(const char *text, size_t bytes)
{
    char *copy = malloc(bytes + 1);
    assert_non_null(copy);
    memcpy(copy + 1, text, bytes);
    memset(&error, 0, sizeof(error));
    enum status status = appliance_parse(copy + 1, bytes, &appliance, &error);
    free(copy);
    return status;
}

TEST(APPL0001)
{
    static const char text[] = "# comment\n"
                               "cell console\n"
                               "cell shell config=term=dumb  prompt=x # not here\r\n"
                               "\tcell echo2 image=echo start=manual # copy\n"
                               "wire shell.console=console\n"
                               "wire shell.warden=warden\n"
                               "default echo=echo2";
    assert_int_equal(parse(text, strlen(text)), ST_OK);
    assert_int_equal(appliance.cell_count, 3);
    assert_string_equal(appliance.cells[0].image, "console");
    assert_true(appliance.cells[0].is_auto);
    assert_string_equal(appliance.cells[1].config, "term=dumb prompt=x");
    assert_string_equal(appliance.cells[2].image, "echo");
    assert_false(appliance.cells[2].is_auto);
    assert_int_equal(appliance.wire_count, 2);
    assert_string_equal(appliance.wires[0].client, "shell");
    assert_string_equal(appliance.wires[0].interface, "console");
    assert_string_equal(appliance.wires[0].server, "console");
    assert_int_equal(appliance.default_count, 1);
    assert_string_equal(appliance.defaults[0].client, "");
}

TEST(APPL0002)
{
    static const struct {
        const char *text;
        uint32_t line;
    } bad[] = {
        { "", 1 },
        { "cell", 1 },
        { "cell Upper", 1 },
        { "cell sixteen-letters-", 1 },
        { "cell warden", 1 },
        { "cell a\ncell a", 2 },
        { "cell a image=", 1 },
        { "cell a image=x image=y", 1 },
        { "cell a start=never", 1 },
        { "cell a color=red", 1 },
        { "cell a\nwire a.b", 2 },
        { "cell a\nwire ab=c", 2 },
        { "cell a\nwire .b=a", 2 },
        { "cell a\nwire a.=a", 2 },
        { "cell a\nwire a.b=", 2 },
        { "cell a\nwire a.b=a more", 2 },
        { "cell a\nwire a.b=a\nwire a.b=a", 3 },
        { "cell a\nwire a.b=ghost", 2 },
        { "cell a\nwire ghost.b=a", 2 },
        { "cell a\ndefault b=ghost", 2 },
        { "cell a\ndefault b=a\ndefault b=a", 3 },
        { "cell a\ndefault", 2 },
        { "cell a\ndriver", 2 },
        { "cell a\ndriver Disk", 2 },
        { "cell a\ndriver d image=x", 2 },
        { "cell a\ndriver d at=", 2 },
        { "cell a\ndriver d at=00:20.0", 2 },
        { "cell a\ndriver d at=00:1f.8", 2 },
        { "cell a\ndriver d at=0:1f.7", 2 },
        { "cell a\ndriver d at=00:1f.77", 2 },
        { "cell a\ndriver d at=00:1f.7 at=00:1f.7", 2 },
        { "cell a\ndriver d start=never", 2 },
        { "cell a\ndriver d\nwire a.b=d", 3 },
        { "cell a\ndriver d\nwire a.b=d0x", 3 },
        { "cell a\ndriver d\nwire a.b=e0", 3 },
        { "cell a\nstart a", 2 },
        { "cell a\n\x80", 2 },
        { "cell a\n\x1B[2J", 2 },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i].text, strlen(bad[i].text)), ST_INVALID);
        assert_true(error.text[0] != '\0' && memchr(error.text, 0, sizeof(error.text)) != nullptr);
        if (bad[i].text[0] != '\0')
            assert_int_equal(error.line, bad[i].line);
    }
    assert_int_equal(parse("cell a\0b", 8), ST_INVALID);
}

TEST(APPL0003)
{
    /* One more than there is room for, of everything. */
    static char text[APPLIANCE_BYTES_MAX + 2];
    size_t used = 0;
    for (uint32_t i = 0; i <= APPLIANCE_CELL_MAX; i++) {
        if (i == APPLIANCE_CELL_MAX)
            assert_int_equal(parse(text, used), ST_OK);
        used += (size_t)sprintf(text + used, "cell c%u\n", i);
    }
    assert_int_equal(parse(text, used), ST_INVALID);
    assert_int_equal(error.line, APPLIANCE_CELL_MAX + 1);

    used = (size_t)sprintf(text, "cell a\n");
    for (uint32_t i = 0; i <= APPLIANCE_WIRE_MAX; i++)
        used += (size_t)sprintf(text + used, "wire a.i%u=a\n", i);
    assert_int_equal(parse(text, used), ST_INVALID);

    memset(text, '\n', sizeof(text));
    memcpy(text, "cell a", 6);
    assert_int_equal(parse(text, APPLIANCE_BYTES_MAX), ST_OK);
    assert_int_equal(parse(text, APPLIANCE_BYTES_MAX + 1), ST_INVALID);

    memset(text, ' ', sizeof(text));
    memcpy(text, "cell a", 6);
    assert_int_equal(parse(text, APPLIANCE_LINE_BYTES - 1), ST_OK);
    assert_int_equal(parse(text, APPLIANCE_LINE_BYTES), ST_INVALID);

    memcpy(text, "cell a config=", 14);
    memset(text + 14, 'x', CELL_CONFIG_BYTES - 1);
    assert_int_equal(parse(text, 14 + CELL_CONFIG_BYTES - 1), ST_OK);
    text[14 + CELL_CONFIG_BYTES - 1] = 'x';
    assert_int_equal(parse(text, 14 + CELL_CONFIG_BYTES), ST_INVALID);
}

TEST(APPL0004)
{
    static const char text[] = "driver disk at=02:1f.7 start=manual config=slow please\n"
                               "driver disk\n"
                               "cell a\n"
                               "wire a.block=disk0\n"
                               "default block=disk12\n";
    assert_int_equal(parse(text, strlen(text)), ST_OK);
    assert_int_equal(appliance.driver_count, 2);
    assert_int_equal(appliance.drivers[0].at, (2 << 8 | 31 << 3 | 7) + 1);
    assert_int_equal(appliance.drivers[0].line, 1);
    assert_false(appliance.drivers[0].cell.is_auto);
    assert_string_equal(appliance.drivers[0].cell.image, "disk");
    assert_string_equal(appliance.drivers[0].cell.config, "slow please");
    assert_int_equal(appliance.drivers[1].at, 0);
    assert_true(appliance.drivers[1].cell.is_auto);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, APPL0001, "a whole appliance");
    ADD(&harness, APPL0002, "what is wrong is named with its line");
    ADD(&harness, APPL0003, "one more than there is room for is refused");
    ADD(&harness, APPL0004, "drivers");
    return harness_run("appliance", &harness);
}
