/* SPDX-License-Identifier: MIT */

/* blk: looks at and writes block devices, through whatever cell serves them. */
#include "command.h"
#include "hexdump.h"
#include "table.h"
#include "terminal.h"

#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/cell.h>
#include <sdk/number.h>

#define BLK_STEP_MS 10000u /* for one piece, restarts of the driver included */
#define BLK_COUNT_MAX UINT32_MAX
#define BLK_PIECE_BYTES KIB(16)
#define BLK_NAME_BYTES (CELL_NAME_BYTES + 4) /* CELL:NN */

/* One command's view of its unit. */
struct blk {
    struct block_client client;
    uint32_t unit;
    const struct block_geometry *geometry; /* of the unit */
    uint8_t piece[BLK_PIECE_BYTES];
};

static struct blk blk;

/* What is done with the piece that begins at `block`. */
typedef enum status (*blk_step)(const struct command_call *call, uint64_t block, uint32_t count,
                                uint8_t byte);

/* ---- naming ---- */

/* CELL, which is its first unit, or CELL:N. */
static enum status blk_find(const struct command_call *call, const struct cell_edge **edge, uint32_t *unit)
{
    const char *word = call->words.at[2];
    const char *colon = word;
    while (*colon != 0 && *colon != ':')
        colon++;
    char cell[CELL_NAME_BYTES];
    uint64_t number = 0;
    size_t length = (size_t)(colon - word);
    bool is_name = length < sizeof(cell) &&
                   (*colon == 0 || (text_to_u64(colon + 1, &number) && number < BLOCK_UNITS_MAX));
    if (is_name) {
        (void)text_copy(cell, length + 1, word);
        *edge = cell_edge_to(BLOCK_INTERFACE, cell);
    }
    if (!is_name || *edge == nullptr)
        return command_fail(call, ST_NOT_FOUND, "blk: no device '%s'; see 'blk list'", word);
    *unit = (uint32_t)number;
    return ST_OK;
}

static void blk_name(char name[BLK_NAME_BYTES], const struct cell_edge *edge, uint32_t unit)
{
    if (unit == 0)
        (void)text_copy(name, BLK_NAME_BYTES, edge->peer);
    else
        (void)text_format(name, BLK_NAME_BYTES, "%s:%u", edge->peer, unit);
}

/* ---- list, info ---- */

static const struct column blk_columns[] = {
    { "device", 16, COLUMN_TEXT },   { "health", 9, COLUMN_TEXT }, { "bytes", 5, COLUMN_NUMBER },
    { "blocks", 11, COLUMN_NUMBER }, { "ro", 2, COLUMN_NUMBER },   { "reads", 8, COLUMN_NUMBER },
    { "writes", 8, COLUMN_NUMBER },  { "model", 14, COLUMN_TEXT },
};

static const char *const blk_healths[] = { "absent", "good", "resetting", "failed", "suspended" };

static const char *blk_health(uint64_t health)
{
    return health < ARRAY_COUNT(blk_healths) ? blk_healths[health] : "unknown";
}

static uint64_t blk_field(const struct cell_edge *edge, enum block_field field, uint32_t unit)
{
    uint64_t value = 0;
    return block_get(edge, field, unit, &value) == ST_OK ? value : 0;
}

static void blk_text(const struct cell_edge *edge, enum block_text what, uint32_t unit,
                     char text[BLOCK_TEXT_BYTES + 1])
{
    if (block_text(edge, what, unit, text) != ST_OK)
        text[0] = 0;
}

static void blk_list_unit(struct table *table, const struct cell_edge *edge, uint32_t unit)
{
    char text[BLOCK_TEXT_BYTES + 1];
    char name[BLK_NAME_BYTES];
    blk_name(name, edge, unit);
    blk_text(edge, BLOCK_TEXT_MODEL, unit, text);
    table_text(table, name);
    table_text(table, blk_health(blk_field(edge, BLOCK_FIELD_HEALTH, unit)));
    table_number(table, blk_field(edge, BLOCK_FIELD_BLOCK_BYTES, unit));
    table_number(table, blk_field(edge, BLOCK_FIELD_BLOCK_COUNT, unit));
    table_number(table, blk_field(edge, BLOCK_FIELD_READ_ONLY, unit));
    table_number(table, blk_field(edge, BLOCK_FIELD_READS, unit));
    table_number(table, blk_field(edge, BLOCK_FIELD_WRITES, unit));
    table_text(table, text);
}

