/* SPDX-License-Identifier: MIT */

/* The bus cell against a machine that is a table: what it finds, places, and does with slots. */

#include "../../cells/pci/registers.h"
#include "../../cells/pci/slot.h"
#include "../../cells/pci/topology.h"
#include "../../cells/pci/window.h"

#include "fake_pci.h"
#include "harness.h"

#include <sdk/cell.h>

#define DISK 0x00101B36u /* device << 16 | vendor */
#define DISK_CLASS 0x010802u
#define WIDE (BAR_64 | BAR_PREFETCHABLE)

static void begin(void)
{
    assert_int_equal(cell_operations->init(), ST_OK);
    assert_int_equal(cell_operations->start(), ST_OK);
}

static struct fake_function *disk_at(uint32_t bdf, uint64_t base)
{
    struct fake_function *disk = fake_endpoint(bdf, DISK, DISK_CLASS);
    fake_bar(disk, 0, base, 0x4000, BAR_64);
    return disk;
}

/* Time goes on, look by look. */
static void time_pass(uint64_t ms)
{
    for (uint64_t end = fake_ms + ms; fake_ms < end;) {
        bool is_due = fake_deadline <= end;
        fake_ms = is_due ? fake_deadline : end;
        fake_deadline = is_due ? UINT64_MAX : fake_deadline; /* it fires once */
        if (is_due)
            cell_operations->notified(BIT64(EVENT_TIMER));
    }
}

TEST(BUS0001)
{
    fake_reset();
    fake_endpoint(DEVICE_BDF(0, 0, 0), 0x29C08086, 0x060000);
    disk_at(DEVICE_BDF(0, 3, 0), 0xC0000000)->words[PCI_HEADER / 4] = HEADER_MULTI_FUNCTION;
    disk_at(DEVICE_BDF(0, 3, 5), 0xC0004000);
    disk_at(DEVICE_BDF(0, 4, 0), 0xC0008000);
    disk_at(DEVICE_BDF(0, 4, 1), 0xC000C000); /* the device says it has one function */
    disk_at(DEVICE_BDF(0, 5, 1), 0xC0010000); /* no function 0: no device */
    fake_bridge(DEVICE_BDF(0, 6, 0), 1, 2);
    fake_bridge(DEVICE_BDF(1, 0, 0), 2, 2);
    disk_at(DEVICE_BDF(2, 31, 0), 0xC0020000);
    begin();
    assert_non_null(fake_record(DEVICE_BDF(0, 3, 0)));
    assert_non_null(fake_record(DEVICE_BDF(0, 3, 5)));
    assert_non_null(fake_record(DEVICE_BDF(0, 4, 0)));
    assert_null(fake_record(DEVICE_BDF(0, 4, 1)));
    assert_null(fake_record(DEVICE_BDF(0, 5, 1)));
    assert_non_null(fake_record(DEVICE_BDF(2, 31, 0)));
    assert_null(fake_record(DEVICE_BDF(0, 0, 0)));
    assert_string_equal(fake_line, "4 functions, 2 bridges, 0 hot-plug slots");
    assert_true(fake_deadline == UINT64_MAX); /* nothing to watch */
    assert_int_equal(fake_warnings + fake_errors + fake_refused_writes, 0);
}

TEST(BUS0002)
{
    fake_reset();
    struct fake_function *bridge = fake_bridge(DEVICE_BDF(0, 6, 0), 1, 1);
    bridge->words[PCI_COMMAND / 4] = 0x00100142;
    begin();
    assert_int_equal(bridge->words[PCI_COMMAND / 4], 0x00100147);
}

/* Whatever a bridge says, each bus is looked at once and no bridge leads back. */
TEST(BUS0003)
{
    static const struct {
        uint32_t bus, secondary, subordinate;
    } bad[] = { { 0, 0, 0 }, { 0, 0, 5 }, { 0, 9, 8 }, { 0, 2, 255 },   { 0, 3, 5 },
                { 4, 4, 4 }, { 4, 3, 3 }, { 4, 5, 6 }, { 4, 255, 255 }, { 4, 0, 255 } };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fake_reset();
        fake_bridge(DEVICE_BDF(0, 1, 0), 4, 5);
        fake_bridge(DEVICE_BDF(bad[i].bus, 2, 0), bad[i].secondary, bad[i].subordinate);
        begin();
        assert_int_equal(bridge_count, 1);
        assert_int_equal(fake_warnings, 1);
    }
}

