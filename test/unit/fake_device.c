/* SPDX-License-Identifier: MIT */
#include "fake_device.h"

#include <cells/lib/dma.c>
#include <cells/lib/dma_address.c>
#include <cells/lib/dma_packet.c>
#include <cells/lib/mmio_block.c>
#include <rt/text.h>
#include <sdk/device.h>
#include <sdk/monitor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANDLE_DEVICE 0x10001u
#define HANDLE_DMA 0x10002u
#define HANDLE_MMIO 0x10010u
#define HANDLE_IRQ 0x10020u
#define CAP_INDEX_IRQ 2u
#define CAP_INDEX_MMIO (CAP_INDEX_IRQ + FAKE_MESSAGES)
static_assert(CAP_INDEX_MMIO + DEVICE_BARS <= MANIFEST_CAP_MAX, "all fit the information page");

/* Registers are addresses that nothing else has, so that a wild access faults. */
#define BAR_SHIFT 40u
#define BAR_BASE(bar) ((uint64_t)((bar) + 1) << BAR_SHIFT)

/* Device addresses: a constant away with an IOMMU, else made up. */
#define IOMMU_BASE UINT64_C(0x100000)
#define ARENA_PHYSICAL UINT64_C(0x10000000)
#define POOL_PHYSICAL(pool) (UINT64_C(0x100000000) * ((pool) + 1))

struct fake_pool {
    uint64_t base, bytes;
};

struct cell_info fake_info;
jmp_buf fake_exit;
bool fake_exit_is_caught;
enum status fake_exit_status;
uint32_t fake_log_count;
char fake_log_text[256];
uint64_t fake_timer_deadline;
uint64_t fake_events;

static struct fake_device *plugged;
static alignas(PAGE_BYTES) uint8_t fake_memory[FAKE_DMA_BYTES];
static struct fake_pool pools[FAKE_POOLS_MAX];
static uint32_t pool_count;
static uint64_t irqs_enabled;

static uint64_t fake_memory_base(void)
{
    return (uint64_t)(uintptr_t)fake_memory;
}

static void fake_caps_set(const struct fake_device *device)
{
    fake_info.caps[0] = (struct cell_cap){ .type = CAP_DEVICE, .rights = RIGHT_ALL, .handle = HANDLE_DEVICE };
    fake_info.caps[1] = (struct cell_cap){ .type = CAP_DMA,
                                           .rights = RIGHT_ALL,
                                           .handle = HANDLE_DMA,
                                           .base = fake_memory_base(),
                                           .size = sizeof(fake_memory) };
    for (uint32_t i = 0; i < FAKE_MESSAGES; i++)
        fake_info.caps[CAP_INDEX_IRQ + i] = (struct cell_cap){
            .type = CAP_DEVICE_IRQ,
            .rights = RIGHT_ALL,
            .handle = i < device->messages ? HANDLE_IRQ + i : 0,
            .base = i < device->messages ? device->irq : DEVICE_IRQ_NONE,
        };
    for (uint32_t i = 0; i < DEVICE_BARS; i++)
        fake_info.caps[CAP_INDEX_MMIO + i] = (struct cell_cap){
            .type = CAP_MMIO,
            .rights = RIGHT_READ | RIGHT_WRITE,
            .handle = device->bar_bytes[i] != 0 ? HANDLE_MMIO + i : 0,
            .base = BAR_BASE(i),
            .size = device->bar_bytes[i],
        };
}

void fake_device_plug(struct fake_device *device)
{
    plugged = device;
    memset(fake_memory, 0xA5, sizeof(fake_memory));
    arena = (struct dma_arena){};
    pool_count = 0;
    irqs_enabled = 0;
    device->enabled = device->resets = 0;
    device->dma_faults = 0;
    memset(device->acks, 0, sizeof(device->acks));
    fake_info = (struct cell_info){ .abi_version = CELL_ABI_VERSION,
                                    .id = 5,
                                    .epoch = 1,
                                    .tsc_hz = FAKE_TICKS_PER_MS * 1000,
                                    .dma_base = device->has_iommu ? IOMMU_BASE : 0,
                                    .name = "driver0",
                                    .device = DEVICE_BDF(0, 3, 0) + 1,
                                    .limits = { .concurrent_requests = 128 } };
    fake_caps_set(device);
    fake_log_count = 0;
    fake_log_text[0] = '\0';
    fake_timer_deadline = UINT64_MAX;
    fake_events = 0;
    fake_exit_is_caught = false;
    fake_exit_status = ST_OK;
}