static enum status blk_list(struct command_call *call)
{
    struct table table;
    const struct cell_edge *edge;
    table_begin(&table, call->output, call->is_json, blk_columns, ARRAY_COUNT(blk_columns));
    for (uint32_t i = 0; i < EDGE_SLOTS && (edge = cell_edge_find(BLOCK_INTERFACE, i)) != nullptr; i++) {
        uint64_t units = u64_min(blk_field(edge, BLOCK_FIELD_UNITS, 0), BLOCK_UNITS_MAX);
        for (uint32_t unit = 0; unit < units; unit++)
            blk_list_unit(&table, edge, unit);
    }
    return ST_OK;
}

static const char *const blk_fields[BLOCK_FIELD_COUNT] = {
    [BLOCK_FIELD_BLOCK_BYTES] = "block_bytes",
    [BLOCK_FIELD_BLOCK_COUNT] = "block_count",
    [BLOCK_FIELD_READ_ONLY] = "read_only",
    [BLOCK_FIELD_REMOVABLE] = "removable",
    [BLOCK_FIELD_TRANSFER_BLOCKS_MAX] = "transfer_blocks_max",
    [BLOCK_FIELD_ALIGNMENT] = "alignment",
    [BLOCK_FIELD_READS] = "reads",
    [BLOCK_FIELD_WRITES] = "writes",
    [BLOCK_FIELD_FLUSHES] = "flushes",
    [BLOCK_FIELD_BYTES_READ] = "bytes_read",
    [BLOCK_FIELD_BYTES_WRITTEN] = "bytes_written",
    [BLOCK_FIELD_ERRORS] = "errors",
    [BLOCK_FIELD_UNITS] = "units",
    [BLOCK_FIELD_FEATURES] = "features",
    [BLOCK_FIELD_HEALTH] = "health",
    [BLOCK_FIELD_DEPTH] = "depth",
    [BLOCK_FIELD_INFLIGHT] = "inflight",
    [BLOCK_FIELD_REPLAYED] = "replayed",
    [BLOCK_FIELD_SKIPPED] = "skipped",
    [BLOCK_FIELD_LATE] = "late",
    [BLOCK_FIELD_TIMEOUTS] = "timeouts",
    [BLOCK_FIELD_RESETS] = "resets",
    [BLOCK_FIELD_REFUSED] = "refused",
    [BLOCK_FIELD_HELD_BACK] = "held_back",
    [BLOCK_FIELD_THROTTLED] = "throttled",
    [BLOCK_FIELD_BYTES_COPIED] = "bytes_copied",
    [BLOCK_FIELD_LATENCY_MEAN_NS] = "latency_mean_ns",
    [BLOCK_FIELD_LATENCY_MAX_NS] = "latency_max_ns",
    [BLOCK_FIELD_PEAK_KIB_PER_S] = "peak_kib_per_s",
};

/* Values that are words or sets to people. */
static void blk_feature_words(char *text, size_t bytes, uint64_t features)
{
    (void)text_format(text, bytes, "%s%s%s", features & BLOCK_CAN_FLUSH ? "flush " : "",
                      features & BLOCK_CAN_DISCARD ? "discard " : "",
                      features & BLOCK_CAN_WRITE_ZEROES ? "write-zeroes " : "");
}

static void blk_info_text(const struct command_call *call, const uint64_t values[BLOCK_FIELD_COUNT],
                          const char *model, const char *serial)
{
    char features[40];
    blk_feature_words(features, sizeof(features), values[BLOCK_FIELD_FEATURES]);
    output_format(call->output, "%-20s %s\n", "model", model);
    output_format(call->output, "%-20s %s\n", "serial", serial);
    for (uint32_t i = 0; i < BLOCK_FIELD_COUNT; i++)
        if (i == BLOCK_FIELD_HEALTH)
            output_format(call->output, "%-20s %s\n", blk_fields[i], blk_health(values[i]));
        else if (i == BLOCK_FIELD_FEATURES)
            output_format(call->output, "%-20s %s\n", blk_fields[i], features);
        else
            output_format(call->output, "%-20s %llu\n", blk_fields[i], (unsigned long long)values[i]);
}