TEST(BUS0004)
{
    /* More bridges than there is room for, and a header of no kind. */
    fake_reset();
    for (uint32_t i = 0; i < BRIDGE_MAX + 6; i++)
        fake_bridge(DEVICE_BDF(i, 0, 0), i + 1, 255);
    fake_endpoint(DEVICE_BDF(0, 9, 0), DISK, DISK_CLASS)->words[PCI_HEADER / 4] = 0x55u << 16;
    begin();
    assert_int_equal(bridge_count, BRIDGE_MAX);
    assert_int_equal(fake_warnings, 2);
}

TEST(BUS0005)
{
    /* A list of capabilities that is a loop, or leads into the header, ends. */
    fake_reset();
    struct fake_function *port = fake_bridge(DEVICE_BDF(0, 1, 0), 1, 1);
    fake_slot(port, 1);
    port->words[FAKE_EXPRESS / 4] = 0x05 | FAKE_EXPRESS << 8;
    begin();
    assert_string_equal(fake_line, "0 functions, 1 bridges, 0 hot-plug slots");
    port->words[FAKE_EXPRESS / 4] = 0x05 | 0x10 << 8;
    begin();
    assert_int_equal(bridge_count, 1);
}

TEST(BUS0010)
{
    struct range window = { 0x100000, 0x100000 };
    struct range taken[] = { { 0x100000, 0x4000 }, { 0x108000, 0x1000 }, { 0, 0 }, { 0x1F0000, 0x90000 } };
    assert_int_equal(window_place(window, taken, 4, 0x1000), 0x104000);
    assert_int_equal(window_place(window, taken, 4, 0x4000), 0x104000);
    assert_int_equal(window_place(window, taken, 4, 0x8000), 0x110000);
    assert_int_equal(window_place(window, taken, 4, 0x80000), 0);
    assert_int_equal(window_place(window, taken, 0, 0x100000), 0x100000);
    assert_int_equal(window_place(window, taken, 0, 0x200000), 0);
    assert_int_equal(window_place((struct range){ 0 }, taken, 0, 16), 0);
    struct range last = range_between(UINT64_MAX - 0xFFFF, UINT64_MAX - 1);
    assert_int_equal(window_place(last, taken, 0, BIT64(63)), 0);
    assert_int_equal(range_between(5, 4).bytes, 0);
    assert_int_equal(range_between(0, UINT64_MAX).bytes, 0);
}

#define WINDOW UINT64_C(0xC0200000)
#define PREFETCH UINT64_C(0xE000000000)

TEST(BUS0011)
{
    fake_reset();
    struct fake_function *bridge = fake_bridge(DEVICE_BDF(0, 1, 0), 1, 1);
    fake_window(bridge, WINDOW, WINDOW + MIB(2), PREFETCH, PREFETCH + MIB(512));
    disk_at(DEVICE_BDF(1, 0, 0), WINDOW); /* by the firmware */
    struct fake_function *late = fake_endpoint(DEVICE_BDF(1, 1, 0), 0x10421AF4, 0x010000);
    fake_bar(late, 1, 0, 0x1000, 0);
    fake_bar(late, 2, 0, 0x8000, 0);
    fake_bar(late, 4, 0, 0x4000, WIDE);
    begin();
    assert_int_equal(fake_bar_base(late, 2), WINDOW + 0x8000);
    assert_int_equal(fake_bar_base(late, 1), WINDOW + 0x4000);
    assert_true(fake_bar_base(late, 4) == PREFETCH);
    assert_int_equal(fake_record(DEVICE_BDF(1, 1, 0))->bars[2].bytes, 0x8000);
    assert_int_equal(fake_warnings + fake_errors + fake_refused_writes, 0);
}

