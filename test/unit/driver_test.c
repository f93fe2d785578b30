/* SPDX-License-Identifier: MIT */
#include <sdk/cell.h>
#include <sdk/driver.h>
#include <sdk/fault.h>
#include <sdk/monitor.h>

#include "harness.h"

#include <stdio.h>

/* ---- the cell around it ---- */

static struct {
    uint32_t notified; /* times the own thread was woken */
    uint32_t states;   /* times the state was set */
    enum cell_state state;
    uint64_t committed, address; /* the last general fault */
    char log[LOG_TEXT_BYTES];
    enum status hook_answer;
    uint32_t hook_calls, hook_argument;
} world;

enum status mon_notify([[maybe_unused]] cap_handle notify)
{
    world.notified++;
    return ST_OK;
}

enum status mon_state(enum cell_state state)
{
    world.states++;
    world.state = state;
    return ST_OK;
}

void cell_log([[maybe_unused]] enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(world.log, sizeof(world.log), format, args);
    va_end(args);
}

bool fault_is_kind(uint64_t kind)
{
    return kind > 0 && kind < FAULT_COUNT;
}

void fault_commit_logged(uint64_t kind, uint64_t address)
{
    world.committed = kind;
    world.address = address;
}

static enum status hook_power(uint32_t state)
{
    world.hook_calls++;
    world.hook_argument = state;
    return world.hook_answer;
}

static enum status hook_fault(enum fault_kind kind)
{
    world.hook_calls++;
    world.hook_argument = kind;
    return world.hook_answer;
}

static const struct cell_ops ops_bare = {};
const struct cell_ops *const cell_operations = &ops_bare;

static const struct driver_hooks hooks_bare = {};
static const struct driver_hooks hooks_all = { .power = hook_power, .fault = hook_fault };

static void begin(const struct driver_hooks *hooks)
{
    memset(&world, 0, sizeof(world));
    driver_init(hooks);
}

/* ---- power ---- */

TEST(DRV0001)
{
    begin(&hooks_all);
    assert_int_equal(driver_call(DRIVER_STATE, 0, 0, 0), 0);
    assert_int_equal(driver_call(DRIVER_POWER, 3, 0, 0), ST_OK);
    assert_int_equal(world.notified, 1);
    assert_int_equal(world.hook_calls, 0); /* not on the caller's time */
    assert_int_equal(driver_call(DRIVER_RESULT, 0, 0, 0), ST_BUSY);
    assert_int_equal(driver_events(BIT64(EVENT_SELF)), BIT64(EVENT_SELF));
    assert_int_equal(world.hook_argument, 3);
    assert_int_equal(driver_call(DRIVER_RESULT, 0, 0, 0), ST_OK);
    assert_int_equal(driver_call(DRIVER_STATE, 0, 0, 0), 3);
    assert_int_equal(world.state, CELL_SUSPENDED);
    assert_int_equal(driver_call(DRIVER_POWER, 1, 0, 0), ST_OK); /* asleep, if not as deeply */
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(world.states, 1);
    assert_int_equal(driver_call(DRIVER_POWER, 0, 0, 0), ST_OK);
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(world.state, CELL_RUNNING);
    assert_int_equal(driver_call(DRIVER_STATE, 0, 0, 0), 0);
}

TEST(DRV0002)
{
    begin(&hooks_all);
    world.hook_answer = ST_AGAIN;
    assert_int_equal(driver_call(DRIVER_POWER, 3, 0, 0), ST_OK);
    world.notified = 0;
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(world.notified, 0); /* or it would go round for ever */
    (void)driver_events(BIT64(EVENT_IRQ));
    assert_int_equal(world.notified, 1); /* what that interrupt brings is handled after this */
    assert_int_equal(world.hook_calls, 2);
    assert_int_equal(driver_call(DRIVER_RESULT, 0, 0, 0), ST_BUSY);
    assert_int_equal(driver_call(DRIVER_POWER, 0, 0, 0), ST_BUSY);
    assert_int_equal(world.states, 0);
    world.hook_answer = ST_OK;
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(driver_call(DRIVER_RESULT, 0, 0, 0), ST_OK);
    assert_int_equal(world.state, CELL_SUSPENDED);
    world.hook_calls = 0;
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(world.hook_calls, 0);
    (void)driver_call(DRIVER_POWER, 0, 0, 0);
    (void)driver_events(BIT64(EVENT_SELF));
}

