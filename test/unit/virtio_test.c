/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include "virtio_device.h"

#include <hw/pci.h>
#include <hw/virtio.h>
#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/virtio.h>

static struct virtio_device device;
static struct virtio virtio;
static struct virtio_queue queue;
static struct virtio_device_chain chain;

#define FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_INDIRECT)

static void machine_reset(void)
{
    device = (struct virtio_device){ .features = FEATURES, .queue_count = 2, .queue_size = 8 };
    device.function.has_iommu = true;
    virtio_device_plug(&device);
}

static void queue_ready(uint32_t size, uint32_t indirect)
{
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)), ST_OK);
    assert_int_equal(virtio_queue_prepare(&queue, size, indirect), ST_OK);
    assert_int_equal(virtio_open(&virtio), ST_OK);
    assert_int_equal(virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(virtio_queue_open(&virtio, 0, &queue), ST_OK);
    assert_int_equal(virtio_start(&virtio), ST_OK);
}

/* A chain of `readable` pieces of 16 bytes and `writable` of 32, all of the queue's own memory. */
static enum status chain_add(uint32_t readable, uint32_t writable, uint32_t token)
{
    struct dma_piece pieces[64];
    for (uint32_t i = 0; i < readable + writable; i++)
        pieces[i] = (struct dma_piece){ .device = queue.table.device, .bytes = i < readable ? 16 : 32 };
    struct virtio_request request = { pieces, readable, writable, token };
    return virtio_queue_add(&queue, &request);
}

static enum status answer_take(uint32_t *token)
{
    uint32_t bytes;
    return virtio_queue_take(&queue, token, &bytes);
}

TEST(VIRTIO0001)
{
    machine_reset();
    queue_ready(8, 0);
    assert_int_equal(virtio.features, FEATURES);
    assert_int_equal(device.driver_features, FEATURES);
    assert_int_equal(device.status, 15);
    assert_int_equal(device.function.enabled, DEVICE_DECODE | DEVICE_MASTER);
    assert_int_equal(device.config_vector, VIRTIO_MESSAGE_CONFIG);
    assert_int_equal(device.queues[0].vector, VIRTIO_MESSAGE_QUEUE);
    assert_int_equal(device.queues[0].enabled, 1);
    assert_int_equal(device.queues[0].table, queue.table.device);
    assert_int_equal(queue.size, 8);
}

TEST(VIRTIO0002)
{
    static const uint16_t sizes[][2] = { { 8, 8 }, { 256, 16 }, { 15, 8 },
                                         { 3, 2 }, { 1, 1 },    { UINT16_MAX, 16 } };
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        machine_reset();
        device.queue_size = sizes[i][0];
        virtio_device_plug(&device);
        queue_ready(16, 0);
        assert_int_equal(queue.size, sizes[i][1]);
        assert_int_equal(device.queues[0].size, sizes[i][1]);
    }
    machine_reset();
    device.queue_size = 0;
    virtio_device_plug(&device);
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)), ST_OK);
    assert_int_equal(virtio_queue_prepare(&queue, 16, 0), ST_OK);
    assert_int_equal(virtio_open(&virtio) ?: virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(virtio_queue_open(&virtio, 0, &queue), ST_NOT_FOUND);
    assert_int_equal(virtio_queue_open(&virtio, 2, &queue), ST_NOT_FOUND);
}

/* Chains of all shapes, in and out of order, over many turns of the ring. */
static void chains_run(uint32_t indirect)
{
    uint32_t free_at_rest = queue.free_count, turn = 0;
    for (uint32_t round = 0; round < 3000; round++) {
        uint32_t ids[8], tokens[8], count = 0;
        while (count < 4 && chain_add(1 + round % 2, 1 + turn % 2, turn) == ST_OK)
            tokens[count++] = turn++;
        assert_true(count > 0);
        virtio_queue_kick(&queue);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(virtio_device_next(&device, 0, &chain));
            assert_int_equal(chain.count, 2 + round % 2 + tokens[i] % 2);
            assert_int_equal(chain.pieces[0].is_writable, false);
            assert_int_equal(chain.pieces[chain.count - 1].is_writable, true);
            assert_non_null(chain.pieces[chain.count - 1].host);
            ids[i] = chain.id;
        }
        assert_false(virtio_device_next(&device, 0, &chain));
        for (uint32_t i = 0; i < count; i++) /* backwards in odd rounds */
            virtio_device_answer(&device, 0, ids[round % 2 ? count - 1 - i : i], 32);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t token = 0;
            assert_int_equal(answer_take(&token), ST_OK);
            assert_int_equal(token, tokens[round % 2 ? count - 1 - i : i]);
        }
        uint32_t token = 0;
        assert_int_equal(answer_take(&token), ST_EMPTY);
        assert_int_equal(queue.free_count, free_at_rest);
    }
    assert_true(queue.is_indirect == (indirect != 0));
    assert_int_equal(device.function.dma_faults, 0);
}

