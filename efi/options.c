/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "console.h"

#include <abi/cell.h>
#include <abi/monitor_call.h>
#include <rt/text.h>

#define VALUES_MAX 4u
#define WORD_BYTES 48u /* as much of a wrong one as is shown */

/* An option of the monitor; its value is an index into `values`. */
struct option {
    const char *key; /* ends with '=' */
    const char *values[VALUES_MAX];
};

static bool word_equals(const char *word, uint64_t bytes, const char *text)
{
    return strlen(text) == bytes && memcmp(word, text, bytes) == 0;
}

/* The value of `option` on the command line, else `normal`.  The first one counts. */
static uint32_t option_read(const char *line, const struct option *option, uint32_t normal)
{
    uint64_t key_bytes = strlen(option->key);
    const char *end;
    for (const char *word = line; *word; word = *end ? end + 1 : end) {
        for (end = word; *end && *end != ' ';)
            end++;
        uint64_t bytes = (uint64_t)(end - word);
        if (bytes <= key_bytes || memcmp(word, option->key, key_bytes) != 0)
            continue;
        for (uint32_t i = 0; i < VALUES_MAX && option->values[i]; i++)
            if (word_equals(word + key_bytes, bytes - key_bytes, option->values[i]))
                return i;
        char copy[WORD_BYTES] = { 0 };
        memcpy(copy, word, bytes < sizeof(copy) ? bytes : sizeof(copy) - 1);
        console_line("option %s: no such value; ignored", copy);
    }
    return normal;
}

void options_read(struct boot_info *info)
{
    static const struct option panics = { "panic=", { "halt", "exit" } };
    static const struct option levels = { "log=", { "error", "warn", "info", "debug" } };
    static const struct option backends = {
        "backend=", { [0] = "best", [BACKEND_PKU] = "pku", [BACKEND_PT] = "pt", [BACKEND_NONE] = "none" }
    };
    static const struct option bypasses = { "virtio-bypass=", { "refuse", "allow" } };
    static const struct option faults = { "faults=", { "refuse", "allow" } };
    const char *line = info->command_line;

    info->panic_exit = option_read(line, &panics, 0);
    info->log_level = option_read(line, &levels, LOG_INFO);
    info->backend = option_read(line, &backends, 0);
    info->faults = option_read(line, &faults, 0);
    info->virtio_bypass = option_read(line, &bypasses, 0);
}
