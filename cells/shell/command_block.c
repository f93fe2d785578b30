/* SPDX-License-Identifier: MIT */

/* blk: looks at and writes block devices, through whatever cell serves them. */
#include "command.h"
#include "hexdump.h"
#include "table.h"
#include "terminal.h"

#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/cell.h>

#define BLK_STEP_MS 10000u /* for one piece, restarts of the driver included */
#define BLK_COUNT_MAX UINT32_MAX

/* One command's view of its device.  Data moves in pieces of at most one request. */
struct blk {
    struct block_client client;
    alignas(BLOCK_ALIGN) uint8_t piece[BLOCK_CHUNK_BYTES];
};

static struct blk blk;

/* What is done with the piece that begins at `block`. */
typedef enum status (*blk_step)(const struct command_call *call, uint64_t block, uint32_t count,
                                uint8_t byte);

/* ---- list, info ---- */

static const struct column blk_columns[] = {
    { "device", 15, COLUMN_TEXT },     { "block_bytes", 11, COLUMN_NUMBER }, { "blocks", 10, COLUMN_NUMBER },
    { "read_only", 9, COLUMN_NUMBER }, { "reads", 9, COLUMN_NUMBER },        { "writes", 9, COLUMN_NUMBER },
};

static uint64_t blk_field(const struct cell_edge *edge, enum block_field field)
{
    uint64_t value = 0;
    return block_get(edge, field, &value) == ST_OK ? value : 0;
}

