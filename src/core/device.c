/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "cap.h"
#include "irq.h"
#include "log.h"
#include "monitor.h"

#include <abi/channel.h>
#include <hw/pci.h>
#include <rt/bits.h>
#include <rt/text.h>

static struct device devices[DEVICE_MAX];
static struct dma_fault_record faults[32];
static uint64_t fault_count;

/* --- configuration space ---------------------------------------------------------------------- */

uint32_t device_config_read(uint32_t bdf, uint32_t offset)
{
    const volatile uint32_t *place = arch_config(bdf, offset);
    return place != nullptr ? *place : UINT32_MAX;
}

static void config_write(uint32_t bdf, uint32_t offset, uint32_t value)
{
    volatile uint32_t *place = arch_config(bdf, offset);
    if (place != nullptr)
        *place = value;
}

/* The capability `id` after `previous` (0: the first); 0: none.  A list that loops ends. */
static uint32_t config_capability(uint32_t bdf, uint32_t id, uint32_t previous)
{
    bool has_list = (device_config_read(bdf, PCI_COMMAND) & STATUS_HAS_LIST) != 0;
    uint32_t at = previous != 0 ? device_config_read(bdf, previous) >> 8
                                : device_config_read(bdf, PCI_CAPABILITIES);
    for (uint32_t i = 0; i < CAPABILITY_STEPS_MAX && has_list; i++) {
        at &= 0xFC;
        uint32_t head = at != 0 ? device_config_read(bdf, at) : UINT32_MAX;
        if (head == UINT32_MAX)
            return 0;
        if ((head & 0xFF) == id)
            return at;
        at = head >> 8;
    }
    return 0;
}

static struct device *device_find(uint32_t bdf)
{
    for (uint32_t i = 0; i < DEVICE_MAX; i++)
        if (devices[i].is_used && devices[i].is.bdf == bdf)
            return &devices[i];
    return nullptr;
}

static enum status power_write(uint32_t bdf, uint32_t offset, uint32_t value)
{
    uint32_t others = device_config_read(bdf, offset) & ~(POWER_STATE | POWER_EVENT);
    config_write(bdf, offset, others | (value & POWER_STATE));
    return ST_OK;
}

enum status device_config_write(bool is_bus, uint32_t bdf, uint32_t offset, uint32_t value)
{
    const struct device *device = device_find(bdf);
    uint32_t power = config_capability(bdf, CAPABILITY_POWER, 0);
    uint32_t express = config_capability(bdf, CAPABILITY_EXPRESS, 0);
    uint32_t header = device_config_read(bdf, PCI_HEADER) >> 16 & 0x7F;
    bool is_driven = device != nullptr && device->is.owner != 0;
    if (power != 0 && offset == power + POWER_CONTROL && is_bus != is_driven)
        return power_write(bdf, offset, value);
    if (!is_bus || is_driven)
        return ST_DENIED;
    if (header == 1 && offset == PCI_COMMAND)
        value &= COMMAND_BRIDGE;
    else if (header == 0 && device == nullptr && offset >= PCI_BAR && offset < PCI_BAR + 4 * DEVICE_BARS)
        config_write(bdf, PCI_COMMAND, COMMAND_NO_INTX);
    else if (header != 1 || express == 0 || offset != express + EXPRESS_SLOT_CONTROL)
        return ST_DENIED;
    config_write(bdf, offset, value);
    return ST_OK;
}

/* --- what there is ---------------------------------------------------------------------------- */

void device_interrupted(struct device *device)
{
    device->is.interrupts++;
}

/* Whole pages, for that is what can be given away. */
static bool bar_is_free(uint64_t base, uint64_t bytes)
{
    const struct boot_info *boot = monitor_boot();
    const struct boot_memory *map = phys_pointer((phys_addr){ boot->memory });
    uint64_t end = align_up(base + bytes, PAGE_BYTES);
    base = align_down(base, PAGE_BYTES);
    if (end <= base || end > BIT64(46) || arch_device_is_ours(base, end - base))
        return false;
    for (uint32_t i = 0; i < boot->memory_count; i++)
        if (is_range_overlap(base, end - base, map[i].base, map[i].bytes))
            return false;
    for (uint32_t i = 0; i < DEVICE_MAX * DEVICE_BARS; i++) {
        const struct device *device = &devices[i / DEVICE_BARS];
        const struct device_bar *other = &device->is.bars[i % DEVICE_BARS];
        if (device->is_used && other->bytes != 0 && !other->is_io &&
            is_range_overlap(base, end - base, align_down(other->base, PAGE_BYTES),
                             align_up(other->base % PAGE_BYTES + other->bytes, PAGE_BYTES)))
            return false;
    }
    return true;
}