TEST(VIRTIO0003)
{
    machine_reset();
    queue_ready(8, 0);
    chains_run(0);
    machine_reset();
    queue_ready(8, 6);
    chains_run(6);
}

TEST(VIRTIO0004)
{
    machine_reset();
    queue_ready(8, 0);
    assert_int_equal(chain_add(0, 0, 1), ST_RANGE);
    assert_int_equal(chain_add(5, 4, 1), ST_RANGE);
    assert_int_equal(chain_add(3, 2, 1), ST_OK);
    assert_int_equal(chain_add(3, 1, 2), ST_FULL);
    assert_int_equal(chain_add(2, 1, 3), ST_OK);
    assert_int_equal(chain_add(1, 0, 4), ST_FULL);
}

TEST(VIRTIO0005)
{
    /* Kicks: once per batch, none while the device says that it is awake. */
    machine_reset();
    queue_ready(8, 0);
    virtio_queue_kick(&queue);
    assert_int_equal(device.notified[0], 0);
    assert_int_equal(chain_add(1, 1, 1) ?: chain_add(1, 1, 2), ST_OK);
    assert_false(virtio_device_next(&device, 0, &chain));
    virtio_queue_kick(&queue);
    virtio_queue_kick(&queue);
    assert_int_equal(device.notified[0], 1);
    uint16_t *flags = fake_device_memory(device.queues[0].used, 2);
    *flags = VIRTQ_NO_NOTIFY;
    assert_int_equal(chain_add(1, 1, 3), ST_OK);
    virtio_queue_kick(&queue);
    assert_int_equal(device.notified[0], 1);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(virtio_device_next(&device, 0, &chain));
}

TEST(VIRTIO0006)
{
    /* No answer that came between the last look and the wish for interrupts is overslept. */
    machine_reset();
    queue_ready(8, 0);
    virtio_queue_quiet(&queue);
    assert_false(virtio_device_may_interrupt(&device, 0));
    assert_int_equal(chain_add(1, 1, 7), ST_OK);
    virtio_queue_kick(&queue);
    assert_true(virtio_queue_listen(&queue));
    assert_true(virtio_device_may_interrupt(&device, 0));
    assert_true(virtio_device_next(&device, 0, &chain));
    virtio_queue_quiet(&queue);
    virtio_device_answer(&device, 0, chain.id, 1);
    assert_false(virtio_queue_listen(&queue));
    uint32_t token = 0;
    assert_int_equal(answer_take(&token), ST_OK);
    assert_int_equal(token, 7);
    assert_true(virtio_queue_listen(&queue));
}

/* One chain of 16 readable and 32 writable bytes is under way; then the device lies. */
struct lie {
    const char *name;
    uint32_t id_change, bytes;
    uint32_t index_step;
};

static const struct lie lies[] = {
    { "VIRTIO0020: an id that is not under way", 1, 0, 1 },
    { "VIRTIO0021: an id beyond the queue", 8, 0, 1 },
    { "VIRTIO0022: an id of 32 bits", 0x10000, 0, 1 },
    { "VIRTIO0023: more bytes than there is room for", 0, 33, 1 },
    { "VIRTIO0024: all ones", UINT32_MAX, UINT32_MAX, 1 },
    { "VIRTIO0025: more answers than questions", 0, 0, 2 },
    { "VIRTIO0026: an index that goes back", 0, 0, UINT16_MAX },
    { "VIRTIO0027: an index half way round", 0, 0, 0x8000 },
};

