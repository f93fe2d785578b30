/* SPDX-License-Identifier: MIT */

#include <sdk/shared.h>
#include <sdk/stream.h>

#define STREAM_MASK (STREAM_BYTES - 1u)
static_assert((STREAM_BYTES & STREAM_MASK) == 0, "indices run free and are masked");

void stream_sender_attach(struct stream_end *end, struct stream_shared SHARED *shared)
{
    *end = (struct stream_end){ .shared = shared, .index = shared_read32(&shared->tail) };
}

void stream_receiver_attach(struct stream_end *end, struct stream_shared SHARED *shared)
{
    *end = (struct stream_end){ .shared = shared, .index = shared_read32(&shared->head) };
}

/* Acquires head: pairs with the release in stream_receive. */
uint32_t stream_space(struct stream_end *end)
{
    uint32_t used = end->index - shared_read32(&end->shared->head);
    if (used <= STREAM_BYTES)
        return STREAM_BYTES - used;
    end->bad++;
    return 0;
}

/* Acquires tail: pairs with the release in stream_send. */
uint32_t stream_available(struct stream_end *end)
{
    uint32_t available = shared_read32(&end->shared->tail) - end->index;
    if (available <= STREAM_BYTES)
        return available;
    end->bad++;
    return 0;
}

/* Bytes from `index` to the end of the buffer, at most `count`. */
static uint32_t stream_run(uint32_t index, uint32_t count)
{
    uint32_t to_end = STREAM_BYTES - (index & STREAM_MASK);
    return count < to_end ? count : to_end;
}

uint32_t stream_send(struct stream_end *end, const uint8_t *bytes, uint32_t count)
{
    uint32_t space = stream_space(end);
    if (count > space)
        count = space;
    if (count == 0)
        return 0;
    uint32_t run = stream_run(end->index, count);
    shared_copy_out(&end->shared->bytes[end->index & STREAM_MASK], bytes, run);
    if (run < count)
        shared_copy_out(&end->shared->bytes[0], bytes + run, count - run);
    end->index += count;
    shared_write32(&end->shared->tail, end->index); /* releases the bytes: pairs with stream_available */
    return count;
}

uint32_t stream_receive(struct stream_end *end, uint8_t *bytes, uint32_t count)
{
    uint32_t available = stream_available(end);
    if (count > available)
        count = available;
    if (count == 0)
        return 0;
    uint32_t run = stream_run(end->index, count);
    shared_copy_in(bytes, &end->shared->bytes[end->index & STREAM_MASK], run);
    if (run < count)
        shared_copy_in(bytes + run, &end->shared->bytes[0], count - run);
    end->index += count;
    shared_write32(&end->shared->head, end->index); /* releases the space: pairs with stream_space */
    return count;
}