struct cell_channel *fake_device_channel(void *memory, uint64_t bytes, const char *interface)
{
    ASSERT(pool_count < FAKE_POOLS_MAX && is_aligned((uint64_t)(uintptr_t)memory, PAGE_BYTES));
    struct cell_channel *channel = &fake_info.channels[pool_count];
    *channel = (struct cell_channel){ .peer = "client",
                                      .base = (uint64_t)(uintptr_t)memory,
                                      .bytes = bytes,
                                      .notify = 0x20000,
                                      .state = PEER_UP,
                                      .is_server = true,
                                      .peer_id = 9,
                                      .epoch = 1 };
    text_copy(channel->interface, sizeof(channel->interface), interface);
    pools[pool_count++] = (struct fake_pool){ .base = channel->base, .bytes = bytes };
    return channel;
}

/* --- The device's view ------------------------------------------------------------------- */

/* Without an IOMMU, the page of a pool that has this physical address; 0: none. */
static uint64_t pool_from_physical(uint64_t address)
{
    for (uint32_t i = 0; i < pool_count; i++) {
        uint64_t offset = address - POOL_PHYSICAL(i), pages = pools[i].bytes / PAGE_BYTES;
        if (address >= POOL_PHYSICAL(i) && offset / PAGE_BYTES < pages)
            return pools[i].base + (pages - 1 - offset / PAGE_BYTES) * PAGE_BYTES + offset % PAGE_BYTES;
    }
    return 0;
}

static bool is_reached(uint64_t host, uint64_t bytes)
{
    if (host >= fake_memory_base() && is_range_inside(host - fake_memory_base(), bytes, FAKE_DMA_BYTES))
        return true;
    for (uint32_t i = 0; i < pool_count; i++)
        if (host >= pools[i].base && is_range_inside(host - pools[i].base, bytes, pools[i].bytes))
            return true;
    return false;
}

static uint64_t host_address(uint64_t address, uint64_t bytes)
{
    if (plugged->has_iommu)
        return address + IOMMU_BASE < address ? 0 : address + IOMMU_BASE;
    if (address >= ARENA_PHYSICAL && address - ARENA_PHYSICAL < FAKE_DMA_BYTES)
        return fake_memory_base() + (address - ARENA_PHYSICAL);
    /* The pages of a pool are no neighbours. */
    bool is_in_page = bytes <= PAGE_BYTES - address % PAGE_BYTES;
    return is_in_page ? pool_from_physical(address) : 0;
}

void *fake_device_memory(uint64_t address, uint64_t bytes)
{
    uint64_t host = host_address(address, bytes);
    if (host != 0 && (plugged->enabled & DEVICE_MASTER) && is_reached(host, bytes))
        return (void *)(uintptr_t)host;
    plugged->dma_faults++;
    return nullptr;
}

uint64_t fake_device_irq(uint32_t message)
{
    ASSERT(message < FAKE_MESSAGES);
    return irqs_enabled & BIT64(EVENT_IRQ + CAP_INDEX_IRQ + message);
}

void fake_config_put(struct fake_device *device, uint32_t offset, uint32_t bytes, uint64_t value)
{
    ASSERT(bytes <= sizeof(value) && is_range_inside(offset, bytes, FAKE_CONFIG_BYTES));
    memcpy(device->config + offset, &value, bytes);
}

void fake_config_capability(struct fake_device *device, uint8_t offset, uint8_t id, uint8_t next)
{
    device->config[offset] = id;
    device->config[offset + 1] = next;
}

/* --- Registers --------------------------------------------------------------------------- */