TEST(BUS0012)
{
    /* No room, no bridge that could say where, and BARs that contradict themselves. */
    fake_reset();
    struct fake_function *bridge = fake_bridge(DEVICE_BDF(0, 1, 0), 1, 1);
    fake_window(bridge, WINDOW, WINDOW + MIB(1), PREFETCH, PREFETCH + MIB(1));
    fake_bar(fake_endpoint(DEVICE_BDF(1, 0, 0), DISK, DISK_CLASS), 0, 0, MIB(2), 0);
    disk_at(DEVICE_BDF(0, 2, 0), 0);
    struct fake_function *holes = disk_at(DEVICE_BDF(1, 1, 0), 0);
    holes->writable[PCI_BAR / 4] = 0xF0F0F0F0;
    fake_bar(fake_endpoint(DEVICE_BDF(1, 2, 0), DISK, DISK_CLASS), 5, 0, MIB(1), BAR_64);
    begin();
    assert_int_equal(fake_warnings, 4);
    for (uint32_t i = 0; i < FAKE_RECORDS; i++)
        assert_false(fake_records_used[i]);
}

/* A port with everything, on bus 1; optionally a disk in it from the start. */
static struct fake_function *machine(bool has_disk)
{
    fake_reset();
    struct fake_function *port = fake_bridge(DEVICE_BDF(0, 1, 0), 1, 1);
    fake_window(port, WINDOW, WINDOW + MIB(2), PREFETCH, PREFETCH + MIB(512));
    fake_slot(port, 7);
    if (has_disk) {
        fake_card_in(port, disk_at(DEVICE_BDF(1, 0, 0), WINDOW));
        port->words[(FAKE_EXPRESS + EXPRESS_SLOT_CONTROL) / 4] = SLOT_PRESENT | INDICATOR_ON << 8;
        port->words[(FAKE_EXPRESS + EXPRESS_LINK) / 4] = LINK_ACTIVE;
    }
    begin();
    assert_int_equal(fake_deadline, fake_ms + SLOT_POLL_MS);
    return port;
}

#define CARD DEVICE_BDF(1, 0, 0)

TEST(BUS0020)
{
    struct fake_function *port = machine(false);
    assert_false(fake_is_powered(port));
    time_pass(1000);
    struct fake_function *disk = disk_at(CARD, 0);
    fake_card_in(port, disk);
    fake_press(port); /* as the emulator does with every card */
    time_pass(2 * SLOT_POLL_MS);
    assert_true(fake_is_powered(port));
    assert_int_equal(fake_indicator(port), INDICATOR_BLINK);
    time_pass(2 * SLOT_POLL_MS);
    assert_non_null(fake_record(CARD));
    assert_int_equal(fake_bar_base(disk, 0), WINDOW);
    assert_int_equal(fake_indicator(port), INDICATOR_ON);
    time_pass(60000);
    assert_int_equal(fake_indicator(port), INDICATOR_ON);
    assert_int_equal(fake_warnings + fake_errors, 0);
}

TEST(BUS0021)
{
    struct fake_function *port = machine(true);
    assert_non_null(fake_record(CARD));
    fake_records[0].owner = 9;
    fake_press(port);
    time_pass(SLOT_ABORT_MS);
    assert_int_equal(fake_indicator(port), INDICATOR_BLINK);
    assert_int_equal(fake_release_count, 0);
    time_pass(2 * SLOT_POLL_MS);
    assert_int_equal(fake_release_count, 1);
    assert_int_equal(fake_released[0], CARD);
    assert_true(fake_is_powered(port)); /* as long as somebody drives it */
    time_pass(1000);
    assert_true(fake_is_powered(port));
    fake_records[0].owner = 0;
    time_pass(SLOT_POLL_MS);
    assert_null(fake_record(CARD));
    assert_false(fake_is_powered(port));
    assert_int_equal(fake_indicator(port), INDICATOR_OFF);
    fake_press(port); /* not taken out: it can be had back */
    time_pass(SLOT_ABORT_MS + 5 * SLOT_POLL_MS);
    assert_non_null(fake_record(CARD));
}

