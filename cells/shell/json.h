/* SPDX-License-Identifier: MIT */
#pragma once

#include "output.h"

/*
 * JSON, one object per line.  The caller keeps the order: begin, members,
 * end.  Text is escaped; whatever bytes a name holds, the line stays valid.
 */
struct json {
    const struct output *output;
    bool has_member; /* the next one needs a comma */
};

void json_begin(struct json *json, const struct output *output);
void json_text(struct json *json, const char *key, const char *text);
void json_number(struct json *json, const char *key, uint64_t number);
/* Handles and addresses: a string, since a reader's numbers may have 53 bits. */
void json_hex(struct json *json, const char *key, uint64_t number);
void json_bool(struct json *json, const char *key, bool value);
void json_array(struct json *json, const char *key, const uint64_t *numbers, uint32_t count);
void json_end(struct json *json);