/* The writable bits of a BAR, by writing ones; its content stays. */
static uint32_t bar_mask(uint32_t bdf, uint32_t offset)
{
    uint32_t content = device_config_read(bdf, offset);
    config_write(bdf, offset, UINT32_MAX);
    uint32_t mask = device_config_read(bdf, offset);
    config_write(bdf, offset, content);
    return mask;
}

/* BAR `index`, which may take the next one's place as well; decoding is off. */
static enum status bar_read(struct device *device, uint32_t *index)
{
    uint32_t bdf = device->is.bdf;
    uint32_t offset = PCI_BAR + 4 * *index;
    struct device_bar *bar = &device->is.bars[(*index)++];
    uint32_t low = device_config_read(bdf, offset);
    bar->is_io = low & BAR_IO;
    bool is_wide = !bar->is_io && (low & BAR_64) != 0 && *index < DEVICE_BARS;
    uint64_t flags = bar->is_io ? BAR_IO_FLAGS : BAR_MEMORY_FLAGS;
    uint64_t mask = bar_mask(bdf, offset) & ~flags;
    bar->base = low & ~flags;
    if (is_wide) {
        mask |= (uint64_t)bar_mask(bdf, offset + 4) << 32;
        bar->base |= (uint64_t)device_config_read(bdf, offset + 4) << 32;
        (*index)++;
    } else if (mask != 0) {
        mask |= ~(uint64_t)UINT32_MAX;
    }
    bar->is_prefetchable = !bar->is_io && (low & BAR_PREFETCHABLE) != 0;
    uint64_t bytes = bar->is_io ? (~mask & 0xFFFF) + 1 : ~mask + 1;
    bool is_there = mask != 0 && bar->base != 0;
    if (is_there && !bar->is_io && ((bytes & (bytes - 1)) != 0 || !bar_is_free(bar->base, bytes)))
        return ST_RANGE;
    bar->bytes = is_there ? bytes : 0;
    return ST_OK;
}

/* Where an MSI-X structure lies; 0: not in a BAR. */
static uint64_t msix_place(const struct device *device, uint32_t offset, uint64_t bytes)
{
    uint32_t where = device_config_read(device->is.bdf, device->msix + offset);
    uint32_t index = where & 7;
    const struct device_bar *bar = &device->is.bars[index < DEVICE_BARS ? index : 0];
    bool is_inside = index < DEVICE_BARS && !bar->is_io && is_range_inside(where & ~7u, bytes, bar->bytes);
    return is_inside ? bar->base + (where & ~7u) : 0;
}

static void device_interrupts(struct device *device)
{
    uint32_t bdf = device->is.bdf;
    uint32_t count = 0;
    if (device->msix != 0) {
        count = (device_config_read(bdf, device->msix) >> 16 & 0x7FF) + 1;
        device->message_table = msix_place(device, MSIX_TABLE, UINT64_C(1) * count * MSIX_ENTRY_BYTES);
        device->message_pending = msix_place(device, MSIX_PENDING, 8);
    }
    uint32_t legacy = device_config_read(bdf, PCI_INTERRUPT);
    device->line = legacy & 0xFF;
    bool has_line = (legacy >> 8 & 0xFF) != 0 && device->line < IRQ_LINE_MAX;
    device->is.messages = device->message_table != 0 ? count : device->msi != 0;
    device->is.irq = device->message_table != 0 ? DEVICE_IRQ_MSIX
                     : device->msi != 0         ? DEVICE_IRQ_MSI
                     : has_line                 ? DEVICE_IRQ_INTX
                                                : DEVICE_IRQ_NONE;
}