TEST(BUS0022)
{
    /* A driver that does not end is not waited for; what is left of it does not get the next card. */
    struct fake_function *port = machine(true);
    fake_records[0].owner = 9;
    fake_press(port);
    time_pass(SLOT_ABORT_MS + SLOT_RELEASE_MS + 3 * SLOT_POLL_MS);
    assert_false(fake_is_powered(port));
    assert_true(fake_record(CARD)->is_gone);
    fake_card_out(port);
    time_pass(1000);
    fake_card_in(port, disk_at(CARD, 0));
    time_pass(60000);
    assert_true(fake_record(CARD)->is_gone);
    fake_records_used[0] = false; /* its driver is killed at last */
    time_pass(5 * SLOT_POLL_MS);
    assert_false(fake_record(CARD)->is_gone);
    assert_int_equal(fake_errors, 0);
}

TEST(BUS0023)
{
    struct fake_function *port = machine(true);
    fake_press(port);
    time_pass(2000);
    assert_int_equal(fake_indicator(port), INDICATOR_BLINK);
    fake_press(port); /* changed their mind */
    time_pass(2 * SLOT_POLL_MS);
    assert_int_equal(fake_indicator(port), INDICATOR_ON);
    time_pass(60000);
    assert_non_null(fake_record(CARD));
    assert_int_equal(fake_release_count, 0);
}

TEST(BUS0024)
{
    /* Pulled without a word: at once. */
    struct fake_function *port = machine(true);
    fake_records[0].owner = 9;
    fake_card_out(port);
    time_pass(SLOT_POLL_MS);
    assert_true(fake_record(CARD)->is_gone);
    assert_false(fake_is_powered(port));
    assert_int_equal(fake_release_count, 0);
}

TEST(BUS0025)
{
    /* Another card between two looks, and a link that fell and rose: never the old driver on it. */
    struct fake_function *port = machine(true);
    fake_records[0].owner = 9;
    fake_card_out(port);
    fake_card_in(port, disk_at(CARD, 0));
    time_pass(SLOT_POLL_MS);
    assert_true(fake_record(CARD)->is_gone);
    fake_records_used[0] = false;
    time_pass(5 * SLOT_POLL_MS);
    assert_false(fake_record(CARD)->is_gone);
    port->words[(FAKE_EXPRESS + EXPRESS_SLOT_CONTROL) / 4] |= SLOT_LINK_CHANGED;
    time_pass(SLOT_POLL_MS);
    assert_null(fake_record(CARD));
    time_pass(5 * SLOT_POLL_MS);
    assert_non_null(fake_record(CARD));
}

TEST(BUS0026)
{
    /* A card that never answers, and a power fault. */
    struct fake_function *port = machine(false);
    struct fake_function *dead = fake_endpoint(CARD, UINT32_MAX, 0);
    fake_card_in(port, dead);
    time_pass(SLOT_READY_MS + 3 * SLOT_POLL_MS);
    assert_false(fake_is_powered(port));
    assert_int_equal(fake_warnings, 1);
    time_pass(60000);
    assert_int_equal(fake_warnings, 1);
    fake_card_out(port);
    time_pass(SLOT_POLL_MS);
    fake_card_in(port, disk_at(CARD, 0));
    time_pass(5 * SLOT_POLL_MS);
    assert_non_null(fake_record(CARD));
    port->words[(FAKE_EXPRESS + EXPRESS_SLOT_CONTROL) / 4] |= SLOT_POWER_FAULT;
    time_pass(2 * SLOT_POLL_MS);
    assert_null(fake_record(CARD));
    assert_false(fake_is_powered(port));
}

TEST(BUS0027)
{
    /* A port that takes its time for commands, or never completes one. */
    struct fake_function *port = machine(false);
    port->words[(FAKE_EXPRESS + EXPRESS_SLOT_CAPABILITIES) / 4] |= SLOT_HAS_LATCH;
    fake_card_in(port, disk_at(CARD, 0));
    time_pass(5 * SLOT_POLL_MS);
    assert_non_null(fake_record(CARD));
    uint32_t *slot = &port->words[(FAKE_EXPRESS + EXPRESS_SLOT_CONTROL) / 4];
    *slot |= SLOT_LATCH_OPEN;
    time_pass(SLOT_POLL_MS);
    assert_null(fake_record(CARD));
    *slot &= ~(SLOT_LATCH_OPEN | SLOT_COMMAND_COMPLETED);
    time_pass(3 * SLOT_POLL_MS);
    assert_null(fake_record(CARD)); /* nothing is said to a port that is busy */
    time_pass(1500);
    assert_non_null(fake_record(CARD));
}