static void lie_check(void **state)
{
    const struct lie *lie = *state;
    uint32_t token = 0;
    machine_reset();
    queue_ready(8, 0);
    assert_int_equal(chain_add(1, 1, 5), ST_OK);
    virtio_queue_kick(&queue);
    assert_true(virtio_device_next(&device, 0, &chain));
    virtio_device_answer(&device, 0, chain.id + lie->id_change, lie->bytes);
    virtio_device_used_index(&device, 0, (uint16_t)lie->index_step);
    assert_int_equal(answer_take(&token), ST_DEVICE);
    assert_true(queue.is_broken);
    /* From then on nothing it says counts, until the reset. */
    virtio_device_used_index(&device, 0, 0);
    virtio_device_answer(&device, 0, chain.id, 1);
    assert_int_equal(answer_take(&token), ST_DEVICE);
    assert_int_equal(chain_add(1, 1, 6), ST_DEVICE);
    assert_int_equal(virtio_begin(&virtio, 0) ?: virtio_queue_open(&virtio, 0, &queue), ST_OK);
    assert_int_equal(virtio_start(&virtio), ST_OK);
    assert_int_equal(answer_take(&token), ST_EMPTY);
    assert_int_equal(chain_add(1, 1, 6), ST_OK);
}

TEST(VIRTIO0028)
{
    /* The same answer twice: the second is for nothing. */
    uint32_t token = 0;
    machine_reset();
    queue_ready(8, 0);
    assert_int_equal(chain_add(1, 1, 5) ?: chain_add(1, 1, 6), ST_OK);
    virtio_queue_kick(&queue);
    assert_true(virtio_device_next(&device, 0, &chain));
    virtio_device_answer(&device, 0, chain.id, 1);
    virtio_device_answer(&device, 0, chain.id, 1);
    assert_int_equal(answer_take(&token), ST_OK);
    assert_int_equal(token, 5);
    assert_int_equal(answer_take(&token), ST_DEVICE);
}

TEST(VIRTIO0029)
{
    /* The middle of a chain is not its beginning. */
    uint32_t token = 0;
    machine_reset();
    queue_ready(8, 0);
    assert_int_equal(chain_add(2, 2, 5), ST_OK);
    virtio_queue_kick(&queue);
    assert_true(virtio_device_next(&device, 0, &chain));
    virtio_device_answer(&device, 0, chain.id + 1, 1);
    assert_int_equal(answer_take(&token), ST_DEVICE);
}

TEST(VIRTIO0030)
{
    /* A device that scribbles all over its descriptors and the avail ring disturbs only itself. */
    uint32_t token = 0;
    machine_reset();
    queue_ready(8, 4);
    for (uint32_t round = 0; round < 50; round++) {
        assert_int_equal(chain_add(1, 1, round), ST_OK);
        virtio_queue_kick(&queue);
        assert_true(virtio_device_next(&device, 0, &chain));
        memset(fake_device_memory(queue.table.device, queue.table.bytes), 0xFF, queue.table.bytes);
        memset(fake_device_memory(queue.avail.device, queue.avail.bytes), 0xFF, queue.avail.bytes);
        memset(fake_device_memory(queue.indirect.device, queue.indirect.bytes), 0xFF, queue.indirect.bytes);
        virtio_device_answer(&device, 0, chain.id, 32);
        assert_int_equal(answer_take(&token), ST_OK);
        assert_int_equal(token, round);
        device.queues[0].avail_seen = (uint16_t)(round + 1);
    }
}

/* Breaks of a capability; what virtio_open says then. */
#define AT(type, field) (VIRTIO_DEVICE_CAP(type) + (field))
struct cap_break {
    const char *name;
    uint32_t offset, bytes;
    uint64_t value;
    enum status expected;
};