enum status mmio_open(const struct cell_cap *cap, struct mmio *registers)
{
    if (cap == nullptr || cap->type != CAP_MMIO || cap->handle == 0 || cap->size == 0)
        return ST_NOT_FOUND;
    *registers = (struct mmio){ .base = (uint8_t MMIO *)(uintptr_t)cap->base,
                                .bytes = cap->size,
                                .is_writable = true };
    return ST_OK;
}

static uint64_t fake_register(const struct mmio *registers, uint32_t offset, uint32_t width, uint32_t *bar)
{
    ASSERT(is_range_inside(offset, width, registers->bytes) && is_aligned(offset, width));
    uint64_t address = (uint64_t)(uintptr_t)registers->base + offset;
    *bar = (uint32_t)(address >> BAR_SHIFT) - 1;
    uint64_t at = address - BAR_BASE(*bar);
    ASSERT(*bar < DEVICE_BARS && is_range_inside(at, width, plugged->bar_bytes[*bar]));
    return at;
}

static uint64_t fake_read(const struct mmio *registers, uint32_t offset, uint32_t width)
{
    uint32_t bar;
    uint64_t at = fake_register(registers, offset, width, &bar);
    bool is_dead = plugged->is_gone || !(plugged->enabled & DEVICE_DECODE);
    return is_dead ? UINT64_MAX : plugged->read(plugged->context, bar, (uint32_t)at, width);
}

static void fake_write(const struct mmio *registers, uint32_t offset, uint32_t width, uint64_t value)
{
    uint32_t bar;
    uint64_t at = fake_register(registers, offset, width, &bar);
    if (!plugged->is_gone && (plugged->enabled & DEVICE_DECODE))
        plugged->write(plugged->context, bar, (uint32_t)at, width, value);
}

uint8_t mmio_read8(const struct mmio *registers, uint32_t offset)
{
    return (uint8_t)fake_read(registers, offset, sizeof(uint8_t));
}

uint16_t mmio_read16(const struct mmio *registers, uint32_t offset)
{
    return (uint16_t)fake_read(registers, offset, sizeof(uint16_t));
}

uint32_t mmio_read32(const struct mmio *registers, uint32_t offset)
{
    return (uint32_t)fake_read(registers, offset, sizeof(uint32_t));
}

void mmio_write8(const struct mmio *registers, uint32_t offset, uint8_t value)
{
    fake_write(registers, offset, sizeof(value), value);
}

void mmio_write16(const struct mmio *registers, uint32_t offset, uint16_t value)
{
    fake_write(registers, offset, sizeof(value), value);
}

void mmio_write32(const struct mmio *registers, uint32_t offset, uint32_t value)
{
    fake_write(registers, offset, sizeof(value), value);
}

void mmio_write64_whole(const struct mmio *registers, uint32_t offset, uint64_t value)
{
    fake_write(registers, offset, sizeof(value), value);
}

/* --- The function ------------------------------------------------------------------------ */

const struct cell_cap *device_cap(void)
{
    return &fake_info.caps[0];
}

const struct cell_cap *device_mmio_cap(uint32_t bar)
{
    return bar < DEVICE_BARS ? &fake_info.caps[CAP_INDEX_MMIO + bar] : nullptr;
}

const struct cell_cap *device_irq_cap(uint32_t message)
{
    return message < FAKE_MESSAGES ? &fake_info.caps[CAP_INDEX_IRQ + message] : nullptr;
}

uint32_t mon_pci_read(cap_handle pci, uint32_t, uint32_t offset)
{
    uint32_t value = UINT32_MAX;
    if (pci == HANDLE_DEVICE && !plugged->is_gone &&
        is_range_inside(offset, sizeof(value), FAKE_CONFIG_BYTES))
        memcpy(&value, plugged->config + offset, sizeof(value));
    return value;
}

/* Everything that a driver may write at all is the power state. */
enum status mon_pci_write(cap_handle pci, uint32_t, uint32_t offset, uint32_t value)
{
    if (pci != HANDLE_DEVICE || !is_range_inside(offset, sizeof(value), FAKE_CONFIG_BYTES))
        return ST_DENIED;
    memcpy(plugged->config + offset, &value, sizeof(value));
    return ST_OK;
}