static void blk_info_json(const struct command_call *call, const uint64_t values[BLOCK_FIELD_COUNT],
                          const char *device, const char *model, const char *serial)
{
    struct json json;
    json_begin(&json, call->output);
    json_text(&json, "device", device);
    json_text(&json, "model", model);
    json_text(&json, "serial", serial);
    for (uint32_t i = 0; i < BLOCK_FIELD_COUNT; i++)
        if (i == BLOCK_FIELD_HEALTH)
            json_text(&json, blk_fields[i], blk_health(values[i]));
        else
            json_number(&json, blk_fields[i], values[i]);
    json_end(&json);
}

static enum status blk_info(struct command_call *call)
{
    const struct cell_edge *edge;
    uint32_t unit;
    enum status status = blk_find(call, &edge, &unit);
    if (status != ST_OK)
        return status;
    uint64_t values[BLOCK_FIELD_COUNT];
    for (uint32_t i = 0; i < BLOCK_FIELD_COUNT; i++) {
        status = block_get(edge, (enum block_field)i, unit, &values[i]);
        if (status != ST_OK)
            return command_fail(call, status, "blk: %s does not answer: %s", edge->peer, status_name(status));
    }
    if (unit >= values[BLOCK_FIELD_UNITS])
        return command_fail(call, ST_NOT_FOUND, "blk: %s has %llu units", edge->peer,
                            (unsigned long long)values[BLOCK_FIELD_UNITS]);
    char model[BLOCK_TEXT_BYTES + 1], serial[BLOCK_TEXT_BYTES + 1];
    blk_text(edge, BLOCK_TEXT_MODEL, unit, model);
    blk_text(edge, BLOCK_TEXT_SERIAL, unit, serial);
    if (call->is_json)
        blk_info_json(call, values, call->words.at[2], model, serial);
    else
        blk_info_text(call, values, model, serial);
    return ST_OK;
}

/* ---- data ---- */

static enum status blk_open(const struct command_call *call)
{
    const struct cell_edge *edge = nullptr;
    enum status status = blk_find(call, &edge, &blk.unit);
    if (status != ST_OK)
        return status;
    status = block_open(&blk.client, edge, tsc_after_ms(BLK_STEP_MS));
    if (status != ST_OK)
        return command_fail(call, status, "blk: cannot open %s: %s", edge->peer, status_name(status));
    if (blk.unit >= blk.client.unit_count || blk.client.units[blk.unit].block_count == 0)
        return command_fail(call, ST_NOT_FOUND, "blk: there is nothing in '%s'", call->words.at[2]);
    blk.geometry = &blk.client.units[blk.unit];
    return ST_OK;
}

static enum status blk_failed(const struct command_call *call, const char *what, uint64_t block,
                              enum status status)
{
    return command_fail(call, status, "blk: %s at block %llu: %s", what, (unsigned long long)block,
                        status_name(status));
}

/* Runs `step` over [block, block + count), which must lie inside the device. */
static enum status blk_walk(const struct command_call *call, uint64_t block, uint64_t count, uint8_t byte,
                            blk_step step)
{
    uint64_t limit = blk.geometry->block_count;
    if (!is_range_inside(block, count, limit))
        return command_fail(call, ST_RANGE, "blk: the device has %llu blocks", (unsigned long long)limit);
    uint32_t most = (uint32_t)(sizeof(blk.piece) / blk.geometry->block_bytes);
    while (count > 0) {
        uint32_t part = (uint32_t)u64_min(count, most);
        enum status status = step(call, block, part, byte);
        if (status != ST_OK)
            return status;
        if (terminal_interrupted())
            return command_interrupted(call);
        block += part;
        count -= part;
    }
    return ST_OK;
}

static enum status blk_fetch(const struct command_call *call, uint64_t block, uint32_t count)
{
    uint32_t done = 0;
    enum status status = block_read(&blk.client, blk.unit, block, count, blk.piece, tsc_after_ms(BLK_STEP_MS),
                                    &done);
    return status == ST_OK ? ST_OK : blk_failed(call, "read", block + done, status);
}