static const struct cap_break cap_breaks[] = {
    { "VIRTIO0040: sound", 0x3E, 1, 0, ST_OK },
    { "VIRTIO0041: no list", PCI_COMMAND, 4, 0, ST_UNSUPPORTED },
    { "VIRTIO0042: a list that bites its tail", AT(2, 1), 1, VIRTIO_DEVICE_CAP(1), ST_UNSUPPORTED },
    { "VIRTIO0043: a list into the header", PCI_CAPABILITIES, 1, 0x10, ST_UNSUPPORTED },
    { "VIRTIO0044: a capability at the end", PCI_CAPABILITIES, 1, 0xFC, ST_UNSUPPORTED },
    { "VIRTIO0045: a BAR there is not", AT(1, VIRTIO_CAP_BAR), 1, 3, ST_UNSUPPORTED },
    { "VIRTIO0046: a BAR there cannot be", AT(1, VIRTIO_CAP_BAR), 1, 6, ST_UNSUPPORTED },
    { "VIRTIO0047: BAR 255", AT(2, VIRTIO_CAP_BAR), 1, 255, ST_UNSUPPORTED },
    { "VIRTIO0048: beyond the BAR", AT(1, VIRTIO_CAP_OFFSET), 4, 0x4000, ST_UNSUPPORTED },
    { "VIRTIO0049: across its end", AT(1, VIRTIO_CAP_OFFSET), 4, 0x3FE0, ST_UNSUPPORTED },
    { "VIRTIO0050: offset and length that wrap", AT(1, VIRTIO_CAP_OFFSET), 8, UINT64_MAX & ~UINT64_C(3),
      ST_UNSUPPORTED },
    { "VIRTIO0051: common registers too short", AT(1, VIRTIO_CAP_BYTES), 4, 0x37, ST_UNSUPPORTED },
    { "VIRTIO0052: common registers misaligned", AT(1, VIRTIO_CAP_OFFSET), 4, 2, ST_UNSUPPORTED },
    { "VIRTIO0053: no room for a bell", AT(2, VIRTIO_CAP_BYTES), 4, 1, ST_UNSUPPORTED },
    { "VIRTIO0054: no ISR", AT(3, VIRTIO_CAP_BYTES), 4, 0, ST_UNSUPPORTED },
    { "VIRTIO0055: a notify capability without its multiplier", AT(2, VIRTIO_CAP_LENGTH), 1, 16,
      ST_UNSUPPORTED },
    { "VIRTIO0056: no device configuration is fine", AT(4, VIRTIO_CAP_TYPE), 1, 77, ST_OK },
    { "VIRTIO0057: an unknown type is skipped", AT(4, VIRTIO_CAP_TYPE), 1, 5, ST_OK },
};

static void cap_check(void **state)
{
    const struct cap_break *row = *state;
    machine_reset();
    fake_config_put(&device.function, row->offset, row->bytes, row->value);
    assert_int_equal(virtio_open(&virtio), row->expected);
}

TEST(VIRTIO0060)
{
    /* Features: what must be, what was not asked for. */
    machine_reset();
    device.features = FEATURES & ~VIRTIO_F_VERSION_1;
    assert_int_equal(virtio_open(&virtio), ST_OK);
    assert_int_equal(virtio_begin(&virtio, 0), ST_UNSUPPORTED);
    assert_true(device.status & VIRTIO_STATUS_FAILED);
    device.features = FEATURES & ~VIRTIO_F_ACCESS_PLATFORM;
    assert_int_equal(virtio_begin(&virtio, 0), ST_UNSUPPORTED);
    assert_non_null(strstr(fake_log_text, "IOMMU"));
    device.features = UINT64_MAX;
    assert_int_equal(virtio_begin(&virtio, BIT64(5)), ST_OK);
    assert_int_equal(virtio.features, FEATURES | BIT64(5));
    device.refuses_features = true;
    assert_int_equal(virtio_begin(&virtio, 0), ST_DEVICE);

    machine_reset();
    device.function.has_iommu = false;
    device.features = VIRTIO_F_VERSION_1;
    virtio_device_plug(&device);
    assert_int_equal(virtio_open(&virtio) ?: virtio_begin(&virtio, 0), ST_OK);
}

