/* SPDX-License-Identifier: MIT */
#include "virtio_device.h"

#include <hw/pci.h>
#include <hw/virtio.h>
#include <string.h>

/* A register that is plain storage: where it lies, and in what. */
struct plain {
    uint32_t at, bytes;
    void *storage;
};

static uint64_t load(const void *from, uint32_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, from, bytes);
    return value;
}

static struct virtio_device_queue *queue_selected(struct virtio_device *device)
{
    static struct virtio_device_queue none;
    none = (struct virtio_device_queue){};
    return device->queue_select < device->queue_count ? &device->queues[device->queue_select] : &none;
}

static struct plain plain_at(struct virtio_device *device, uint32_t offset)
{
    struct virtio_device_queue *queue = queue_selected(device);
    const struct plain registers[] = {
        { VIRTIO_FEATURE_SELECT, 4, &device->feature_select },
        { VIRTIO_DRIVER_SELECT, 4, &device->driver_select },
        { VIRTIO_CONFIG_VECTOR, 2, &device->config_vector },
        { VIRTIO_STATUS, 1, &device->status },
        { VIRTIO_QUEUE_SELECT, 2, &device->queue_select },
        { VIRTIO_QUEUE_SIZE, 2, &queue->size },
        { VIRTIO_QUEUE_VECTOR, 2, &queue->vector },
        { VIRTIO_QUEUE_ENABLE, 2, &queue->enabled },
        { VIRTIO_QUEUE_TABLE, 8, &queue->table },
        { VIRTIO_QUEUE_AVAIL, 8, &queue->avail },
        { VIRTIO_QUEUE_USED, 8, &queue->used },
    };
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        if (offset >= registers[i].at && offset < registers[i].at + registers[i].bytes)
            return (struct plain){ offset, registers[i].at + registers[i].bytes - offset,
                                   (uint8_t *)registers[i].storage + (offset - registers[i].at) };
    return (struct plain){};
}

static void device_forget(struct virtio_device *device)
{
    device->status = device->isr = 0;
    device->driver_features = 0;
    device->config_vector = VIRTIO_NO_VECTOR;
    memset(device->queues, 0, sizeof(device->queues));
    for (uint32_t i = 0; i < VIRTIO_DEVICE_QUEUES; i++) {
        device->queues[i].size = device->queue_size;
        device->queues[i].vector = VIRTIO_NO_VECTOR;
    }
}

static uint64_t common_read(struct virtio_device *device, uint32_t offset, uint32_t width)
{
    struct plain plain = plain_at(device, offset);
    bool is_vector = offset == VIRTIO_CONFIG_VECTOR || offset == VIRTIO_QUEUE_VECTOR;
    if (is_vector && device->has_no_vectors)
        return VIRTIO_NO_VECTOR;
    if (plain.storage != nullptr)
        return load(plain.storage, width < plain.bytes ? width : plain.bytes);
    switch (offset) {
    case VIRTIO_FEATURES:
        return device->feature_select < 2 ? (uint32_t)(device->features >> 32 * device->feature_select) : 0;
    case VIRTIO_QUEUE_COUNT:
        return device->queue_count;
    case VIRTIO_GENERATION:
        device->generation += device->never_settles;
        return device->generation;
    case VIRTIO_QUEUE_NOTIFY:
        return device->queue_select;
    default:
        return 0;
    }
}

static void status_write(struct virtio_device *device, uint8_t status)
{
    if (status == 0 && !device->never_resets)
        device_forget(device);
    if (status == 0)
        return;
    device->status = device->refuses_features ? status & ~VIRTIO_STATUS_FEATURES_OK : status;
}

static void common_write(struct virtio_device *device, uint32_t offset, uint32_t width, uint64_t value)
{
    struct plain plain = plain_at(device, offset);
    if (offset == VIRTIO_STATUS)
        status_write(device, (uint8_t)value);
    else if (offset == VIRTIO_DRIVER_FEATURES && device->driver_select < 2)
        device->driver_features |= (value & UINT32_MAX) << 32 * device->driver_select;
    else if (plain.storage != nullptr)
        memcpy(plain.storage, &value, width < plain.bytes ? width : plain.bytes);
}

