/* SPDX-License-Identifier: MIT */

#include <rt/assert.h>
#include <sdk/dma.h>

static void packet_check(const struct dma_packet *packet)
{
    ASSERT(packet->head <= packet->tail && packet->tail <= packet->buffer.bytes);
}

enum status dma_packet_push_front(struct dma_packet *packet, uint32_t bytes)
{
    packet_check(packet);
    if (bytes > packet->head)
        return ST_FULL;
    packet->head -= bytes;
    return ST_OK;
}

enum status dma_packet_push_back(struct dma_packet *packet, uint32_t bytes)
{
    packet_check(packet);
    if (bytes > packet->buffer.bytes - packet->tail)
        return ST_FULL;
    packet->tail += bytes;
    return ST_OK;
}

enum status dma_packet_pull_front(struct dma_packet *packet, uint32_t bytes)
{
    packet_check(packet);
    if (bytes > packet->tail - packet->head)
        return ST_RANGE;
    packet->head += bytes;
    return ST_OK;
}