static enum status device_read(struct device *device)
{
    uint32_t bdf = device->is.bdf;
    uint32_t subsystem = device_config_read(bdf, PCI_SUBSYSTEM);
    device->is.subsystem_vendor = (uint16_t)subsystem;
    device->is.subsystem = (uint16_t)(subsystem >> 16);
    device->power = config_capability(bdf, CAPABILITY_POWER, 0);
    device->msi = config_capability(bdf, CAPABILITY_MSI, 0);
    device->msix = config_capability(bdf, CAPABILITY_MSIX, 0);
    device->express = config_capability(bdf, CAPABILITY_EXPRESS, 0);
    device->is.has_reset = device->express != 0 &&
                           (device_config_read(bdf, device->express + EXPRESS_DEVICE) & EXPRESS_HAS_RESET) !=
                               0;
    config_write(bdf, PCI_COMMAND, COMMAND_NO_INTX);
    enum status status = ST_OK;
    for (uint32_t i = 0; i < DEVICE_BARS && status == ST_OK;)
        status = bar_read(device, &i);
    if (status == ST_OK)
        device_interrupts(device);
    return status;
}

enum status device_add(uint32_t bdf, uint32_t *index)
{
    uint32_t id = device_config_read(bdf, PCI_ID);
    uint32_t class = device_config_read(bdf, PCI_CLASS);
    bool is_bridge = (device_config_read(bdf, PCI_HEADER) >> 16 & 0x7F) != 0 || class >> 24 == CLASS_BRIDGE;
    if (device_find(bdf) != nullptr)
        return ST_EXISTS;
    if (bdf > UINT16_MAX || id == UINT32_MAX || is_bridge)
        return is_bridge && id != UINT32_MAX ? ST_UNSUPPORTED : ST_NOT_FOUND;
    uint32_t free = 0;
    while (free < DEVICE_MAX && devices[free].is_used)
        free++;
    if (free == DEVICE_MAX)
        return ST_QUOTA;
    devices[free] = (struct device){
        .is = { .bdf = bdf,
                .vendor = (uint16_t)id,
                .device = (uint16_t)(id >> 16),
                .class_code = class >> 8,
                .revision = class & 0xFF,
                .behind_iommu = arch_iommu_units() != 0 },
    };
    enum status status = device_read(&devices[free]);
    devices[free].is_used = status == ST_OK;
    *index = free;
    cell_changed();
    return status;
}

enum status device_remove(uint32_t bdf)
{
    struct device *device = device_find(bdf);
    if (device == nullptr)
        return ST_NOT_FOUND;
    device->is.is_gone = true;
    device->is_used = device->is.owner != 0;
    if (device->is_used)
        sched_notify(cell_at(device->is.owner), BIT64(EVENT_DEVICE));
    cell_changed();
    return ST_OK;
}

/* --- who drives it ---------------------------------------------------------------------------- */

/* Off, and what it had sent is through: the read pushes it. */
static void device_quiesce(struct device *device)
{
    uint32_t bdf = device->is.bdf;
    config_write(bdf, PCI_COMMAND, COMMAND_NO_INTX);
    if (device->msi != 0)
        config_write(bdf, device->msi, device_config_read(bdf, device->msi) & ~MSI_ENABLE);
    if (device->msix != 0)
        config_write(bdf, device->msix, device_config_read(bdf, device->msix) & ~MSIX_ENABLE);
    (void)device_config_read(bdf, PCI_COMMAND);
    device->is.enabled = 0;
}

/* Its features, by way of the common configuration structure; decodes meanwhile.  [Virtio 1.1 4.1.4.3] */
static bool virtio_honours_iommu(const struct device *device)
{
    uint32_t bdf = device->is.bdf;
    uint32_t at = config_capability(bdf, CAPABILITY_VENDOR, 0);
    while (at != 0 && device_config_read(bdf, at) >> 24 != VIRTIO_COMMON)
        at = config_capability(bdf, CAPABILITY_VENDOR, at);
    uint32_t index = at != 0 ? device_config_read(bdf, at + 4) & 0xFF : DEVICE_BARS;
    uint32_t offset = device_config_read(bdf, at + 8);
    if (index >= DEVICE_BARS || device->is.bars[index].is_io ||
        !is_range_inside(offset, 8, device->is.bars[index].bytes) || offset % sizeof(uint32_t) != 0)
        return false;
    volatile uint32_t *common = arch_device_window(device->is.bars[index].base + offset);
    config_write(bdf, PCI_COMMAND, COMMAND_MEMORY | COMMAND_NO_INTX);
    common[0] = 1;
    bool honours = (common[1] & VIRTIO_ACCESS_PLATFORM) != 0;
    config_write(bdf, PCI_COMMAND, COMMAND_NO_INTX);
    return honours;
}