static uint64_t device_read(void *context, uint32_t bar, uint32_t offset, uint32_t width)
{
    struct virtio_device *device = context;
    if (bar != VIRTIO_DEVICE_BAR)
        return 0;
    if (offset < VIRTIO_COMMON_BYTES)
        return common_read(device, offset, width);
    if (offset == VIRTIO_DEVICE_ISR) {
        uint8_t isr = device->isr;
        device->isr = 0;
        return isr;
    }
    uint32_t at = offset - VIRTIO_DEVICE_CONFIG;
    bool is_config = offset >= VIRTIO_DEVICE_CONFIG && at + width <= VIRTIO_DEVICE_CONFIG_BYTES;
    return is_config ? load(device->config + at, width) : 0;
}

static void device_write(void *context, uint32_t bar, uint32_t offset, uint32_t width, uint64_t value)
{
    struct virtio_device *device = context;
    if (bar != VIRTIO_DEVICE_BAR)
        return;
    if (offset < VIRTIO_COMMON_BYTES)
        common_write(device, offset, width, value);
    if (offset >= VIRTIO_DEVICE_NOTIFY && (value & UINT16_MAX) < VIRTIO_DEVICE_QUEUES)
        device->notified[value & UINT16_MAX]++;
}

static void device_function_reset(void *context)
{
    struct virtio_device *device = context;
    device->never_resets = false;
    device_forget(device);
}

static void cap_put(struct virtio_device *device, uint32_t type, uint32_t offset, uint32_t bytes)
{
    struct fake_device *function = &device->function;
    uint8_t at = (uint8_t)VIRTIO_DEVICE_CAP(type);
    uint8_t next = type == VIRTIO_CAP_DEVICE ? 0 : (uint8_t)VIRTIO_DEVICE_CAP(type + 1);
    fake_config_capability(function, at, CAPABILITY_VENDOR, next);
    fake_config_put(function, at + VIRTIO_CAP_LENGTH, 1, 20);
    fake_config_put(function, at + VIRTIO_CAP_TYPE, 1, type);
    fake_config_put(function, at + VIRTIO_CAP_BAR, 1, VIRTIO_DEVICE_BAR);
    fake_config_put(function, at + VIRTIO_CAP_OFFSET, 4, offset);
    fake_config_put(function, at + VIRTIO_CAP_BYTES, 4, bytes);
    fake_config_put(function, at + VIRTIO_CAP_MULTIPLIER, 4, 4);
}

void virtio_device_caps(struct virtio_device *device)
{
    fake_config_put(&device->function, PCI_ID, 4, 0x10421AF4);
    fake_config_put(&device->function, PCI_COMMAND, 4, STATUS_HAS_LIST);
    fake_config_put(&device->function, PCI_CAPABILITIES, 1, VIRTIO_DEVICE_CAP(1));
    cap_put(device, VIRTIO_CAP_COMMON, VIRTIO_DEVICE_COMMON, VIRTIO_COMMON_BYTES);
    cap_put(device, VIRTIO_CAP_NOTIFY, VIRTIO_DEVICE_NOTIFY, 4 * VIRTIO_DEVICE_QUEUES);
    cap_put(device, VIRTIO_CAP_ISR, VIRTIO_DEVICE_ISR, 1);
    cap_put(device, VIRTIO_CAP_DEVICE, VIRTIO_DEVICE_CONFIG, VIRTIO_DEVICE_CONFIG_BYTES);
}

void virtio_device_plug(struct virtio_device *device)
{
    device->function.context = device;
    device->function.read = device_read;
    device->function.write = device_write;
    device->function.reset = device_function_reset;
    device->function.bar_bytes[VIRTIO_DEVICE_BAR] = VIRTIO_DEVICE_BAR_BYTES;
    if (device->function.irq == DEVICE_IRQ_NONE) {
        device->function.irq = DEVICE_IRQ_MSIX;
        device->function.messages = 2;
    }
    virtio_device_caps(device);
    fake_device_plug(&device->function);
    device_forget(device);
    memset(device->notified, 0, sizeof(device->notified));
    device->status = VIRTIO_STATUS_ACKNOWLEDGE; /* as firmware may leave it */
}

