/* SPDX-License-Identifier: MIT */
#include "../../cells/warden/policy.h"

#include "harness.h"

static struct policy_verdict ended(struct policy *policy, enum restart_policy restart, enum cell_state state,
                                   uint64_t now_ms)
{
    return policy_ended(policy, restart, state, now_ms);
}

TEST(POL0001)
{
    static const uint32_t delays[] = { 0, 10, 20, 40, 80, 160, 320 };
    struct policy policy = { 0 };
    uint64_t now_ms = 5000;
    for (uint32_t i = 0; i < POLICY_END_MAX - 1; i++) {
        policy_started(&policy, now_ms);
        now_ms += POLICY_USEFUL_MS - 1;
        struct policy_verdict verdict = ended(&policy, RESTART_ON_CRASH, CELL_CRASHED, now_ms);
        assert_int_equal(verdict.action, POLICY_RESTART);
        assert_int_equal(verdict.delay_ms, delays[i]);
    }
    policy_started(&policy, now_ms);
    assert_int_equal(ended(&policy, RESTART_ON_CRASH, CELL_CRASHED, now_ms).action, POLICY_GIVE_UP);
}

/* Who has been of use for a while comes back at once, but not for ever. */
TEST(POL0009)
{
    struct policy policy = { 0 };
    for (uint32_t i = 0; i < POLICY_END_MAX; i++) {
        policy_started(&policy, 5000);
        struct policy_verdict verdict = ended(&policy, RESTART_ON_CRASH, CELL_CRASHED,
                                              5000 + POLICY_GOOD_MS - 1);
        assert_int_equal(verdict.action, i + 1 < POLICY_END_MAX ? POLICY_RESTART : POLICY_GIVE_UP);
        assert_int_equal(verdict.delay_ms, 0);
    }
}

TEST(POL0002)
{
    struct policy policy = { .ends = POLICY_END_MAX - 1 };
    policy_started(&policy, 1000);
    struct policy_verdict verdict = ended(&policy, RESTART_ALWAYS, CELL_CRASHED, 1000 + POLICY_GOOD_MS);
    assert_int_equal(verdict.action, POLICY_RESTART);
    assert_int_equal(verdict.delay_ms, 0);
    assert_int_equal(policy.ends, 1);
}

TEST(POL0003)
{
    struct policy policy = { .ends = POLICY_END_MAX - 1 };
    policy_started(&policy, 2000);
    assert_int_equal(ended(&policy, RESTART_ALWAYS, CELL_CRASHED, 1000).action, POLICY_GIVE_UP);
    policy_forgive(&policy);
    assert_int_equal(ended(&policy, RESTART_ALWAYS, CELL_CRASHED, 1000).delay_ms, 0);
}