TEST(VIRTIO0061)
{
    /* The reset ladder. */
    machine_reset();
    assert_int_equal(virtio_open(&virtio), ST_OK);
    device.never_resets = true;
    assert_int_equal(virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(device.function.resets, 1);
    device.never_resets = true;
    device.function.reset = nullptr;
    assert_int_equal(virtio_begin(&virtio, 0), ST_UNSUPPORTED);
    device.function.is_gone = true;
    assert_int_equal(virtio_begin(&virtio, 0), ST_GONE);
}

static void config_copy(const struct virtio *of, void *context)
{
    *(uint64_t *)context = virtio_config64(of, 8) ^ virtio_config32(of, 61) ^ virtio_config64(of, 60);
}

TEST(VIRTIO0062)
{
    /* Configuration that never settles; fields that are not there. */
    uint64_t value = 0;
    machine_reset();
    device.config[8] = 42;
    assert_int_equal(virtio_open(&virtio), ST_OK);
    assert_int_equal(virtio_config_read(&virtio, config_copy, &value), ST_OK);
    assert_int_equal(value, 42);
    device.never_settles = true;
    assert_int_equal(virtio_config_read(&virtio, config_copy, &value), ST_DEVICE);
}

TEST(VIRTIO0063)
{
    /* Interrupts: two messages, one message, a line. */
    machine_reset();
    assert_int_equal(virtio_open(&virtio), ST_OK);
    assert_int_equal(virtio_interrupts(&virtio, fake_device_irq(0)), VIRTIO_INTERRUPT_QUEUE);
    assert_int_equal(virtio_interrupts(&virtio, fake_device_irq(1)), VIRTIO_INTERRUPT_CONFIG);
    assert_int_equal(virtio_interrupts(&virtio, BIT64(EVENT_SELF)), 0);

    machine_reset();
    device.function.messages = 1;
    virtio_device_plug(&device);
    assert_int_equal(virtio_open(&virtio) ?: virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(device.config_vector, VIRTIO_MESSAGE_QUEUE);
    assert_int_equal(virtio_interrupts(&virtio, fake_device_irq(0)),
                     VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG);

    machine_reset();
    device.function.irq = DEVICE_IRQ_INTX;
    device.function.messages = 1;
    virtio_device_plug(&device);
    assert_int_equal(virtio_open(&virtio) ?: virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(device.config_vector, VIRTIO_NO_VECTOR);
    device.isr = VIRTIO_ISR_CONFIG;
    assert_int_equal(virtio_interrupts(&virtio, fake_device_irq(0)), VIRTIO_INTERRUPT_CONFIG);
    assert_int_equal(device.function.acks[0], 1);
    assert_int_equal(virtio_interrupts(&virtio, fake_device_irq(0)), 0);
    assert_int_equal(device.function.acks[0], 2);

    machine_reset();
    device.has_no_vectors = true;
    assert_int_equal(virtio_open(&virtio), ST_OK);
    assert_int_equal(virtio_begin(&virtio, 0), ST_DEVICE);
}

TEST(VIRTIO0064)
{
    machine_reset();
    device.function.refuses_master = true;
    assert_int_equal(virtio_open(&virtio) ?: virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(virtio_start(&virtio), ST_DENIED);
    assert_false(device.status & VIRTIO_STATUS_DRIVER_OK);
    assert_int_equal(device.function.enabled & DEVICE_MASTER, 0);
}

TEST(VIRTIO0065)
{
    /* A bell outside the notify block. */
    machine_reset();
    fake_config_put(&device.function, AT(VIRTIO_CAP_NOTIFY, VIRTIO_CAP_MULTIPLIER), 4, UINT32_MAX & ~1u);
    assert_int_equal(dma_open(cell_cap_find(CAP_DMA)) ?: virtio_queue_prepare(&queue, 8, 0), ST_OK);
    assert_int_equal(virtio_open(&virtio) ?: virtio_begin(&virtio, 0), ST_OK);
    assert_int_equal(virtio_queue_open(&virtio, 0, &queue), ST_OK); /* 0 times anything */
    assert_int_equal(virtio_queue_open(&virtio, 1, &queue), ST_RANGE);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, VIRTIO0001, "bring-up leaves the device running, with what was agreed");
    ADD(&harness, VIRTIO0002, "the queue is the largest power of two that both can do");
    ADD(&harness, VIRTIO0003, "chains of all shapes in any order, direct and indirect");
    ADD(&harness, VIRTIO0004, "a chain that does not fit is refused and changes nothing");
    ADD(&harness, VIRTIO0005, "one bell per batch, none when the device is awake");
    ADD(&harness, VIRTIO0006, "no wake-up is lost");
    ADD_TABLE(&harness, lies, lie_check);
    ADD(&harness, VIRTIO0028, "an answer given twice");
    ADD(&harness, VIRTIO0029, "an answer for the middle of a chain");
    ADD(&harness, VIRTIO0030, "what the device writes over descriptors reaches nobody");
    ADD_TABLE(&harness, cap_breaks, cap_check);
    ADD(&harness, VIRTIO0060, "features that must be, and those not asked for");
    ADD(&harness, VIRTIO0061, "the reset ladder");
    ADD(&harness, VIRTIO0062, "configuration that changes under the reader");
    ADD(&harness, VIRTIO0063, "messages and lines");
    ADD(&harness, VIRTIO0064, "no bus mastering, no DRIVER_OK");
    ADD(&harness, VIRTIO0065, "a bell outside its block");
    return harness_run("virtio", &harness);
}
