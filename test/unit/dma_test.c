/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include "fake_device.h"

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/channel.h>
#include <sdk/device.h>
#include <sdk/dma.h>

#define POOL_PAGES 8u
#define CHANNEL_BYTES (CHANNEL_POOL_OFFSET + POOL_PAGES * PAGE_BYTES)

static struct fake_device device;
static alignas(PAGE_BYTES) uint8_t memory[CHANNEL_BYTES], foreign[CHANNEL_BYTES];
static struct cell_channel *channel;

static uint64_t nothing_read(void *, uint32_t, uint32_t, uint32_t)
{
    return 0;
}

static void machine_reset(bool has_iommu)
{
    device = (struct fake_device){ .read = nothing_read, .has_iommu = has_iommu };
    fake_device_plug(&device);
    channel = fake_device_channel(memory, sizeof(memory), "block");
    assert_int_equal(device_enable(DEVICE_MASTER), ST_OK);
}

TEST(DMA0001)
{
    struct dma_buffer first, second;
    machine_reset(true);
    assert_int_equal(dma_take(64, 64, DMA_BOTH, &first), ST_NOT_FOUND);
    assert_int_equal(dma_open(nullptr), ST_NOT_FOUND);
    assert_int_equal(dma_open(cell_cap_find(CAP_DEVICE)), ST_NOT_FOUND);
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)), ST_OK);
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)), ST_EXISTS);
    assert_int_equal(dma_take(3, 1, DMA_BOTH, &first), ST_OK);
    assert_int_equal(dma_take(64, 4096, DMA_BOTH, &second), ST_OK);
    assert_int_equal(second.device % 4096, 0);
    assert_true(second.device >= first.device + 3);
    for (uint64_t i = 0; i < 64; i += 8)
        assert_int_equal(dma_read64(&second, i), 0);
    assert_int_equal(dma_take(0, 1, DMA_BOTH, &first), ST_NO_MEMORY);
    assert_int_equal(dma_take(UINT64_MAX, 1, DMA_BOTH, &first), ST_NO_MEMORY);
    assert_int_equal(dma_take(FAKE_DMA_BYTES, 1, DMA_BOTH, &first), ST_NO_MEMORY);
    assert_int_equal(dma_take(FAKE_DMA_BYTES - 4096 - 64, 64, DMA_BOTH, &first), ST_OK);
    assert_int_equal(dma_take(1, 1, DMA_BOTH, &first), ST_NO_MEMORY);
}

TEST(DMA0002)
{
    /* What one side writes, the other finds, by the address it was told. */
    for (int has_iommu = 0; has_iommu < 2; has_iommu++) {
        struct dma_buffer buffer, slice;
        machine_reset(has_iommu);
        assert_int_equal(dma_open(cell_cap_find(CAP_DMA)), ST_OK);
        assert_int_equal(dma_take(3 * PAGE_BYTES, 8, DMA_BOTH, &buffer), ST_OK);
        dma_write16(&buffer, 2, 0x1122);
        dma_write32(&buffer, 4, 0x33445566);
        dma_write64(&buffer, 8, UINT64_C(0x778899AABBCCDDEE));
        uint8_t *bytes = fake_device_memory(buffer.device, buffer.bytes);
        assert_non_null(bytes);
        assert_int_equal(bytes[2], 0x22);
        assert_int_equal(bytes[15], 0x77);
        bytes[PAGE_BYTES] = 9;
        assert_int_equal(dma_slice(&buffer, PAGE_BYTES, 4, &slice), ST_OK);
        assert_int_equal(slice.device, buffer.device + PAGE_BYTES);
        assert_int_equal(dma_read32(&slice, 0), 9);
        assert_int_equal(dma_slice(&buffer, 3 * PAGE_BYTES, 1, &slice), ST_RANGE);
        assert_int_equal(dma_slice(&buffer, UINT64_MAX, 2, &slice), ST_RANGE);
        dma_fill(&buffer, 1, 7, 3);
        uint8_t copy[5];
        dma_copy_in(copy, &buffer, 0, 5);
        assert_memory_equal(copy, "\0\7\7\7\x66", 5);
        dma_copy_out(&buffer, PAGE_BYTES - 2, "abcd", 4);
        assert_memory_equal(bytes + PAGE_BYTES - 2, "abcd", 4);
    }
}

TEST(DMA0003)
{
    struct dma_buffer in, out;
    uint8_t copy[16];
    machine_reset(true);
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)), ST_OK);
    assert_int_equal(dma_take(16, 8, DMA_FROM_DEVICE, &in) ?: dma_take(16, 8, DMA_TO_DEVICE, &out), ST_OK);
    expect_assert_failure(dma_write16(&in, 0, 1));
    expect_assert_failure(dma_copy_out(&in, 0, copy, 1));
    expect_assert_failure(dma_read32(&out, 0));
    expect_assert_failure(dma_copy_in(copy, &out, 0, 1));
    expect_assert_failure(dma_read64(&in, 9));
    expect_assert_failure(dma_read64(&in, 4));
    expect_assert_failure(dma_read32(&in, UINT64_MAX - 3));
    expect_assert_failure(dma_write32(&out, 16, 0));
    expect_assert_failure(dma_fill(&out, 8, 0, 9));
    expect_assert_failure((void)dma_take(8, 3, DMA_BOTH, &in));
    expect_assert_failure((void)dma_take(8, 0, DMA_BOTH, &in));
}