static uint8_t *ring(uint64_t base, uint64_t offset, uint64_t bytes)
{
    return fake_device_memory(base + offset, bytes);
}

static uint64_t ring_load(uint64_t base, uint64_t offset, uint32_t bytes)
{
    const uint8_t *from = ring(base, offset, bytes);
    return from == nullptr ? 0 : load(from, bytes);
}

/* Follows descriptors from `index` of a table, bounded by the room in the chain. */
static void chain_follow(uint64_t table, uint32_t index, struct virtio_device_chain *chain)
{
    while (chain->count < sizeof(chain->pieces) / sizeof(chain->pieces[0])) {
        uint64_t at = VIRTQ_DESCRIPTOR_BYTES * (uint64_t)index;
        uint64_t address = ring_load(table, at, 8), rest = ring_load(table, at + 8, 8);
        uint32_t bytes = (uint32_t)rest, flags = rest >> 32 & UINT16_MAX;
        if (flags & VIRTQ_INDIRECT) {
            chain_follow(address, 0, chain);
            return;
        }
        chain->pieces[chain->count++] =
            (struct virtio_device_piece){ .host = fake_device_memory(address, bytes),
                                          .bytes = bytes,
                                          .is_writable = (flags & VIRTQ_WRITE) != 0 };
        if (!(flags & VIRTQ_NEXT))
            return;
        index = (uint32_t)(rest >> 48);
    }
}

bool virtio_device_next(struct virtio_device *device, uint32_t index, struct virtio_device_chain *chain)
{
    struct virtio_device_queue *queue = &device->queues[index];
    if (!(device->status & VIRTIO_STATUS_DRIVER_OK) || !queue->enabled || queue->size == 0)
        return false;
    if (queue->avail_seen == (uint16_t)ring_load(queue->avail, VIRTQ_AVAIL_INDEX, 2))
        return false;
    uint64_t slot = VIRTQ_AVAIL_RING(queue->avail_seen % queue->size);
    chain->id = (uint16_t)ring_load(queue->avail, slot, 2);
    chain->count = 0;
    chain_follow(queue->table, chain->id, chain);
    queue->avail_seen++;
    return true;
}

void virtio_device_used_index(struct virtio_device *device, uint32_t index, uint16_t value)
{
    struct virtio_device_queue *queue = &device->queues[index];
    uint8_t *at = ring(queue->used, VIRTQ_USED_INDEX, 2);
    queue->used_index = value;
    if (at != nullptr)
        memcpy(at, &value, 2);
}

void virtio_device_answer(struct virtio_device *device, uint32_t index, uint32_t id, uint32_t bytes)
{
    struct virtio_device_queue *queue = &device->queues[index];
    uint64_t answer = (uint64_t)bytes << 32 | id;
    uint8_t *at = queue->size == 0 ? nullptr
                                   : ring(queue->used, VIRTQ_USED_RING(queue->used_index % queue->size), 8);
    if (at != nullptr)
        memcpy(at, &answer, 8);
    virtio_device_used_index(device, index, queue->used_index + 1);
}

bool virtio_device_may_interrupt(struct virtio_device *device, uint32_t index)
{
    return !(ring_load(device->queues[index].avail, VIRTQ_AVAIL_FLAGS, 2) & VIRTQ_NO_INTERRUPT);
}

static uint32_t chain_copy(const struct virtio_device_chain *chain, bool is_writable, uint8_t *bytes,
                           uint32_t count)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < chain->count && done < count; i++) {
        const struct virtio_device_piece *piece = &chain->pieces[i];
        uint32_t run = piece->bytes < count - done ? piece->bytes : count - done;
        if (piece->is_writable != is_writable || piece->host == nullptr)
            continue;
        memcpy(is_writable ? piece->host : bytes + done, is_writable ? bytes + done : piece->host, run);
        done += run;
    }
    return done;
}

uint32_t virtio_device_gather(const struct virtio_device_chain *chain, void *to, uint32_t bytes)
{
    return chain_copy(chain, false, to, bytes);
}

uint32_t virtio_device_scatter(const struct virtio_device_chain *chain, const void *from, uint32_t bytes)
{
    return chain_copy(chain, true, (uint8_t *)(uintptr_t)from, bytes);
}
