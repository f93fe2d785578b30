/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <rt/bits.h>

TEST(BITS0001)
{
    assert_true(is_range_inside(0, 0, 0));
    assert_true(is_range_inside(4, 4, 8));
    assert_true(is_range_inside(8, 0, 8));
    assert_false(is_range_inside(9, 0, 8));
    assert_false(is_range_inside(4, 5, 8));
    assert_false(is_range_inside(4, UINT64_MAX, 8));
    assert_false(is_range_inside(UINT64_MAX, 1, 8));
    assert_false(is_range_inside(UINT64_MAX, UINT64_MAX, UINT64_MAX));
    assert_true(is_range_inside(1, UINT64_MAX - 1, UINT64_MAX));
}

TEST(BITS0002)
{
    assert_int_equal(FIELD32(31, 0), UINT32_MAX);
    assert_int_equal(FIELD32(15, 14), 0xC000);
    assert_int_equal(field32_get(0x12345678, FIELD32(15, 8)), 0x56);
    assert_int_equal(field32_set(0x12345678, FIELD32(15, 8), 0xAB), 0x1234AB78);
    assert_int_equal(field32_set(0, FIELD32(3, 0), 0xFFFF), 0xF);
}

TEST(BITS0003)
{
    assert_int_equal(align_up(0, 4096), 0);
    assert_int_equal(align_up(1, 4096), 4096);
    assert_int_equal(align_up(4096, 4096), 4096);
    assert_int_equal(align_down(4095, 4096), 0);
    assert_true(is_aligned(8192, 4096));
    assert_false(is_aligned(8193, 4096));
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, BITS0001, "a range check does not wrap around");
    ADD(&harness, BITS0002, "a field is its mask");
    ADD(&harness, BITS0003, "alignment");
    return harness_run("bits", &harness);
}
