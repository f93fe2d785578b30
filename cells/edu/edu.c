/* SPDX-License-Identifier: MIT */

/*
 * QEMU's educational device, which moves bytes wherever it is told to.  So it
 * shows what stops a device: at start it copies within the memory it was given,
 * then tries to write to memory of this very cell that it was not given.
 */

#include "transfer.h"

#include <hw/edu.h>
#include <sdk/device.h>
#include <sdk/dma.h>
#include <sdk/driver.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define EDU_WORDS 16u
#define EDU_BYTES (EDU_WORDS * sizeof(uint64_t))
#define EDU_PATTERN UINT64_C(0x436F6D6220656475)
#define EDU_LOOK_MS 20u   /* between two looks at a transfer */
#define EDU_STEP_MS 1000u /* until a transfer is done, and until the IOMMU's word has come */

/* What has been begun; each step ends when its transfer does. */
enum step { STEP_REST = 0, STEP_IN, STEP_OUT, STEP_OUTSIDE, STEP_FAULT };

struct edu {
    struct mmio registers;
    const struct cell_cap *irq;
    struct dma_buffer source, target; /* the device reads one and writes the other */
    enum step step;
    bool is_fault_wanted; /* as soon as no transfer runs: then the device takes no other */
    uint64_t deadline;
};

static struct edu edu;

/* Memory of ours that is no CAP_DMA memory; a device that could write here would show it. */
static alignas(PAGE_BYTES) volatile uint64_t outside[EDU_WORDS];

static uint64_t pattern_word(uint32_t index)
{
    return EDU_PATTERN * (index + 1);
}

static bool has_arrived(void)
{
    dma_for_cpu();
    for (uint32_t i = 0; i < EDU_WORDS; i++)
        if (dma_read64(&edu.target, i * sizeof(uint64_t)) != pattern_word(i))
            return false;
    return true;
}

static bool is_outside_intact(void)
{
    for (uint32_t i = 0; i < EDU_WORDS; i++)
        if (outside[i] != 0)
            return false;
    return true;
}

static bool has_iommu(void)
{
    return cell_info()->dma_base != 0;
}

static void step_begin(enum step step, uint64_t address, bool is_to_memory)
{
    edu.step = step;
    edu.deadline = tsc_after_ms(EDU_STEP_MS);
    transfer_begin(&edu.registers, address, EDU_BYTES, is_to_memory);
    cell_timer_set(tsc_after_ms(EDU_LOOK_MS));
}

/*
 * Behind an IOMMU: our own memory, by an address that would be right if it were
 * mapped.  Without one a wrong write would hit somebody: only a read.
 */
static void outside_begin(enum step step)
{
    uint64_t address = (uint64_t)(uintptr_t)outside - cell_info()->dma_base;
    step_begin(step, has_iommu() ? address : 0, has_iommu());
}

static void inside_ended(void)
{
    if (!has_arrived()) {
        cell_log(LOG_WARN,
                 "DMA inside the domain: did not arrive at %llx; the device masks addresses "
                 "(its dma_mask), so this shows nothing",
                 (unsigned long long)edu.target.device);
        edu.step = STEP_REST;
        return;
    }
    cell_log(LOG_INFO, "DMA inside the domain: %u bytes arrived at %llx", (uint32_t)EDU_BYTES,
             (unsigned long long)edu.target.device);
    outside_begin(STEP_OUTSIDE);
}

static void outside_ended(bool is_refused)
{
    edu.step = STEP_REST;
    if (!is_outside_intact())
        cell_log(LOG_ERROR, "DMA outside the domain: NOT refused, memory was written");
    else if (is_refused)
        cell_log(LOG_INFO, "DMA outside the domain: refused by the IOMMU");
    else if (has_iommu())
        cell_log(LOG_ERROR, "DMA outside the domain: memory is intact, but nothing was reported");
    else
        cell_log(LOG_WARN, "DMA outside the domain: NOT refused: no IOMMU (a read, nothing was written)");
}

/* The transfer of the present step is over. */
static void step_ended(void)
{
    if (edu.step == STEP_IN)
        step_begin(STEP_OUT, edu.target.device, true);
    else if (edu.step == STEP_OUT)
        inside_ended();
    else if (!has_iommu())
        outside_ended(false);
}

/* It has taken too long: a transfer, or the IOMMU's word about one. */
static void step_expired(void)
{
    if (transfer_is_running(&edu.registers))
        cell_log(LOG_ERROR, "the device does not end a transfer");
    else if (edu.step == STEP_OUTSIDE || edu.step == STEP_FAULT)
        outside_ended(false);
    edu.step = STEP_REST;
}

