/* SPDX-License-Identifier: MIT */

/* The real cells/lib/device*.c against a monitor that is played here. */

#include "harness.h"

#include <cells/lib/device.c>
#include <cells/lib/device_config.c>
#include <string.h>

#define HANDLE 0x30003u

static struct cell_info info;
static uint8_t config[4096];
static uint32_t calls, written_offset, written_value;
static uint64_t clock_ahead, kept;
static bool is_gone;

static const struct manifest manifest_of_test = {
    .caps = { { CAP_DEVICE, 0, 0, 0 },
              { CAP_MMIO, 0, MMIO_BAR(4, MMIO_WRITE_COMBINING), 0 },
              { CAP_MMIO, 0, MMIO_BAR(0, MMIO_UNCACHED), 0 },
              { CAP_DEVICE_IRQ, 0, 1, 0 },
              { CAP_DEVICE_IRQ, 0, 0, 0 } },
};
const struct manifest *const cell_manifest = &manifest_of_test;

const struct cell_info *cell_info(void)
{
    return &info;
}

const struct cell_cap *cell_cap_find(enum capability_type type)
{
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++)
        if (info.caps[i].type == type)
            return &info.caps[i];
    return nullptr;
}

uint64_t tsc_after_ms(uint64_t ms)
{
    return tsc_read() + ms * 1000;
}

uint64_t cell_wait(uint64_t)
{
    return clock_ahead++ == 0 ? BIT64(EVENT_PEER) | BIT64(EVENT_TIMER) : BIT64(EVENT_TIMER);
}

void cell_keep(uint64_t events)
{
    kept |= events;
}

uint32_t mon_pci_read(cap_handle pci, uint32_t, uint32_t offset)
{
    uint32_t value;
    assert_int_equal(pci, HANDLE);
    assert_true(offset % 4 == 0 && offset < sizeof(config));
    assert_true(++calls < 1000);
    memcpy(&value, config + offset, 4);
    return is_gone ? UINT32_MAX : value;
}

enum status mon_pci_write(cap_handle pci, uint32_t, uint32_t offset, uint32_t value)
{
    assert_int_equal(pci, HANDLE);
    written_offset = offset;
    written_value = value;
    return ST_OK;
}

enum status mon_device_enable(cap_handle device, uint32_t)
{
    return device == HANDLE ? ST_OK : ST_HANDLE;
}

enum status mon_device_reset(cap_handle device)
{
    return device == HANDLE ? ST_OK : ST_HANDLE;
}

enum status mon_irq_ack(cap_handle irq)
{
    calls++;
    return irq == HANDLE + 4 ? ST_OK : ST_HANDLE;
}

static void machine_reset(void)
{
    memset(config, 0, sizeof(config));
    info = (struct cell_info){
        .caps = { { .type = CAP_DEVICE, .handle = HANDLE },
                  { .type = CAP_MMIO, .handle = HANDLE + 1, .base = 0x4000 },
                  { .type = CAP_MMIO, .handle = HANDLE + 2, .base = 0x8000 },
                  { .type = CAP_DEVICE_IRQ, .handle = 0 },
                  { .type = CAP_DEVICE_IRQ, .handle = HANDLE + 4, .base = DEVICE_IRQ_MSI } }
    };
    calls = written_offset = written_value = 0;
    clock_ahead = kept = 0;
    is_gone = false;
}

static void capability(uint32_t at, uint8_t id, uint8_t next)
{
    config[PCI_COMMAND + 2] = 0x10;
    config[at] = id;
    config[at + 1] = next;
}

TEST(DEVICE0001)
{
    machine_reset();
    assert_int_equal(device_mmio_cap(4)->base, 0x4000);
    assert_int_equal(device_mmio_cap(0)->base, 0x8000);
    assert_null(device_mmio_cap(1));
    assert_null(device_mmio_cap(256));
    assert_int_equal(device_irq_cap(0)->handle, HANDLE + 4);
    assert_null(device_irq_cap(2));
    assert_int_equal(device_irq_event(device_irq_cap(0)), BIT64(EVENT_IRQ + 4));
    info.caps[0].handle = 0;
    assert_null(device_cap());
    assert_int_equal(device_enable(DEVICE_DECODE), ST_NOT_FOUND);
    assert_int_equal(device_reset(), ST_NOT_FOUND);
    assert_int_equal(device_config_read32(0), UINT32_MAX);
}