enum status device_claim(struct cell *cell, uint32_t bdf)
{
    struct device *device = device_find(bdf);
    if (device == nullptr || device->is.is_gone)
        return ST_NOT_FOUND;
    if (device->is.owner != 0)
        return ST_EXISTS;
    device_quiesce(device);
    device->bypasses = arch_iommu_units() != 0 && device->is.vendor == VIRTIO_VENDOR &&
                       !virtio_honours_iommu(device);
    device->is.behind_iommu = arch_iommu_units() != 0 && !device->bypasses;
    if (device->bypasses)
        log_write(LOG_WARN, 0, "%02x:%02x.%u goes round the IOMMU (virtio without ACCESS_PLATFORM): %s",
                  DEVICE_BUS(bdf), DEVICE_SLOT(bdf), DEVICE_FUNCTION(bdf),
                  monitor_boot()->virtio_bypass != 0 ? "ALLOWED by virtio-bypass=allow" : "refused");
    if (device->bypasses && monitor_boot()->virtio_bypass == 0)
        return ST_DENIED;
    device->is.owner = cell->id;
    device->is.interrupts = device->is.dma_mapped = 0;
    cell->device = device;
    return device->bypasses ? ST_OK : arch_iommu_attach(cell, bdf);
}

void device_release(struct cell *cell)
{
    struct device *device = cell->device;
    if (device == nullptr)
        return;
    device_quiesce(device);
    arch_iommu_detach(cell, device->is.bdf);
    device->is.owner = 0;
    device->is_used = !device->is.is_gone;
    device->is.dma_mapped = 0;
    cell->device = nullptr;
}

enum status device_enable(struct cell *cell, uint32_t what)
{
    struct device *device = cell->device;
    uint32_t bdf = device->is.bdf;
    uint32_t command = ((what & DEVICE_DECODE) != 0 ? COMMAND_MEMORY : 0) |
                       ((what & DEVICE_MASTER) != 0 ? COMMAND_MASTER : 0) |
                       (device->is.irq == DEVICE_IRQ_INTX ? 0 : COMMAND_NO_INTX);
    bool has_dma = false;
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++)
        has_dma |= cell->manifest.caps[i].type == CAP_DMA;
    if (device->is.is_gone)
        return ST_GONE;
    if ((what & DEVICE_MASTER) != 0 && !has_dma) {
        log_write(LOG_ERROR, cell->id, "bus mastering refused: the capability dma is missing");
        return ST_DENIED;
    }
    config_write(bdf, PCI_COMMAND, COMMAND_NO_INTX);
    for (uint32_t i = 0; i < DEVICE_BARS; i++) /* a reset has cleared them */
        if (device->is.bars[i].bytes != 0 && !device->is.bars[i].is_io) {
            config_write(bdf, PCI_BAR + 4 * i, (uint32_t)device->is.bars[i].base);
            if (i + 1 < DEVICE_BARS && (device_config_read(bdf, PCI_BAR + 4 * i) & BAR_64) != 0)
                config_write(bdf, PCI_BAR + 4 * i + 4, (uint32_t)(device->is.bars[i].base >> 32));
        }
    config_write(bdf, PCI_COMMAND, command);
    device->is.enabled = what;
    return ST_OK;
}

enum status device_reset(const struct cell *cell)
{
    struct device *device = cell->device;
    uint32_t control = device->express + EXPRESS_CONTROL;
    device_quiesce(device);
    if (!device->is.has_reset)
        return ST_UNSUPPORTED;
    uint32_t others = device_config_read(device->is.bdf, control) & 0xFFFF; /* status bits: write 0 */
    config_write(device->is.bdf, control, others | EXPRESS_RESET);
    return ST_OK;
}

/* --- what its driver gets --------------------------------------------------------------------- */