TEST(BUS0028)
{
    /* A slot that says it is empty, with a disk behind it that answers: left alone. */
    struct fake_function *port = machine(true);
    uint32_t *slot = &port->words[(FAKE_EXPRESS + EXPRESS_SLOT_CONTROL) / 4];
    *slot = INDICATOR_ON << 8;
    fake_deadline = UINT64_MAX;
    begin();
    assert_true(fake_deadline == UINT64_MAX);
    assert_int_equal(*slot, INDICATOR_ON << 8);
    assert_false(fake_record(CARD)->is_gone);
}

TEST(BUS0030)
{
    /* A new instance goes on from what it finds, and touches no BAR of what is driven. */
    struct fake_function *port = machine(true);
    fake_records[0].owner = 9;
    struct device_record before = fake_records[0];
    begin();
    assert_memory_equal(&fake_records[0], &before, sizeof(before));
    fake_press(port);
    time_pass(2 * SLOT_POLL_MS);
    begin(); /* in the middle of a removal: it begins again */
    time_pass(SLOT_ABORT_MS + 3 * SLOT_POLL_MS);
    assert_int_equal(fake_release_count, 1);
    fake_card_out(port); /* while nobody looks */
    begin();
    assert_true(fake_record(CARD)->is_gone);
    assert_int_equal(fake_refused_writes, 0);
}

TEST(BUS0031)
{
    /* A switch in a slot: the bridges behind it are forgotten with it. */
    struct fake_function *port = machine(false);
    port->words[PCI_BUSES / 4] = 1 << 8 | 4 << 16;
    begin();
    struct fake_function *up = fake_bridge(CARD, 2, 4);
    struct fake_function *down = fake_bridge(DEVICE_BDF(2, 3, 0), 3, 3);
    struct fake_function *disk = disk_at(DEVICE_BDF(3, 0, 0), WINDOW);
    fake_card_in(port, disk);
    fake_card_in(port, up);
    fake_card_in(port, down);
    time_pass(5 * SLOT_POLL_MS);
    assert_non_null(fake_record(DEVICE_BDF(3, 0, 0)));
    assert_int_equal(bridge_count, 3);
    fake_card_out(port);
    time_pass(SLOT_POLL_MS);
    assert_null(fake_record(DEVICE_BDF(3, 0, 0)));
    assert_int_equal(bridge_count, 1);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, BUS0001, "finds functions, also behind bridges");
    ADD(&harness, BUS0002, "turns bridges on and leaves the rest of their command as it was");
    ADD(&harness, BUS0003, "buses that are not a bridge's own");
    ADD(&harness, BUS0004, "more bridges than there is room for");
    ADD(&harness, BUS0005, "capability lists that do not end");
    ADD(&harness, BUS0010, "room in a window");
    ADD(&harness, BUS0011, "addresses for what the firmware has not seen");
    ADD(&harness, BUS0012, "what cannot be placed is not announced");
    ADD(&harness, BUS0020, "a card comes");
    ADD(&harness, BUS0021, "a card is asked for: driver, then power");
    ADD(&harness, BUS0022, "a driver that does not end");
    ADD(&harness, BUS0023, "the second press takes the first back");
    ADD(&harness, BUS0024, "a card is pulled");
    ADD(&harness, BUS0025, "another card, another driver");
    ADD(&harness, BUS0026, "a card that does not come up");
    ADD(&harness, BUS0027, "a slow port with a latch");
    ADD(&harness, BUS0028, "a slot that tells tales is left alone");
    ADD(&harness, BUS0030, "a new instance");
    ADD(&harness, BUS0031, "a switch in a slot");
    return harness_run("bus", &harness);
}
