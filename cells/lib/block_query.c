/* SPDX-License-Identifier: MIT */

/* What a block server says of its units: read once, kept only if it can be. */

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/gate.h>

/* Of one block; a server that says otherwise is wrong. */
#define BLOCK_BYTES_MIN 512u
#define BLOCK_BYTES_MAX 4096u

/* Bytes of a unit must be a number of 63 bits, so that no sum can wrap. */
#define UNIT_BYTES_MAX (UINT64_MAX / 2)
/* A server may allow more in one request than anybody needs. */
#define TRANSFER_BYTES_MAX (UINT32_C(1) << 30)

enum status block_get(const struct cell_edge *edge, enum block_field field, uint32_t unit, uint64_t *value)
{
    return gate_call(edge, BLOCK_GET, field, unit, 0, value);
}

/* Text of a device ends up on terminals. */
static char text_clean(uint64_t word, uint32_t at)
{
    uint8_t byte = (uint8_t)(word >> (8 * at));
    return byte == 0 || (byte >= ' ' && byte <= '~') ? (char)byte : '?';
}

enum status block_text(const struct cell_edge *edge, enum block_text what, uint32_t unit,
                       char text[BLOCK_TEXT_BYTES + 1])
{
    uint32_t length = 0;
    for (uint32_t n = 0; n < BLOCK_TEXT_BYTES / 8; n++) {
        uint64_t word = 0;
        enum status status = gate_call(edge, BLOCK_TEXT, what, unit, n, &word);
        if (status != ST_OK)
            return status;
        for (uint32_t i = 0; i < 8; i++)
            text[n * 8 + i] = text_clean(word, i);
    }
    text[BLOCK_TEXT_BYTES] = 0;
    length = (uint32_t)strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = 0;
    return ST_OK;
}

static enum status block_learn_unit(const struct cell_edge *edge, uint32_t unit,
                                    struct block_geometry *geometry)
{
    uint64_t bytes = 0, count = 0, read_only = 0, most = 0, features = 0;
    enum status status = block_get(edge, BLOCK_FIELD_BLOCK_BYTES, unit, &bytes)
        ?: block_get(edge, BLOCK_FIELD_BLOCK_COUNT, unit, &count)
        ?: block_get(edge, BLOCK_FIELD_READ_ONLY, unit, &read_only)
        ?: block_get(edge, BLOCK_FIELD_TRANSFER_BLOCKS_MAX, unit, &most)
        ?: block_get(edge, BLOCK_FIELD_FEATURES, unit, &features);
    *geometry = (struct block_geometry){};
    if (status != ST_OK || count == 0)
        return status;
    if (bytes < BLOCK_BYTES_MIN || bytes > BLOCK_BYTES_MAX || (bytes & (bytes - 1)) != 0 || most == 0 ||
        count > UNIT_BYTES_MAX / bytes)
        return ST_DEVICE;
    *geometry = (struct block_geometry){ .block_count = count,
                                         .block_bytes = (uint32_t)bytes,
                                         .transfer_blocks_max = (uint32_t)u64_min(most,
                                                                                  TRANSFER_BYTES_MAX / bytes),
                                         .features = (uint32_t)features,
                                         .is_read_only = read_only != 0 };
    return ST_OK;
}

enum status block_refresh(struct block_client *client)
{
    uint64_t count = 0;
    enum status status = block_get(client->edge, BLOCK_FIELD_UNITS, 0, &count);
    if (status == ST_OK && count > BLOCK_UNITS_MAX)
        status = ST_DEVICE;
    struct block_geometry units[BLOCK_UNITS_MAX];
    for (uint32_t unit = 0; unit < count && status == ST_OK; unit++)
        status = block_learn_unit(client->edge, unit, &units[unit]);
    if (status != ST_OK)
        return status;
    client->unit_count = (uint32_t)count;
    memcpy(client->units, units, count * sizeof(units[0]));
    return ST_OK;
}
