/* SPDX-License-Identifier: MIT */

/* Transfers of any length, one request after the other: at a failure it is clear what is done. */

#include <sdk/block.h>

static enum status transfer_one(struct block_client *client, enum block_operation operation, uint64_t block,
                                uint32_t count, uint8_t *to, const uint8_t *from, uint64_t deadline_tsc)
{
    uint32_t ticket;
    enum status status = block_submit(client, operation, block, count, from, &ticket);
    return status == ST_OK ? block_wait(client, ticket, to, deadline_tsc) : status;
}

enum status block_read(struct block_client *client, uint64_t block, uint32_t count, void *data,
                       uint64_t deadline_tsc, uint32_t *count_done)
{
    enum status status = ST_OK;
    uint32_t done = 0;
    while (done < count && status == ST_OK) {
        uint32_t run = (uint32_t)u64_min(count - done, client->request_blocks_max);
        uint8_t *to = (uint8_t *)data + (uint64_t)done * client->block_bytes;
        status = transfer_one(client, BLOCK_READ, block + done, run, to, nullptr, deadline_tsc);
        if (status == ST_OK)
            done += run;
    }
    *count_done = done;
    return status;
}

enum status block_write(struct block_client *client, uint64_t block, uint32_t count, const void *data,
                        uint64_t deadline_tsc, uint32_t *count_done)
{
    enum status status = ST_OK;
    uint32_t done = 0;
    while (done < count && status == ST_OK) {
        uint32_t run = (uint32_t)u64_min(count - done, client->request_blocks_max);
        const uint8_t *from = (const uint8_t *)data + (uint64_t)done * client->block_bytes;
        status = transfer_one(client, BLOCK_WRITE, block + done, run, nullptr, from, deadline_tsc);
        if (status == ST_OK)
            done += run;
    }
    *count_done = done;
    return status;
}

enum status block_flush(struct block_client *client, uint64_t deadline_tsc)
{
    return transfer_one(client, BLOCK_FLUSH, 0, 0, nullptr, nullptr, deadline_tsc);
}
