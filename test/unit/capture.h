/* SPDX-License-Identifier: MIT */
#pragma once

#include <cells/shell/output.h>

#include "harness.h"

/* An output that keeps what is written to it. */
struct capture {
    char text[65536];
    size_t length;
};

static inline void capture_write(void *context, const char *bytes, size_t count)
{
    struct capture *capture = context;
    assert_true(count < sizeof(capture->text) - capture->length);
    memcpy(capture->text + capture->length, bytes, count);
    capture->length += count;
    capture->text[capture->length] = '\0';
}

static inline void capture_clear(struct capture *capture)
{
    capture->length = 0;
    capture->text[0] = '\0';
}