TEST(DRV0003)
{
    begin(&hooks_all);
    world.hook_answer = ST_DEVICE;
    assert_int_equal(driver_call(DRIVER_POWER, 3, 0, 0), ST_OK);
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(driver_call(DRIVER_RESULT, 0, 0, 0), ST_DEVICE);
    assert_int_equal(driver_call(DRIVER_STATE, 0, 0, 0), 0);
    assert_int_equal(world.states, 0);
    assert_int_equal(driver_call(DRIVER_POWER, 4, 0, 0), ST_RANGE);
    assert_int_equal(driver_call(DRIVER_POWER, UINT64_MAX, 0, 0), ST_RANGE);
    begin(&hooks_bare);
    assert_int_equal(driver_call(DRIVER_POWER, 3, 0, 0), ST_UNSUPPORTED);
}

/* ---- faults ---- */

TEST(DRV0004)
{
    begin(&hooks_all);
    assert_int_equal(driver_call(DRIVER_FAULT, FAULT_WILD, 0x1234, 0), ST_OK);
    assert_int_equal(world.notified, 1);
    assert_int_equal(world.committed, 0);
    assert_int_equal(driver_call(DRIVER_FAULT, FAULT_NULL, 0, 0), ST_BUSY);
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(world.committed, FAULT_WILD);
    assert_int_equal(world.address, 0x1234);
    assert_int_equal(world.hook_calls, 0);
    world.committed = 0;
    (void)driver_events(BIT64(EVENT_SELF));
    assert_int_equal(world.committed, 0); /* once */
}

TEST(DRV0005)
{
    static const enum fault_kind own[] = { FAULT_RING, FAULT_DMA, FAULT_IRQ_STORM };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        begin(&hooks_all);
        (void)driver_call(DRIVER_FAULT, own[i], 0, 0);
        (void)driver_events(BIT64(EVENT_SELF));
        assert_int_equal(world.hook_argument, own[i]);
        assert_int_equal(world.committed, 0);
        char line[LOG_TEXT_BYTES];
        (void)snprintf(line, sizeof(line), FAULT_LOG_FORMAT, (unsigned)own[i], status_name(ST_OK));
        assert_string_equal(world.log, line);
        begin(&hooks_all);
        world.hook_answer = ST_UNSUPPORTED;
        (void)driver_call(DRIVER_FAULT, own[i], 0, 0);
        (void)driver_events(BIT64(EVENT_SELF));
        assert_int_equal(world.committed, own[i]);
        begin(&hooks_bare);
        (void)driver_call(DRIVER_FAULT, own[i], 0, 0);
        (void)driver_events(BIT64(EVENT_SELF));
        assert_int_equal(world.committed, own[i]);
    }
}

TEST(DRV0006)
{
    begin(&hooks_all);
    assert_int_equal(driver_call(DRIVER_FAULT, 0, 0, 0), ST_RANGE);
    assert_int_equal(driver_call(DRIVER_FAULT, FAULT_COUNT, 0, 0), ST_RANGE);
    assert_int_equal(driver_call(DRIVER_FAULT, UINT64_MAX, 0, 0), ST_RANGE);
    assert_int_equal(driver_call(0, FAULT_NULL, 0, 0), ST_UNSUPPORTED);
    assert_int_equal(driver_call(UINT64_MAX, 0, 0, 0), ST_UNSUPPORTED);
    assert_int_equal(world.notified, 0);
    (void)driver_call(DRIVER_FAULT, FAULT_STALL, 0, 0);
    assert_int_equal(driver_events(BIT64(EVENT_SELF) | BIT64(EVENT_IRQ)), 0);
    assert_int_equal(driver_events(BIT64(EVENT_IRQ)), BIT64(EVENT_IRQ));
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, DRV0001, "power states are reached on the own thread, and the cell's state follows");
    ADD(&harness, DRV0002, "a driver that is not ready is asked again after what else there is to do");
    ADD(&harness, DRV0003, "a state that is not reached, not offered or not one changes nothing");
    ADD(&harness, DRV0004, "a fault is committed once, on the own thread, with its address");
    ADD(&harness, DRV0005, "a driver's own faults come before the general ones");
    ADD(&harness, DRV0006, "what is no request is refused; after a stall nothing is left to handle");
    return harness_run("driver", &harness);
}
