/* SPDX-License-Identifier: MIT */
#include <cells/shell/json.h>

#include "capture.h"

static struct capture capture;
static const struct output output = { capture_write, &capture };
static struct json json;

TEST(JSON0001)
{
    capture_clear(&capture);
    json_begin(&json, &output);
    json_text(&json, "name", "echo");
    json_number(&json, "n", UINT64_MAX);
    json_hex(&json, "handle", 0x10002);
    json_bool(&json, "up", true);
    json_bool(&json, "down", false);
    json_array(&json, "hist", (const uint64_t[]){ 1, 2, 3 }, 3);
    json_array(&json, "none", nullptr, 0);
    json_end(&json);
    assert_string_equal(capture.text, "{\"name\":\"echo\",\"n\":18446744073709551615,\"handle\":\"0x10002\","
                                      "\"up\":true,\"down\":false,\"hist\":[1,2,3],\"none\":[]}\n");
}

TEST(JSON0002)
{
    capture_clear(&capture);
    json_begin(&json, &output);
    json_end(&json);
    assert_string_equal(capture.text, "{}\n");
}

TEST(JSON0003)
{
    /* Every byte a text can hold: the line stays one line of plain ASCII between two quotes. */
    for (uint32_t byte = 1; byte < 256; byte++) {
        const char text[] = { (char)byte, '\0' };
        capture_clear(&capture);
        json_begin(&json, &output);
        json_text(&json, "k", text);
        json_end(&json);
        size_t quotes = 0;
        for (size_t i = 0; i + 1 < capture.length; i++) {
            assert_true(capture.text[i] >= ' ' && capture.text[i] <= '~');
            bool is_escaped = capture.text[i] == '\\';
            quotes += capture.text[i] == '"';
            i += is_escaped;
        }
        assert_int_equal(quotes, 4);
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, JSON0001, "members in the caller's order");
    ADD(&harness, JSON0002, "an empty object");
    ADD(&harness, JSON0003, "no byte of a text breaks the line");
    return harness_run("json", &harness);
}