TEST(DMA0004)
{
    /* Behind an IOMMU a run is a run. */
    struct dma_piece pieces[2];
    uint32_t count = 9;
    machine_reset(true);
    assert_int_equal(dma_pool_pieces(channel, 100, 3 * PAGE_BYTES, pieces, 1, &count), ST_OK);
    assert_int_equal(count, 1);
    assert_int_equal(pieces[0].bytes, 3 * PAGE_BYTES);
    assert_ptr_equal(fake_device_memory(pieces[0].device, pieces[0].bytes),
                     memory + CHANNEL_POOL_OFFSET + 100);
    assert_int_equal(dma_pool_pieces(channel, 0, 0, pieces, 1, &count), ST_OK);
    assert_int_equal(count, 0);
    assert_int_equal(dma_pool_pieces(channel, 0, 1, pieces, 0, &count), ST_FULL);
    assert_int_equal(dma_pool_pieces(channel, POOL_PAGES * PAGE_BYTES, 1, pieces, 2, &count), ST_RANGE);
    assert_int_equal(dma_pool_pieces(channel, 4096, UINT32_MAX, pieces, 2, &count), ST_RANGE);
    channel->state = PEER_REVOKED;
    assert_int_equal(dma_pool_pieces(channel, 0, 1, pieces, 2, &count), ST_RANGE);
}

TEST(DMA0005)
{
    /* Without one, page by page, and the pieces together are the bytes in order. */
    struct dma_piece pieces[POOL_PAGES];
    uint32_t count = 0;
    machine_reset(false);
    for (size_t i = 0; i < sizeof(memory); i++)
        memory[i] = (uint8_t)(i * 7 + (i >> 8));
    for (uint32_t offset = 0; offset < 2 * PAGE_BYTES; offset += 997)
        for (uint32_t bytes = 1; bytes < 4 * PAGE_BYTES; bytes += 1531) {
            assert_int_equal(dma_pool_pieces(channel, offset, bytes, pieces, POOL_PAGES, &count), ST_OK);
            uint32_t pages = (offset + bytes - 1) / PAGE_BYTES - offset / PAGE_BYTES + 1, done = 0;
            assert_int_equal(count, pages);
            for (uint32_t i = 0; i < count; i++) {
                const void *piece = fake_device_memory(pieces[i].device, pieces[i].bytes);
                assert_non_null(piece);
                assert_memory_equal(piece, memory + CHANNEL_POOL_OFFSET + offset + done, pieces[i].bytes);
                done += pieces[i].bytes;
            }
            assert_int_equal(done, bytes);
            assert_int_equal(dma_pool_pieces(channel, offset, bytes, pieces, pages - 1, &count), ST_FULL);
        }
    fake_info.channels[1] = *channel;
    fake_info.channels[1].base = (uint64_t)(uintptr_t)foreign; /* nobody has mapped this for the device */
    assert_int_equal(dma_pool_pieces(&fake_info.channels[1], 0, 1, pieces, 1, &count), ST_FAULT);
}

TEST(DMA0006)
{
    struct dma_packet packet = { .head = 16, .tail = 20 };
    machine_reset(true);
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)) ?: dma_take(32, 8, DMA_BOTH, &packet.buffer), ST_OK);
    assert_int_equal(dma_packet_push_front(&packet, 17), ST_FULL);
    assert_int_equal(dma_packet_push_front(&packet, 16), ST_OK);
    assert_int_equal(dma_packet_push_back(&packet, 13), ST_FULL);
    assert_int_equal(dma_packet_push_back(&packet, 12), ST_OK);
    assert_int_equal(dma_packet_pull_front(&packet, 33), ST_RANGE);
    assert_int_equal(dma_packet_pull_front(&packet, 32), ST_OK);
    assert_int_equal(packet.head, packet.tail);
    packet.head = 33;
    expect_assert_failure((void)dma_packet_push_back(&packet, 0));
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, DMA0001, "memory is handed out once, aligned and zeroed, until it is used up");
    ADD(&harness, DMA0002, "both sides see the same bytes, with and without an IOMMU");
    ADD(&harness, DMA0003, "outside, misaligned or against the direction is a bug and traps");
    ADD(&harness, DMA0004, "a pool behind an IOMMU is one piece");
    ADD(&harness, DMA0005, "a pool without one is pieces in order");
    ADD(&harness, DMA0006, "a packet grows and shrinks inside its buffer");
    return harness_run("dma", &harness);
}