static enum status blk_store(const struct command_call *call, uint64_t block, uint32_t count)
{
    uint32_t done = 0;
    enum status status = block_write(&blk.client, blk.unit, block, count, blk.piece,
                                     tsc_after_ms(BLK_STEP_MS), &done);
    return status == ST_OK ? ST_OK : blk_failed(call, "write", block + done, status);
}

static enum status blk_dump_step(const struct command_call *call, uint64_t block, uint32_t count,
                                 uint8_t byte)
{
    (void)byte;
    enum status status = blk_fetch(call, block, count);
    if (status == ST_OK)
        hexdump(call->output, block * blk.geometry->block_bytes, blk.piece,
                count * blk.geometry->block_bytes);
    return status;
}

static enum status blk_fill_step(const struct command_call *call, uint64_t block, uint32_t count,
                                 uint8_t byte)
{
    memset(blk.piece, byte, (size_t)count * blk.geometry->block_bytes);
    return blk_store(call, block, count);
}

static enum status blk_verify_step(const struct command_call *call, uint64_t block, uint32_t count,
                                   uint8_t byte)
{
    enum status status = blk_fetch(call, block, count);
    if (status != ST_OK)
        return status;
    for (uint32_t i = 0; i < count * blk.geometry->block_bytes; i++)
        if (blk.piece[i] != byte)
            return command_fail(call, ST_IO, "blk: block %llu, byte %u: %02x instead of %02x",
                                (unsigned long long)(block + i / blk.geometry->block_bytes),
                                i % blk.geometry->block_bytes, blk.piece[i], byte);
    return ST_OK;
}

static enum status blk_read_run(struct command_call *call)
{
    uint64_t block = 0;
    uint64_t count = 1;
    enum status status = command_word_number(call, 3, 0, UINT64_MAX, &block);
    if (status == ST_OK && call->words.count > 4)
        status = command_word_number(call, 4, 1, BLK_COUNT_MAX, &count);
    if (status == ST_OK)
        status = blk_open(call);
    return status == ST_OK ? blk_walk(call, block, count, 0, blk_dump_step) : status;
}

/* A device without a cache to flush has nothing to do. */
static enum status blk_flush(const struct command_call *call)
{
    if ((blk.geometry->features & BLOCK_CAN_FLUSH) == 0)
        return ST_OK;
    enum status status = block_flush(&blk.client, blk.unit, tsc_after_ms(BLK_STEP_MS));
    if (status != ST_OK)
        return command_fail(call, status, "blk: flush: %s", status_name(status));
    return ST_OK;
}

static enum status blk_write_text_step(const struct command_call *call, uint64_t block, uint32_t count,
                                       uint8_t byte)
{
    (void)byte;
    const char *text = call->words.at[4];
    size_t bytes = strlen(text);
    if (bytes > blk.geometry->block_bytes)
        return command_fail(call, ST_RANGE, "blk: the text is longer than a block (%u bytes)",
                            blk.geometry->block_bytes);
    memset(blk.piece, 0, (size_t)count * blk.geometry->block_bytes);
    memcpy(blk.piece, text, bytes);
    return blk_store(call, block, count);
}

static enum status blk_write_run(struct command_call *call)
{
    uint64_t block = 0;
    enum status status = command_word_number(call, 3, 0, UINT64_MAX, &block);
    if (status == ST_OK)
        status = blk_open(call);
    if (status == ST_OK)
        status = blk_walk(call, block, 1, 0, blk_write_text_step);
    return status == ST_OK ? blk_flush(call) : status;
}

/* fill and verify: DEVICE BLOCK COUNT BYTE. */
static enum status blk_pattern(struct command_call *call, blk_step step)
{
    uint64_t block = 0;
    uint64_t count = 0;
    uint64_t byte = 0;
    enum status status = command_word_number(call, 3, 0, UINT64_MAX, &block);
    if (status == ST_OK)
        status = command_word_number(call, 4, 1, BLK_COUNT_MAX, &count);
    if (status == ST_OK)
        status = command_word_number(call, 5, 0, UINT8_MAX, &byte);
    if (status == ST_OK)
        status = blk_open(call);
    return status == ST_OK ? blk_walk(call, block, count, (uint8_t)byte, step) : status;
}