static enum status mint_registers(struct cell *cell, uint32_t slot, struct cell_cap *given)
{
    const struct device *device = cell->device;
    const struct manifest_cap *wanted = &cell->manifest.caps[slot];
    const struct device_bar *bar = &device->is.bars[wanted->base & 0xFF];
    uint64_t bytes = u64_min(align_up(bar->bytes, PAGE_BYTES), MMIO_BYTES_MAX);
    uint64_t offset = CELL_DEVICE_OFFSET + slot * MMIO_BYTES_MAX;
    uint32_t rights = PAGE_READ | PAGE_DEVICE | (uint32_t)(wanted->base >> 8) * PAGE_CACHE |
                      ((wanted->rights & RIGHT_WRITE) != 0 ? PAGE_WRITE : 0);
    if (bar->bytes == 0 || bar->is_io || !is_aligned(bar->base, PAGE_BYTES))
        return wanted->size == 0 ? ST_EMPTY : ST_NOT_FOUND;
    if (wanted->size > bytes)
        return ST_RANGE;
    bytes = wanted->size != 0 ? align_up(wanted->size, PAGE_BYTES) : bytes;
    uint64_t table_bytes = UINT64_C(1) * device->is.messages * MSIX_ENTRY_BYTES;
    enum status status = ST_OK;
    for (uint64_t at = 0; at < bytes && status == ST_OK; at += PAGE_BYTES) {
        uint64_t page = bar->base + at;
        bool is_forbidden = device->message_table != 0 &&
                            (is_range_overlap(page, PAGE_BYTES, device->message_table, table_bytes) ||
                             is_range_overlap(page, PAGE_BYTES, device->message_pending, 1));
        if (!is_forbidden)
            status = arch_domain_map(cell->domain, offset + at, (phys_addr){ page }, rights);
    }
    given->base = arch_domain_base(cell->domain->id) + offset;
    given->size = bytes;
    return status;
}

static enum status mint_memory(struct cell *cell, uint32_t slot, struct cell_cap *given)
{
    uint64_t offset = CELL_DEVICE_OFFSET + slot * MMIO_BYTES_MAX;
    uint64_t pages = cell->manifest.caps[slot].size / PAGE_BYTES;
    enum status status = domain_grow_run(cell->domain, offset, pages)
                             ?: arch_iommu_map(cell, cell->domain, offset, pages);
    given->base = arch_domain_base(cell->domain->id) + offset;
    given->size = pages * PAGE_BYTES;
    cell->device->is.dma_mapped += given->size;
    return status;
}

static enum status mint_interrupt(struct cell *cell, uint32_t slot, struct cell_cap *given)
{
    const struct device *device = cell->device;
    uint64_t message = cell->manifest.caps[slot].base;
    bool is_line = device->is.irq == DEVICE_IRQ_INTX;
    if (device->is.irq == DEVICE_IRQ_NONE || message >= (is_line ? 1 : device->is.messages))
        return ST_EMPTY;
    given->base = device->is.irq;
    given->size = 1;
    return irq_bind(cell, slot, is_line ? device->line : IRQ_MESSAGE);
}

enum status device_mint(struct cell *cell, uint32_t slot, struct cell_cap *given)
{
    switch (cell->manifest.caps[slot].type) {
    case CAP_MMIO:
        return mint_registers(cell, slot, given);
    case CAP_DMA:
        return mint_memory(cell, slot, given);
    case CAP_DEVICE_IRQ:
        return mint_interrupt(cell, slot, given);
    default:
        given->base = cell->device->is.bdf;
        given->size = 1;
        return ST_OK;
    }
}

void device_irq_enable(const struct cell *cell, uint32_t slot)
{
    const struct device *device = cell->device;
    uint32_t bdf = device->is.bdf;
    uint64_t address;
    uint32_t data;
    arch_irq_message(bdf, irq_number(cell, slot), &address, &data);
    if (device->is.irq == DEVICE_IRQ_MSIX && (device->is.enabled & DEVICE_DECODE) != 0) {
        uint64_t message = cell->manifest.caps[slot].base;
        volatile uint32_t *entry = arch_device_window(device->message_table + message * MSIX_ENTRY_BYTES);
        entry[0] = (uint32_t)address;
        entry[1] = (uint32_t)(address >> 32);
        entry[2] = data;
        entry[3] = 0; /* not masked */
        config_write(bdf, device->msix, device_config_read(bdf, device->msix) | MSIX_ENABLE);
    } else if (device->is.irq == DEVICE_IRQ_MSI) {
        uint32_t head = device_config_read(bdf, device->msi);
        uint32_t at = device->msi + 4;
        config_write(bdf, at, (uint32_t)address);
        if ((head & MSI_64) != 0)
            config_write(bdf, at += 4, (uint32_t)(address >> 32));
        config_write(bdf, at + 4, data);
        config_write(bdf, device->msi, (head & ~UINT32_C(0x00700000)) | MSI_ENABLE); /* one message */
    }
}