TEST(DEVICE0002)
{
    machine_reset();
    for (uint32_t i = 0; i < sizeof(config); i++)
        config[i] = (uint8_t)(i * 3);
    assert_int_equal(device_config_read8(7), 21);
    assert_int_equal(device_config_read16(6), 21 << 8 | 18);
    assert_int_equal(device_config_read16(4094), (uint8_t)(4095 * 3) << 8 | (uint8_t)(4094 * 3));
    assert_int_equal(device_config_read8(4096), UINT8_MAX);
    assert_int_equal(device_config_read16(5), UINT16_MAX);
    assert_int_equal(device_config_read32(2), UINT32_MAX);
    assert_int_equal(device_config_read32(UINT32_MAX & ~3u), UINT32_MAX);
    assert_false(device_is_gone());
    is_gone = true;
    assert_true(device_is_gone());
}

TEST(DEVICE0003)
{
    machine_reset();
    config[PCI_CAPABILITIES] = 0x53; /* the low two bits do not count */
    capability(0x50, 9, 0x60);
    capability(0x60, 5, 0x40);
    capability(0x40, 9, 0xF0);
    capability(0xF0, 9, 0);
    assert_int_equal(device_capability_next(9, 0), 0x50);
    assert_int_equal(device_capability_next(9, 0x50), 0x40);
    assert_int_equal(device_capability_next(9, 0x40), 0xF0);
    assert_int_equal(device_capability_next(9, 0xF0), 0);
    assert_int_equal(device_capability_next(5, 0), 0x60);
    assert_int_equal(device_capability_next(1, 0), 0);
    assert_int_equal(device_capability_next(9, 0x44), 0); /* not in the list */
}

TEST(DEVICE0004)
{
    /* Lists that bite their tail, begin in the header, or are all ones. */
    machine_reset();
    config[PCI_CAPABILITIES] = 0x40;
    capability(0x40, 9, 0x50);
    capability(0x50, 9, 0x40);
    uint32_t at = 0, found = 0;
    while ((at = device_capability_next(9, at)) != 0)
        assert_true(++found <= 2);
    assert_int_equal(found, 2);
    capability(0x40, 9, 0x40);
    assert_int_equal(device_capability_next(9, 0x40), 0);
    config[PCI_CAPABILITIES] = 0x3C;
    assert_int_equal(device_capability_next(9, 0), 0);
    config[PCI_CAPABILITIES] = 0x40;
    config[PCI_COMMAND + 2] = 0;
    assert_int_equal(device_capability_next(9, 0), 0);
    memset(config, 0xFF, sizeof(config));
    assert_int_equal(device_capability_next(9, 0), 0);
    assert_int_equal(device_capability_next(0xFF, 0), 0);
    memset(config + 4, 0, 60);
    capability(0x3C, 0, 0);
    config[PCI_CAPABILITIES] = 0xFC;
    assert_int_equal(device_capability_next(9, 0), 0);
}

TEST(DEVICE0005)
{
    machine_reset();
    assert_int_equal(device_power_set(3), ST_UNSUPPORTED);
    assert_int_equal(device_power(), 0);
    config[PCI_CAPABILITIES] = 0x40;
    capability(0x40, CAPABILITY_POWER, 0);
    config[0x44] = 0x08;
    config[0x45] = 0x80; /* the event, which a 1 would clear */
    assert_int_equal(device_power_set(4), ST_RANGE);
    assert_int_equal(device_power_set(3), ST_OK);
    assert_int_equal(written_offset, 0x44);
    assert_int_equal(written_value, 0x0B);
    assert_int_equal(clock_ahead, 0);
    config[0x44] = 0x0B;
    assert_int_equal(device_power(), 3);
    assert_int_equal(device_power_set(0), ST_OK);
    assert_int_equal(written_value, 0x08);
    assert_true(clock_ahead > 0);
    assert_int_equal(kept, BIT64(EVENT_PEER)); /* what came while it waited is not lost */
}

TEST(DEVICE0006)
{
    machine_reset();
    assert_int_equal(device_irq_enable(nullptr), ST_NOT_FOUND);
    assert_int_equal(device_irq_enable(device_irq_cap(1)), ST_NOT_FOUND);
    assert_int_equal(device_irq_enable(device_irq_cap(0)), ST_OK);
    calls = 0;
    assert_int_equal(device_irq_ack(device_irq_cap(0)), ST_OK);
    assert_int_equal(calls, 0);
    info.caps[4].base = DEVICE_IRQ_INTX;
    assert_int_equal(device_irq_ack(device_irq_cap(0)), ST_OK);
    assert_int_equal(calls, 1);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, DEVICE0001, "capabilities by BAR and by message");
    ADD(&harness, DEVICE0002, "configuration space of every width, and outside it");
    ADD(&harness, DEVICE0003, "the list of capabilities in its order");
    ADD(&harness, DEVICE0004, "lists that do not end, end");
    ADD(&harness, DEVICE0005, "power states; waking up waits and loses no event");
    ADD(&harness, DEVICE0006, "a line is acknowledged, a message need not be");
    return harness_run("device", &harness);
}
