/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <core/cell_state.h>

/* Row: from; column: to; in the order of enum cell_state. */
// clang-format off
static const char *const legal[CELL_STATE_COUNT] = {
    /*                   e s i g p r u c R o f */
    [CELL_EMPTY] =        ". x . . . . . . . . .",
    [CELL_SPAWNED] =      ". . x . . . . x . x x",
    [CELL_INITIALIZING] = ". . . x . . . x . x x",
    [CELL_GRANTED] =      ". . . . x x . x . x x",
    [CELL_PROBING] =      ". . . . . x . x . x x",
    [CELL_RUNNING] =      ". . . . . . x x . x x",
    [CELL_SUSPENDED] =    ". . . . . x . x . x x",
    [CELL_CRASHED] =      "x x . . . . . . x x x",
    [CELL_RESTARTING] =   "x x . . . . . . . x x",
    [CELL_STOPPED] =      "x x . . . . . . x . x",
    [CELL_FAILED] =       "x x . . . . . . x x .",
};
// clang-format on

TEST(STATE0001)
{
    for (uint32_t from = 0; from < CELL_STATE_COUNT; from++) {
        for (uint32_t to = 0; to < CELL_STATE_COUNT; to++) {
            bool expected = legal[from][2 * to] == 'x';
            assert_int_equal(cell_state_may((enum cell_state)from, (enum cell_state)to), expected);
        }
    }
}

static const uint32_t strangers[] = {
    CELL_STATE_COUNT, 31, 32, 33, 63, 64, 0x7FFFFFFF, 0x80000000, UINT32_MAX
};

TEST(STATE0002)
{
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        enum cell_state stranger = (enum cell_state)strangers[i];
        assert_false(cell_state_may(stranger, CELL_SPAWNED));
        assert_false(cell_state_may(CELL_RUNNING, stranger));
        assert_false(cell_state_is_up(stranger));
    }
}

TEST(STATE0003)
{
    static const bool is_up[CELL_STATE_COUNT] = {
        [CELL_SPAWNED] = true, [CELL_INITIALIZING] = true, [CELL_GRANTED] = true,
        [CELL_PROBING] = true, [CELL_RUNNING] = true,      [CELL_SUSPENDED] = true,
    };
    for (uint32_t i = 0; i < CELL_STATE_COUNT; i++)
        assert_int_equal(cell_state_is_up((enum cell_state)i), is_up[i]);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, STATE0001, "exactly these transitions are legal");
    ADD(&harness, STATE0002, "numbers outside the enum are refused");
    ADD(&harness, STATE0003, "from spawned to suspended a cell is up");
    return harness_run("cell_state", &harness);
}