enum status device_share(struct cell *server, struct domain *domain)
{
    if (server->device == nullptr)
        return ST_OK;
    uint64_t pages = domain->pages - CHANNEL_POOL_OFFSET / PAGE_BYTES;
    enum status status = arch_iommu_map(server, domain, CHANNEL_POOL_OFFSET, pages);
    if (status == ST_OK)
        server->device->is.dma_mapped += pages * PAGE_BYTES;
    domain->device_of = status == ST_OK ? server->id : 0;
    return status;
}

void device_unshare(struct cell *server, struct domain *domain)
{
    if (domain->device_of == 0)
        return;
    arch_iommu_unmap(server, domain);
    if (server->device != nullptr)
        server->device->is.dma_mapped -= domain->pages * PAGE_BYTES - CHANNEL_POOL_OFFSET;
    domain->device_of = 0;
}

enum status device_address(const struct cell *cell, uint64_t address, uint64_t *device_address)
{
    const struct domain *domain = domain_at(arch_domain_of(address));
    if (domain == nullptr || cell->device == nullptr)
        return ST_FAULT;
    uint64_t offset = address - arch_domain_base(domain->id);
    uint64_t first = domain == cell->domain ? CELL_DEVICE_OFFSET : CHANNEL_POOL_OFFSET;
    phys_addr frame = arch_domain_frame(domain, align_down(offset, PAGE_BYTES), PAGE_WRITE);
    if (offset < first || frame.value == 0 || (domain != cell->domain && domain->device_of != cell->id))
        return ST_FAULT;
    *device_address = cell->device->is.behind_iommu ? address - arch_iommu_base()
                                                    : frame.value + offset % PAGE_BYTES;
    return ST_OK;
}

/* --- what went wrong, and telling ------------------------------------------------------------- */

void device_dma_fault(uint32_t bdf, uint64_t address, bool is_write, uint32_t reason)
{
    struct device *device = device_find(bdf);
    uint32_t owner = device != nullptr ? device->is.owner : 0;
    config_write(bdf, PCI_COMMAND, device_config_read(bdf, PCI_COMMAND) & (0xFFFF & ~COMMAND_MASTER));
    faults[fault_count % ARRAY_COUNT(faults)] = (struct dma_fault_record){
        .sequence = fault_count,
        .tsc = arch_tsc(),
        .address = address,
        .bdf = bdf,
        .owner = owner,
        .is_write = is_write,
        .reason = reason,
    };
    fault_count++;
    log_write(LOG_ERROR, 0, "IOMMU refused: %02x:%02x.%u %s device address 0x%lx (reason 0x%x)",
              DEVICE_BUS(bdf), DEVICE_SLOT(bdf), DEVICE_FUNCTION(bdf), is_write ? "writes" : "reads", address,
              reason);
    if (device != nullptr) {
        device->is.dma_faults++;
        device->is.enabled &= ~(uint32_t)DEVICE_MASTER;
    }
    if (owner != 0)
        sched_notify(cell_at(owner), BIT64(EVENT_DEVICE));
}

enum status device_fault_record(uint64_t index, struct dma_fault_record *record)
{
    uint64_t first = fault_count > ARRAY_COUNT(faults) ? fault_count - ARRAY_COUNT(faults) : 0;
    if (index >= fault_count - first)
        return ST_NOT_FOUND;
    *record = faults[(first + index) % ARRAY_COUNT(faults)];
    return ST_OK;
}

enum status device_record(uint64_t index, struct device_record *record)
{
    if (index >= DEVICE_MAX)
        return ST_NOT_FOUND;
    const struct device *device = &devices[index];
    if (!device->is_used)
        return ST_EMPTY;
    *record = device->is;
    uint32_t control = device->power != 0 ? device_config_read(device->is.bdf, device->power + POWER_CONTROL)
                                          : 0;
    record->power = control & POWER_STATE;
    return ST_OK;
}

uint32_t device_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < DEVICE_MAX; i++)
        count += devices[i].is_used;
    return count;
}

uint64_t device_faults(void)
{
    return fault_count;
}