enum status device_enable(uint32_t what)
{
    if ((what & DEVICE_MASTER) && plugged->refuses_master)
        return ST_DENIED;
    plugged->enabled = what;
    return ST_OK;
}

enum status device_reset(void)
{
    if (plugged->reset == nullptr)
        return ST_UNSUPPORTED;
    plugged->enabled = 0;
    plugged->resets++;
    plugged->reset(plugged->context);
    return ST_OK;
}

enum status device_irq_enable(const struct cell_cap *irq)
{
    if (irq == nullptr || irq->handle == 0)
        return ST_NOT_FOUND;
    irqs_enabled |= device_irq_event(irq);
    return ST_OK;
}

enum status device_irq_ack(const struct cell_cap *irq)
{
    plugged->acks[irq - &fake_info.caps[CAP_INDEX_IRQ]]++;
    return ST_OK;
}

uint64_t device_irq_event(const struct cell_cap *irq)
{
    return BIT64(EVENT_IRQ + (uint32_t)(irq - fake_info.caps));
}

enum status mon_dma_address(cap_handle dma, uint64_t address, uint64_t *device_address)
{
    if (dma != HANDLE_DMA || !is_reached(address, 1))
        return ST_FAULT;
    if (plugged->has_iommu) {
        *device_address = address - IOMMU_BASE;
        return ST_OK;
    }
    if (address >= fake_memory_base() && address - fake_memory_base() < FAKE_DMA_BYTES) {
        *device_address = ARENA_PHYSICAL + (address - fake_memory_base());
        return ST_OK;
    }
    for (uint32_t i = 0; i < pool_count; i++) {
        uint64_t offset = address - pools[i].base, pages = pools[i].bytes / PAGE_BYTES;
        if (address < pools[i].base || offset >= pools[i].bytes)
            continue;
        *device_address = POOL_PHYSICAL(i) + (pages - 1 - offset / PAGE_BYTES) * PAGE_BYTES +
                          offset % PAGE_BYTES;
        return ST_OK;
    }
    return ST_FAULT;
}

#include <cells/lib/device_config.c>

/* --- The rest of the SDK, weak ----------------------------------------------------------- */

#define WEAK [[gnu::weak]]

WEAK void device_wait_ms(uint64_t)
{
}

WEAK const struct cell_info *cell_info(void)
{
    return &fake_info;
}

WEAK const struct cell_cap *cell_cap_find(enum capability_type type)
{
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++)
        if (fake_info.caps[i].type == type)
            return &fake_info.caps[i];
    return nullptr;
}

WEAK void cell_log(enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)text_vformat(fake_log_text, sizeof(fake_log_text), format, args);
    va_end(args);
    fake_log_count++;
    if (getenv("FAKE_LOG") != nullptr)
        printf("%u: %s\n", (unsigned)level, fake_log_text);
}

WEAK void cell_timer_set(uint64_t deadline_tsc)
{
    fake_timer_deadline = deadline_tsc;
}

WEAK void cell_keep(uint64_t events)
{
    fake_events |= events;
}

WEAK uint64_t cell_wait(uint64_t)
{
    return 0;
}

WEAK uint64_t tsc_from_ns(uint64_t ns)
{
    return ns * FAKE_TICKS_PER_MS / 1000000;
}

WEAK uint64_t tsc_to_ns(uint64_t ticks)
{
    return ticks * 1000000 / FAKE_TICKS_PER_MS;
}

WEAK uint64_t tsc_after_ms(uint64_t ms)
{
    return tsc_read() + ms * FAKE_TICKS_PER_MS;
}

WEAK enum status mon_notify(cap_handle notify)
{
    if (notify == 0)
        fake_events |= BIT64(EVENT_SELF);
    return ST_OK;
}

WEAK enum status mon_state(enum cell_state)
{
    return ST_OK;
}

WEAK enum status mon_channel_close(uint32_t)
{
    return ST_STATE;
}

WEAK [[noreturn]] void mon_exit(enum status status)
{
    fake_exit_status = status;
    if (!fake_exit_is_caught)
        abort();
    fake_exit_is_caught = false;
    longjmp(fake_exit, 1);
}

WEAK [[noreturn]] void cell_start(const struct cell_info *)
{
    abort();
}
