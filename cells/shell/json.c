/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <rt/text.h>

static void json_quote_byte(const struct output *output, char byte)
{
    if (byte == '"' || byte == '\\') {
        char escaped[2] = { '\\', byte };
        output_bytes(output, escaped, sizeof(escaped));
    } else if ((uint8_t)byte < 0x20 || (uint8_t)byte >= 0x7F) {
        output_format(output, "\\u%04x", (unsigned)(uint8_t)byte);
    } else {
        output_bytes(output, &byte, 1);
    }
}

static void json_quote(const struct output *output, const char *text)
{
    output_text(output, "\"");
    for (; *text != '\0'; text++)
        json_quote_byte(output, *text);
    output_text(output, "\"");
}

static void json_key(struct json *json, const char *key)
{
    if (json->has_member)
        output_text(json->output, ",");
    json->has_member = true;
    json_quote(json->output, key);
    output_text(json->output, ":");
}

void json_begin(struct json *json, const struct output *output)
{
    *json = (struct json){ .output = output };
    output_text(output, "{");
}

void json_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_quote(json->output, text);
}

void json_number(struct json *json, const char *key, uint64_t number)
{
    json_key(json, key);
    output_format(json->output, "%llu", (unsigned long long)number);
}

void json_hex(struct json *json, const char *key, uint64_t number)
{
    json_key(json, key);
    output_format(json->output, "\"0x%llx\"", (unsigned long long)number);
}

void json_bool(struct json *json, const char *key, bool value)
{
    json_key(json, key);
    output_text(json->output, value ? "true" : "false");
}

void json_array(struct json *json, const char *key, const uint64_t *numbers, uint32_t count)
{
    json_key(json, key);
    output_text(json->output, "[");
    for (uint32_t i = 0; i < count; i++)
        output_format(json->output, i == 0 ? "%llu" : ",%llu", (unsigned long long)numbers[i]);
    output_text(json->output, "]");
}

void json_end(struct json *json)
{
    output_text(json->output, "}\n");
}
