/* SPDX-License-Identifier: MIT */
/* ISA interrupt lines through the I/O APIC, and port I/O.  [ACPI 6.5 5.2.12; 82093AA datasheet] */
#include "x86.h"

#include <core/irq.h>
#include <core/log.h>
#include <hw/apic.h>
#include <rt/bits.h>

#define PIC1_DATA 0x21u
#define PIC2_DATA 0xA1u

struct line {
    volatile uint32_t *ioapic; /* null: the line goes nowhere */
    uint32_t index;            /* of its redirection entry */
    uint32_t low;              /* entry without the mask bit */
};

static struct line lines[IRQ_LINE_MAX];

void arch_port_write(uint16_t port, uint8_t byte)
{
    __asm__ volatile("outb %0, %1" ::"a"(byte), "Nd"(port));
}

uint8_t arch_port_read(uint16_t port)
{
    uint8_t byte;
    __asm__ volatile("inb %1, %0" : "=a"(byte) : "Nd"(port));
    return byte;
}

static uint32_t ioapic_read(volatile uint32_t *ioapic, uint32_t index)
{
    ioapic[IOAPIC_SELECT] = index;
    return ioapic[IOAPIC_WINDOW];
}

static void ioapic_write(volatile uint32_t *ioapic, uint32_t index, uint32_t value)
{
    ioapic[IOAPIC_SELECT] = index;
    ioapic[IOAPIC_WINDOW] = value;
}

static void line_route(const struct boot_acpi *acpi, uint32_t number, volatile uint32_t *ioapic,
                       uint32_t gsi_base)
{
    uint32_t gsi = number;
    uint32_t low = VECTOR_LINE + number;
    for (uint32_t i = 0; i < acpi->override_count && i < BOOT_OVERRIDE_MAX; i++) {
        const struct boot_override *entry = &acpi->override_[i];
        if (entry->source == number) {
            gsi = entry->gsi;
            low |= entry->active_low ? REDIRECTION_ACTIVE_LOW : 0;
            low |= entry->level ? REDIRECTION_LEVEL : 0;
        }
    }
    uint32_t entries = (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xFF) + 1;
    if (gsi < gsi_base || gsi - gsi_base >= entries)
        return;
    uint32_t index = IOAPIC_REDIRECTION + 2 * (gsi - gsi_base);
    uint32_t vector = VECTOR_LINE + number;
    uint32_t target = apic_registers()[APIC_ID] & 0xFF000000u;
    if (arch_iommu_remaps_interrupts()) {
        uint64_t address;
        uint32_t data;
        iommu_message(acpi->iommu[0].ioapic_source, vector, (low & REDIRECTION_LEVEL) != 0, &address, &data);
        target = vector << REDIRECTION_HANDLE_SHIFT | REDIRECTION_REMAPPABLE;
    }
    ioapic_write(ioapic, index, low | REDIRECTION_MASKED);
    ioapic_write(ioapic, index + 1, target);
    lines[number] = (struct line){ .ioapic = ioapic, .index = index, .low = low };
}

void arch_irq_init(const struct boot_info *boot)
{
    arch_port_write(PIC1_DATA, 0xFF);
    arch_port_write(PIC2_DATA, 0xFF);
    for (uint32_t i = 0; i < boot->acpi.ioapic_count && i < BOOT_IOAPIC_MAX; i++) {
        volatile uint32_t *ioapic = paging_device(boot->acpi.ioapic[i].base);
        for (uint32_t number = 0; number < IRQ_LINE_MAX; number++)
            line_route(&boot->acpi, number, ioapic, boot->acpi.ioapic[i].gsi_base);
    }
    if (boot->acpi.ioapic_count == 0)
        log_write(LOG_WARN, 0, "no I/O APIC: device interrupts will not arrive");
}

void arch_irq_enable(uint32_t number)
{
    if (number < IRQ_LINE_MAX && lines[number].ioapic != nullptr)
        ioapic_write(lines[number].ioapic, lines[number].index, lines[number].low);
}

void arch_irq_mask(uint32_t number)
{
    if (number < IRQ_LINE_MAX && lines[number].ioapic != nullptr)
        ioapic_write(lines[number].ioapic, lines[number].index, lines[number].low | REDIRECTION_MASKED);
}

void arch_irq_message(uint32_t bdf, uint32_t number, uint64_t *address, uint32_t *data)
{
    iommu_message(bdf, VECTOR_LINE + number, false, address, data);
}