TEST(POL0004)
{
    static const struct {
        enum restart_policy restart;
        enum cell_state state;
        enum policy_action action;
    } rows[] = {
        { RESTART_NEVER, CELL_CRASHED, POLICY_LEAVE },
        { RESTART_NEVER, CELL_STOPPED, POLICY_LEAVE },
        { RESTART_ON_CRASH, CELL_CRASHED, POLICY_RESTART },
        { RESTART_ON_CRASH, CELL_STOPPED, POLICY_LEAVE },
        { RESTART_ON_CRASH, CELL_FAILED, POLICY_LEAVE },
        { RESTART_ALWAYS, CELL_CRASHED, POLICY_RESTART },
        { RESTART_ALWAYS, CELL_STOPPED, POLICY_RESTART },
        { RESTART_ALWAYS, CELL_FAILED, POLICY_RESTART },
        { (enum restart_policy)77, CELL_CRASHED, POLICY_LEAVE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct policy policy = { 0 };
        assert_int_equal(ended(&policy, rows[i].restart, rows[i].state, 0).action, rows[i].action);
    }
}

TEST(POL0005)
{
    assert_true(policy_is_adopted_up(RESTART_NEVER, CELL_RESTARTING));
    assert_false(policy_is_adopted_up(RESTART_NEVER, CELL_CRASHED));
    assert_true(policy_is_adopted_up(RESTART_ON_CRASH, CELL_CRASHED));
    assert_false(policy_is_adopted_up(RESTART_ON_CRASH, CELL_STOPPED));
    assert_true(policy_is_adopted_up(RESTART_ALWAYS, CELL_STOPPED));
    assert_false(policy_is_adopted_up(RESTART_ALWAYS, CELL_FAILED));
}

TEST(POL0006)
{
    assert_int_equal(policy_stop_ms(0), POLICY_STOP_MIN_MS);
    assert_int_equal(policy_stop_ms(99), POLICY_STOP_MIN_MS);
    assert_int_equal(policy_stop_ms(60000), 60000);
}

TEST(POL0010)
{
    struct policy_situation up = { .restart = RESTART_ON_CRASH, .is_wanted = true };
    assert_int_equal(policy_request(&up, WARDEN_START), ST_STATE);
    assert_int_equal(policy_request(&up, WARDEN_STOP), ST_OK);
    assert_int_equal(policy_request(&up, WARDEN_KILL), ST_OK);
    assert_int_equal(policy_request(&up, WARDEN_RESTART), ST_OK);
    assert_int_equal(policy_request(&up, WARDEN_CYCLE), ST_OK);
    assert_int_equal(policy_request(&up, WARDEN_REVOKE), ST_UNSUPPORTED);
}

TEST(POL0011)
{
    struct policy_situation down = { .restart = RESTART_ON_CRASH, .is_down = true };
    assert_int_equal(policy_request(&down, WARDEN_START), ST_OK);
    assert_int_equal(policy_request(&down, WARDEN_STOP), ST_STATE);
    assert_int_equal(policy_request(&down, WARDEN_KILL), ST_STATE);
    assert_int_equal(policy_request(&down, WARDEN_RESTART), ST_OK);
}

TEST(POL0012)
{
    struct policy_situation back_off = { .is_wanted = true, .is_down = true, .is_waiting = true };
    assert_int_equal(policy_request(&back_off, WARDEN_START), ST_OK);
    assert_int_equal(policy_request(&back_off, WARDEN_STOP), ST_OK);
}

TEST(POL0013)
{
    struct policy_situation always = { .restart = RESTART_ALWAYS, .is_wanted = true };
    assert_int_equal(policy_request(&always, WARDEN_STOP), ST_DENIED);
    assert_int_equal(policy_request(&always, WARDEN_KILL), ST_OK);
    assert_int_equal(policy_request(&always, WARDEN_RESTART), ST_OK);
}

TEST(POL0014)
{
    struct policy_situation busy = { .is_wanted = true, .is_busy = true };
    assert_int_equal(policy_request(&busy, WARDEN_STOP), ST_BUSY);
    assert_int_equal(policy_request(&busy, WARDEN_CYCLE), ST_BUSY);
    assert_int_equal(policy_request(&busy, WARDEN_KILL), ST_OK);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, POL0001,
        "comes back at once, then waits twice as long each time, gives up at the eighth end");
    ADD(&harness, POL0002, "ten good seconds wipe the slate clean");
    ADD(&harness, POL0003, "a clock that goes backwards is no good running; a user's hand is forgiveness");
    ADD(&harness, POL0004, "brings back what its policy says");
    ADD(&harness, POL0005, "a new warden brings up what the old one owed");
    ADD(&harness, POL0006, "gives everyone time to stop");
    ADD(&harness, POL0009, "who has been of use for a second comes back at once, but not for ever");
    ADD(&harness, POL0010, "requests for a running cell");
    ADD(&harness, POL0011, "requests for a stopped cell");
    ADD(&harness, POL0012, "requests during a back-off");
    ADD(&harness, POL0013, "a cell that always runs is not stopped");
    ADD(&harness, POL0014, "one request at a time, but a kill overtakes");
    return harness_run("policy", &harness);
}
