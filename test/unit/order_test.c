/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <cells/warden/order.h>
#include <rt/bits.h>

static uint8_t order[CELL_MAX];

/* Every cell stands once; where it stands. */
static uint32_t place_of(uint32_t count, uint32_t cell)
{
    uint32_t place = CELL_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (order[i] == cell) {
            assert_int_equal(place, CELL_MAX);
            place = i;
        }
    }
    assert_int_not_equal(place, CELL_MAX);
    return place;
}

TEST(ORDER0001)
{
    /* A chain in the wrong direction, as long as there may be. */
    struct order_needs needs[CELL_MAX] = {};
    for (uint32_t i = 0; i + 1 < CELL_MAX; i++)
        needs[i].required = BIT64(i + 1);
    assert_int_equal(order_compute(needs, CELL_MAX, order), 0);
    for (uint32_t i = 0; i < CELL_MAX; i++)
        assert_int_equal(order[i], CELL_MAX - 1 - i);
}

TEST(ORDER0002)
{
    struct order_needs needs[3] = {};
    assert_int_equal(order_compute(needs, 3, order), 0);
    assert_memory_equal(order, "\0\1\2", 3);
    assert_int_equal(order_compute(needs, 0, order), 0);
}

TEST(ORDER0003)
{
    /* 0 and 1 need each other, 2 needs 0, 3 needs nobody. */
    struct order_needs needs[4] = { { .required = BIT64(1) },
                                    { .required = BIT64(0) },
                                    { .required = BIT64(0) } };
    assert_int_equal(order_compute(needs, 4, order), BIT64(0) | BIT64(1) | BIT64(2));
    assert_int_equal(place_of(4, 3), 0);
    place_of(4, 2);
}

TEST(ORDER0004)
{
    /* An optional need opens the cycle; a cell may need itself. */
    struct order_needs needs[2] = { { .optional = BIT64(1) }, { .required = BIT64(0) | BIT64(1) } };
    assert_int_equal(order_compute(needs, 2, order), 0);
    assert_int_equal(place_of(2, 0), 0);
}

TEST(ORDER0005)
{
    /* Random graphs: whoever is not reported stands behind all it requires. */
    uint64_t seed = 5;
    for (uint32_t round = 0; round < 2000; round++) {
        struct order_needs needs[CELL_MAX] = {};
        uint32_t count = round % CELL_MAX + 1;
        for (uint32_t i = 0; i < count * 2; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            needs[(seed >> 40) % count].required |= BIT64((seed >> 50) % count);
        }
        uint64_t cyclic = order_compute(needs, count, order);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t place = place_of(count, i);
            for (uint32_t k = 0; k < count && (cyclic & BIT64(i)) == 0; k++) {
                bool needs_it = k != i && (needs[i].required & BIT64(k)) != 0;
                assert_true(!needs_it || place_of(count, k) < place);
            }
        }
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, ORDER0001, "providers before clients");
    ADD(&harness, ORDER0002, "without needs, by number");
    ADD(&harness, ORDER0003, "a cycle and what hangs on it is reported");
    ADD(&harness, ORDER0004, "an optional need gives way");
    ADD(&harness, ORDER0005, "random graphs");
    return harness_run("order", &harness);
}