static void edu_look(void)
{
    if (edu.step != STEP_REST && !transfer_is_running(&edu.registers))
        step_ended();
    if (edu.step != STEP_REST && tsc_read() >= edu.deadline)
        step_expired();
    if (edu.step == STEP_REST && edu.is_fault_wanted) {
        edu.is_fault_wanted = false;
        outside_begin(STEP_FAULT);
    }
    if (edu.step != STEP_REST)
        cell_timer_set(tsc_after_ms(EDU_LOOK_MS));
}

/* The IOMMU has refused something: what was expected, what was broken on purpose, or a masked address. */
static void edu_refused(void)
{
    if (edu.step == STEP_FAULT || edu.step == STEP_REST) {
        cell_log(LOG_ERROR, "the IOMMU refused an access of the device");
        mon_exit(ST_DEVICE);
    }
    if (edu.step == STEP_OUTSIDE)
        outside_ended(true);
    else
        inside_ended();
    enum status status = device_enable(DEVICE_DECODE | DEVICE_MASTER);
    if (status != ST_OK)
        cell_log(LOG_ERROR, "bus mastering stays off: %s", status_name(status));
}

static void edu_interrupt(void)
{
    uint32_t raised = mmio_read32(&edu.registers, EDU_IRQ_STATUS);
    mmio_write32(&edu.registers, EDU_IRQ_ACK, raised);
    if (device_irq_ack(edu.irq) != ST_OK)
        cell_log(LOG_ERROR, "cannot acknowledge the interrupt");
}

static void edu_notified(uint64_t events)
{
    events = driver_events(events);
    if (events == 0)
        return;
    if (events & BIT64(EVENT_DEVICE)) {
        if (device_is_gone())
            mon_exit(ST_DEVICE);
        edu_refused();
    }
    if (events & device_irq_event(edu.irq))
        edu_interrupt();
    edu_look();
}

/* For ever: the limit irq_per_second is what ends it. */
[[noreturn]] static void edu_storm(void)
{
    while (true)
        mmio_write32(&edu.registers, EDU_IRQ_RAISE, 1);
}

static enum status edu_fault(enum fault_kind kind)
{
    if (kind == FAULT_IRQ_STORM)
        edu_storm();
    if (kind != FAULT_DMA || !has_iommu())
        return ST_UNSUPPORTED;
    edu.is_fault_wanted = true; /* begun by edu_look, in the same round of events */
    return ST_OK;
}

static const struct driver_hooks edu_hooks = { .fault = edu_fault };

static enum status edu_init(void)
{
    driver_init(&edu_hooks);
    edu.irq = device_irq_cap(0);
    return mmio_open(device_mmio_cap(EDU_BAR), &edu.registers) ?: dma_open(cell_cap_find(CAP_DMA))
        ?: dma_take(EDU_BYTES, PAGE_BYTES, DMA_TO_DEVICE, &edu.source)
        ?: dma_take(EDU_BYTES, PAGE_BYTES, DMA_FROM_DEVICE, &edu.target);
}

static enum status edu_probe(void)
{
    enum status status = device_enable(DEVICE_DECODE) ?: transfer_probe(&edu.registers);
    return status ?: device_irq_enable(edu.irq) ?: device_enable(DEVICE_DECODE | DEVICE_MASTER);
}

static enum status edu_start(void)
{
    uint64_t end = edu.target.device + EDU_BYTES;
    if (!has_iommu() && end > BIT64(EDU_ADDRESS_BITS)) {
        cell_log(LOG_WARN,
                 "DMA not shown: no IOMMU, and %llx is beyond the %u bits that the device "
                 "is sure to reach",
                 (unsigned long long)end, EDU_ADDRESS_BITS);
        return ST_OK;
    }
    for (uint32_t i = 0; i < EDU_WORDS; i++)
        dma_write64(&edu.source, i * sizeof(uint64_t), pattern_word(i));
    step_begin(STEP_IN, edu.source.device, false);
    return ST_OK;
}

GATE_ENTRY static uint64_t edu_driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    return driver_call(operation, a, b, c);
}

static const struct cell_ops edu_ops = {
    .init = edu_init,
    .probe = edu_probe,
    .start = edu_start,
    .notified = edu_notified,
};

CELL(edu_ops,
     ((struct manifest){
         .name = "edu",
         .vendor = "Comb",
         .description = "QEMU's educational device: shows what the IOMMU stops",
         .version_major = 1,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 128, .irq_per_second = 1000, .priority = 10 },
         .provides = { { DRIVER_INTERFACE, INTERFACE_GATE, 0 } },
         .caps = { { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 },
                   { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(EDU_BAR, MMIO_UNCACHED), EDU_BAR_BYTES },
                   { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, UINT64_C(2) * PAGE_BYTES },
                   { CAP_DEVICE_IRQ, RIGHT_READ | RIGHT_WRITE, 0, 0 } },
         .match = { { EDU_VENDOR, EDU_DEVICE, 0, 0 } },
     }),
     edu_driver_call);
