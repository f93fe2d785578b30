/* SPDX-License-Identifier: MIT */
#include "fault_exercise.h"

#include "system.h"

#include <abi/services.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>

#define EXERCISE_SUMS 8u
#define POWER_STATES 4u

/* One conversation with one cell. */
struct exercise {
    const struct cell_edge *edge;
    uint32_t *answers;
    uint64_t answer; /* the last */
};

static bool exercise_ask(struct exercise *exercise, const uint64_t words[4])
{
    enum status status = gate_call(exercise->edge, words[0], words[1], words[2], words[3], &exercise->answer);
    *exercise->answers += status == ST_OK;
    return status == ST_OK;
}

/* It may have been restarted while it was asked: then it is asked another time. */
static bool echo_knows_itself(struct exercise *exercise)
{
    struct cell_record before, after;
    const char *name = exercise->edge->peer;
    if (cell_by_name(name, &before) != ST_OK || !exercise_ask(exercise, (uint64_t[4]){ ECHO_ID }) ||
        cell_by_name(name, &after) != ST_OK || after.epoch != before.epoch)
        return true;
    return exercise->answer == ((uint64_t)before.id << 32 | before.epoch);
}

static const char *exercise_echo(struct exercise *exercise)
{
    if (!echo_knows_itself(exercise))
        return "echo does not know who it is";
    for (uint64_t i = 0; i < EXERCISE_SUMS; i++) {
        uint64_t words[4] = { ECHO_SUM, tsc_read(), ~i, i << 40 };
        if (exercise_ask(exercise, words) && exercise->answer != words[1] + words[2] + words[3])
            return "a sum is wrong";
    }
    uint64_t other[4] = { UINT64_C(1) << 32 | ECHO_SUM };
    return exercise_ask(exercise, other) && exercise->answer != other[0] ? "echo says something else"
                                                                         : nullptr;
}

/* It counts the ticks we count. */
static const char *exercise_clock(struct exercise *exercise)
{
    uint64_t before = ns_since_boot(tsc_read());
    if (!exercise_ask(exercise, (uint64_t[4]){ CLOCK_MONOTONIC_NS }))
        return nullptr;
    bool is_right = exercise->answer >= before && exercise->answer <= ns_since_boot(tsc_read());
    return is_right ? nullptr : "the time is wrong";
}

static const char *exercise_driver(struct exercise *exercise)
{
    if (!exercise_ask(exercise, (uint64_t[4]){ DRIVER_STATE }))
        return nullptr;
    return exercise->answer < POWER_STATES ? nullptr : "there is no such power state";
}

static const char *exercise_bench(struct exercise *exercise)
{
    if (!exercise_ask(exercise, (uint64_t[4]){ BENCH_CHECK }))
        return nullptr;
    return exercise->answer >> 32 == (uint32_t)exercise->answer ? nullptr : "it blames the echo cells";
}

const char *fault_exercise(const char *cell, uint32_t *answers)
{
    static const struct {
        const char *interface;
        const char *(*run)(struct exercise *exercise);
    } known[] = {
        { ECHO_INTERFACE, exercise_echo },
        { CLOCK_INTERFACE, exercise_clock },
        { DRIVER_INTERFACE, exercise_driver },
        { BENCH_INTERFACE, exercise_bench },
    };
    const char *wrong = nullptr;
    for (uint32_t i = 0; i < ARRAY_COUNT(known) && wrong == nullptr; i++) {
        struct exercise exercise = { .edge = cell_edge_to(known[i].interface, cell), .answers = answers };
        if (exercise.edge != nullptr)
            wrong = known[i].run(&exercise);
    }
    return wrong;
}
