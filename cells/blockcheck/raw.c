/* SPDX-License-Identifier: MIT */

#include "raw.h"

#include <stddef.h>

/* Waits for the completion of the request put last; any other is a stray. */
static enum status raw_answer(uint32_t sequence, enum status *answer)
{
    uint64_t descriptor;
    uint64_t deadline = tsc_after_ms(CHECK_OPEN_MS);
    enum status status = ST_OK;
    while (status == ST_OK) {
        while (ring_get(&check.client.end.get, &descriptor) == ST_OK) {
            if (BLOCK_COMPLETED(descriptor) == sequence && BLOCK_STATUS(descriptor) < ST_COUNT) {
                *answer = (enum status)BLOCK_STATUS(descriptor);
                return ST_OK;
            }
            check_count(BLOCKCHECK_STRAY, 1);
        }
        status = block_sleep(&check.client, deadline);
    }
    return status;
}

enum status raw_exchange_skewed(const struct block_request *request, uint32_t offset, uint32_t live_skew,
                                uint32_t sequence_skew, enum status *answer)
{
    ASSERT(check.client.in_flight == 0);
    struct channel_end *end = &check.client.end;
    uint32_t sequence = end->put.tail;
    void SHARED *at = channel_pool_at(end->channel, offset, sizeof(*request));
    if (at != nullptr) {
        struct block_request copy = *request;
        copy.live = (uint64_t)sequence + 1 + live_skew;
        shared_copy_out(at, &copy, sizeof(copy));
    }
    enum status status = ring_put(&end->put, BLOCK_REQUEST_DESCRIPTOR(offset, sequence + sequence_skew));
    if (status != ST_OK)
        return status;
    channel_doorbell(end);
    status = raw_answer(sequence, answer);
    if (at != nullptr && status == ST_OK) /* answered: no later instance may serve it */
        shared_write64(&((struct block_request SHARED *)at)->live, 0);
    return status;
}

enum status raw_exchange(const struct block_request *request, uint32_t offset, enum status *answer)
{
    return raw_exchange_skewed(request, offset, 0, 0, answer);
}