static enum status blk_fill_run(struct command_call *call)
{
    enum status status = blk_pattern(call, blk_fill_step);
    return status == ST_OK ? blk_flush(call) : status;
}

static enum status blk_verify_run(struct command_call *call)
{
    enum status status = blk_pattern(call, blk_verify_step);
    if (status == ST_OK)
        output_format(call->output, "%s blocks from %s: all bytes are as expected\n", call->words.at[4],
                      call->words.at[3]);
    return status;
}

static enum status blk_flush_run(struct command_call *call)
{
    enum status status = blk_open(call);
    return status == ST_OK ? blk_flush(call) : status;
}

/* discard and zero: DEVICE BLOCK COUNT. */
static enum status blk_clear(struct command_call *call, enum block_operation operation)
{
    uint64_t block = 0;
    uint64_t count = 0;
    enum status status = command_word_number(call, 3, 0, UINT64_MAX, &block);
    if (status == ST_OK)
        status = command_word_number(call, 4, 1, BLK_COUNT_MAX, &count);
    if (status == ST_OK)
        status = blk_open(call);
    if (status != ST_OK)
        return status;
    status = block_clear(&blk.client, blk.unit, operation, block, (uint32_t)count, tsc_after_ms(BLK_STEP_MS));
    return status == ST_OK ? blk_flush(call) : blk_failed(call, call->words.at[1], block, status);
}

static enum status blk_discard_run(struct command_call *call)
{
    return blk_clear(call, BLOCK_DISCARD);
}

static enum status blk_zero_run(struct command_call *call)
{
    return blk_clear(call, BLOCK_WRITE_ZEROES);
}

/* ---- the command ---- */

struct blk_verb {
    const char *name;
    uint32_t words_min, words_max; /* the command and the verb included */
    enum status (*run)(struct command_call *call);
};

static const struct blk_verb blk_verbs[] = {
    { "list", 2, 2, blk_list },       { "info", 3, 3, blk_info },     { "read", 4, 5, blk_read_run },
    { "write", 5, 5, blk_write_run }, { "fill", 6, 6, blk_fill_run }, { "verify", 6, 6, blk_verify_run },
    { "flush", 3, 3, blk_flush_run }, { "zero", 5, 5, blk_zero_run }, { "discard", 5, 5, blk_discard_run },
};

static enum status blk_run(struct command_call *call)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(blk_verbs); i++) {
        const struct blk_verb *verb = &blk_verbs[i];
        if (!text_equal(call->words.at[1], verb->name))
            continue;
        if (call->words.count < verb->words_min || call->words.count > verb->words_max)
            return command_fail(call, ST_INVALID, "blk %s: wrong number of words; see 'help blk'",
                                verb->name);
        return verb->run(call);
    }
    return command_fail(call, ST_INVALID, "blk: no '%s'; see 'help blk'", call->words.at[1]);
}

static const char *const blk_words[] = { "discard", "fill",   "flush", "info", "list",
                                         "read",    "verify", "write", "zero", nullptr };

const struct command command_blk = {
    .name = "blk",
    .usage = "blk list [--json]\n"
             "blk info DEVICE [--json]\n"
             "blk read DEVICE BLOCK [COUNT]\n"
             "blk write DEVICE BLOCK TEXT\n"
             "blk fill DEVICE BLOCK COUNT BYTE\n"
             "blk verify DEVICE BLOCK COUNT BYTE\n"
             "blk zero DEVICE BLOCK COUNT\n"
             "blk discard DEVICE BLOCK COUNT\n"
             "blk flush DEVICE\n",
    .summary = "read and write block devices",
    .text = "DEVICE is a cell of 'blk list', or CELL:N for its unit N.  read dumps blocks\n"
            "in hexadecimal; write puts TEXT, padded with zeros, into one block; fill sets\n"
            "every byte, verify compares every byte; zero and discard leave the work to the\n"
            "device.  All but read and verify flush.  A driver that crashes meanwhile is\n"
            "waited for: the request is answered by its next instance.\n"
            "Example: blk fill ramdisk 0 16 0x5a\n",
    .run = blk_run,
    .words_min = 1,
    .words_max = 5,
    .arguments = { ARGUMENT_WORD, ARGUMENT_DEVICE },
    .words = blk_words,
    .flags = flags_json,
};