static enum status blk_list(struct command_call *call)
{
    struct table table;
    const struct cell_edge *edge;
    table_begin(&table, call->output, call->is_json, blk_columns, ARRAY_COUNT(blk_columns));
    for (uint32_t i = 0; i < EDGE_SLOTS && (edge = cell_edge_find(BLOCK_INTERFACE, i)) != nullptr; i++) {
        table_text(&table, edge->peer);
        table_number(&table, blk_field(edge, BLOCK_FIELD_BLOCK_BYTES));
        table_number(&table, blk_field(edge, BLOCK_FIELD_BLOCK_COUNT));
        table_number(&table, blk_field(edge, BLOCK_FIELD_READ_ONLY));
        table_number(&table, blk_field(edge, BLOCK_FIELD_READS));
        table_number(&table, blk_field(edge, BLOCK_FIELD_WRITES));
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
};

static enum status blk_find(const struct command_call *call, const struct cell_edge **edge)
{
    *edge = cell_edge_to(BLOCK_INTERFACE, call->words.at[2]);
    if (*edge == nullptr)
        return command_fail(call, ST_NOT_FOUND, "blk: no device '%s'; see 'blk list'", call->words.at[2]);
    return ST_OK;
}

static enum status blk_info(struct command_call *call)
{
    const struct cell_edge *edge;
    struct json json;
    enum status status = blk_find(call, &edge);
    if (status != ST_OK)
        return status;
    uint64_t values[BLOCK_FIELD_COUNT];
    for (uint32_t i = 0; i < BLOCK_FIELD_COUNT; i++) {
        status = block_get(edge, (enum block_field)i, &values[i]);
        if (status != ST_OK)
            return command_fail(call, status, "blk: %s does not answer: %s", edge->peer, status_name(status));
    }
    if (call->is_json) {
        json_begin(&json, call->output);
        json_text(&json, "device", edge->peer);
    }
    for (uint32_t i = 0; i < BLOCK_FIELD_COUNT; i++)
        if (call->is_json)
            json_number(&json, blk_fields[i], values[i]);
        else
            output_format(call->output, "%-20s %llu\n", blk_fields[i], (unsigned long long)values[i]);
    if (call->is_json)
        json_end(&json);
    return ST_OK;
}

/* ---- data ---- */

static enum status blk_open(const struct command_call *call)
{
    const struct cell_edge *edge;
    enum status status = blk_find(call, &edge);
    if (status != ST_OK)
        return status;
    status = block_open(&blk.client, edge, tsc_after_ms(BLK_STEP_MS));
    if (status != ST_OK)
        return command_fail(call, status, "blk: cannot open %s: %s", edge->peer, status_name(status));
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
    uint64_t limit = blk.client.block_count;
    if (!is_range_inside(block, count, limit))
        return command_fail(call, ST_RANGE, "blk: the device has %llu blocks", (unsigned long long)limit);
    uint32_t most = (uint32_t)u64_min(blk.client.request_blocks_max,
                                      sizeof(blk.piece) / blk.client.block_bytes);
    if (most == 0)
        return command_fail(call, ST_UNSUPPORTED, "blk: its blocks are too large");
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
    enum status status = block_read(&blk.client, block, count, blk.piece, tsc_after_ms(BLK_STEP_MS), &done);
    return status == ST_OK ? ST_OK : blk_failed(call, "read", block + done, status);
}

static enum status blk_store(const struct command_call *call, uint64_t block, uint32_t count)
{
    uint32_t done = 0;
    enum status status = block_write(&blk.client, block, count, blk.piece, tsc_after_ms(BLK_STEP_MS), &done);
    return status == ST_OK ? ST_OK : blk_failed(call, "write", block + done, status);
}

static enum status blk_dump_step(const struct command_call *call, uint64_t block, uint32_t count,
                                 uint8_t byte)
{
    (void)byte;
    enum status status = blk_fetch(call, block, count);
    if (status == ST_OK)
        hexdump(call->output, block * blk.client.block_bytes, blk.piece, count * blk.client.block_bytes);
    return status;
}

static enum status blk_fill_step(const struct command_call *call, uint64_t block, uint32_t count,
                                 uint8_t byte)
{
    memset(blk.piece, byte, (size_t)count * blk.client.block_bytes);
    return blk_store(call, block, count);
}

static enum status blk_verify_step(const struct command_call *call, uint64_t block, uint32_t count,
                                   uint8_t byte)
{
    enum status status = blk_fetch(call, block, count);
    if (status != ST_OK)
        return status;
    for (uint32_t i = 0; i < count * blk.client.block_bytes; i++)
        if (blk.piece[i] != byte)
            return command_fail(call, ST_IO, "blk: block %llu, byte %u: %02x instead of %02x",
                                (unsigned long long)(block + i / blk.client.block_bytes),
                                i % blk.client.block_bytes, blk.piece[i], byte);
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

static enum status blk_flush(const struct command_call *call)
{
    enum status status = block_flush(&blk.client, tsc_after_ms(BLK_STEP_MS));
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
    if (bytes > blk.client.block_bytes)
        return command_fail(call, ST_RANGE, "blk: the text is longer than a block (%u bytes)",
                            blk.client.block_bytes);
    memset(blk.piece, 0, (size_t)count * blk.client.block_bytes);
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

/* ---- the command ---- */

struct blk_verb {
    const char *name;
    uint32_t words_min, words_max; /* the command and the verb included */
    enum status (*run)(struct command_call *call);
};

static const struct blk_verb blk_verbs[] = {
    { "list", 2, 2, blk_list },       { "info", 3, 3, blk_info },     { "read", 4, 5, blk_read_run },
    { "write", 5, 5, blk_write_run }, { "fill", 6, 6, blk_fill_run }, { "verify", 6, 6, blk_verify_run },
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

static const char *const blk_words[] = { "fill", "info", "list", "read", "verify", "write", nullptr };

const struct command command_blk = {
    .name = "blk",
    .usage = "blk list [--json]\n"
             "blk info DEVICE [--json]\n"
             "blk read DEVICE BLOCK [COUNT]\n"
             "blk write DEVICE BLOCK TEXT\n"
             "blk fill DEVICE BLOCK COUNT BYTE\n"
             "blk verify DEVICE BLOCK COUNT BYTE\n",
    .summary = "read and write block devices",
    .text = "read dumps blocks in hexadecimal; write puts TEXT, padded with zeros, into one\n"
            "block; fill sets every byte, verify compares every byte.  A driver that crashes\n"
            "meanwhile is waited for: the request is answered by its next instance.\n"
            "Example: blk fill ramdisk 0 16 0x5a\n",
    .run = blk_run,
    .words_min = 1,
    .words_max = 5,
    .arguments = { ARGUMENT_WORD, ARGUMENT_DEVICE },
    .words = blk_words,
    .flags = flags_json,
};
