/* SPDX-License-Identifier: MIT */

/* The real accessors, on memory that stands for registers. */

#include "harness.h"

#include <cells/lib/mmio.c>
#include <cells/lib/mmio_block.c>

static struct {
    uint8_t before[64];
    alignas(8) uint8_t bytes[64];
    uint8_t after[64];
} bank;
static struct mmio registers;

static struct cell_cap cap_of(uint64_t bytes, uint32_t rights)
{
    return (struct cell_cap){ .type = CAP_MMIO,
                              .rights = rights,
                              .handle = 0x10001,
                              .base = (uint64_t)(uintptr_t)bank.bytes,
                              .size = bytes };
}

static void bank_open(uint32_t rights)
{
    memset(&bank, 0x5A, sizeof(bank));
    struct cell_cap cap = cap_of(sizeof(bank.bytes), rights);
    assert_int_equal(mmio_open(&cap, &registers), ST_OK);
}

static void guards_check(void)
{
    for (size_t i = 0; i < sizeof(bank.before); i++) {
        assert_int_equal(bank.before[i], 0x5A);
        assert_int_equal(bank.after[i], 0x5A);
    }
}

TEST(MMIO0001)
{
    struct cell_cap cap = cap_of(64, RIGHT_READ);
    assert_int_equal(mmio_open(nullptr, &registers), ST_NOT_FOUND);
    cap.handle = 0;
    assert_int_equal(mmio_open(&cap, &registers), ST_NOT_FOUND);
    cap = cap_of(0, RIGHT_READ);
    assert_int_equal(mmio_open(&cap, &registers), ST_NOT_FOUND);
    cap = cap_of(64, RIGHT_READ);
    cap.type = CAP_DMA;
    assert_int_equal(mmio_open(&cap, &registers), ST_NOT_FOUND);
}

TEST(MMIO0002)
{
    bank_open(RIGHT_READ | RIGHT_WRITE);
    mmio_write8(&registers, 63, 0x11);
    mmio_write16(&registers, 60, 0x2222);
    mmio_write32(&registers, 56, 0x33333333);
    mmio_write64(&registers, 48, UINT64_C(0x4444444455555555));
    mmio_write64_whole(&registers, 40, UINT64_C(0x6666666677777777));
    assert_int_equal(bank.bytes[62], 0x5A);
    assert_int_equal(mmio_read8(&registers, 63), 0x11);
    assert_int_equal(mmio_read16(&registers, 60), 0x2222);
    assert_int_equal(mmio_read32(&registers, 56), 0x33333333);
    assert_int_equal(mmio_read64(&registers, 48), UINT64_C(0x4444444455555555));
    assert_int_equal(mmio_read64(&registers, 40), UINT64_C(0x6666666677777777));
    mmio_modify32(&registers, 56, 0x0F0F0000, 0x11);
    assert_int_equal(mmio_read32(&registers, 56), 0x30303333);
    guards_check();
}

TEST(MMIO0003)
{
    bank_open(RIGHT_READ | RIGHT_WRITE);
    expect_assert_failure(mmio_read8(&registers, 64));
    expect_assert_failure(mmio_read16(&registers, 63));
    expect_assert_failure(mmio_read32(&registers, 62));
    expect_assert_failure(mmio_read32(&registers, UINT32_MAX & ~3u));
    expect_assert_failure(mmio_read16(&registers, 1));
    expect_assert_failure(mmio_read32(&registers, 2));
    expect_assert_failure(mmio_write64_whole(&registers, 4, 0));
    expect_assert_failure(mmio_write64(&registers, 60, 0));
    bank_open(RIGHT_READ);
    expect_assert_failure(mmio_write8(&registers, 0, 0));
    guards_check();
}

TEST(MMIO0004)
{
    static const uint64_t bad[][2] = { { 65, 1 },
                                       { 0, 65 },
                                       { 64, 1 },
                                       { 8, 0 },
                                       { UINT64_MAX, 2 },
                                       { 1, UINT64_MAX },
                                       { UINT64_C(1) << 32, 4 } };
    struct mmio part;
    bank_open(RIGHT_READ);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(mmio_part(&registers, bad[i][0], bad[i][1], &part), ST_RANGE);
    assert_int_equal(mmio_part(&registers, 56, 8, &part), ST_OK);
    assert_int_equal(mmio_read32(&part, 4), 0x5A5A5A5A);
    expect_assert_failure(mmio_read32(&part, 8));
    expect_assert_failure(mmio_write32(&part, 0, 0));
}

TEST(MMIO0005)
{
    bank_open(RIGHT_READ | RIGHT_WRITE);
    mmio_write32(&registers, 0, 0x10);
    assert_int_equal(mmio_poll32(&registers, 0, 0x10, 0x10, 0), ST_OK);
    assert_int_equal(mmio_poll32(&registers, 0, 0x11, 0x11, tsc_read() + 1000), ST_TIMEOUT);
    mmio_write32(&registers, 0, MMIO_GONE);
    assert_int_equal(mmio_poll32(&registers, 0, 1, 0, UINT64_MAX), ST_GONE);
    assert_int_equal(mmio_poll32(&registers, 0, 1, 1, 0), ST_OK);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, MMIO0001, "no capability, no registers");
    ADD(&harness, MMIO0002, "every width, and nothing beside it");
    ADD(&harness, MMIO0003, "outside, misaligned or read-only is a bug and traps");
    ADD(&harness, MMIO0004, "a part lies inside the whole, whatever a device says");
    ADD(&harness, MMIO0005, "polling ends: there, late, gone");
    return harness_run("mmio", &harness);
}
