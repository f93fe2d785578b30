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
        assert_false(cell_state_is_down(stranger));
        assert_string_equal(cell_state_name(stranger), "unknown");
    }
}

TEST(STATE0003)
{
    for (uint32_t i = 0; i < CELL_STATE_COUNT; i++) {
        enum cell_state state = (enum cell_state)i;
        assert_int_equal(cell_state_is_up(state) + cell_state_is_down(state) + (state == CELL_EMPTY), 1);
        for (uint32_t k = 0; k < i; k++) {
            assert_string_not_equal(cell_state_name(state), cell_state_name((enum cell_state)k));
        }
    }
    assert_string_equal(cell_state_name(CELL_RUNNING), "running");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, STATE0001, "exactly these transitions are legal");
    ADD(&harness, STATE0002, "numbers outside the enum are refused");
    ADD(&harness, STATE0003, "a cell is up, down or empty, and each state has its name");
    return harness_run("cell_state", &harness);
}
