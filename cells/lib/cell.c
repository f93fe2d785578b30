/* SPDX-License-Identifier: MIT */

/*
 * The frame of every cell: bring-up, event loop, end.
 *
 *   init -> GRANTED -> probe -> PROBING .. start -> RUNNING -> (wait, notified)* -> stop -> exit
 *
 * A step that fails ends the instance with its status, and the log says which.
 */

#include "cell.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

/* All the state of the frame; one thread, so nothing guards it. */
struct cell_frame {
    const struct cell_info *info;
    uint64_t timer; /* deadline of EVENT_TIMER */
    uint64_t kept;  /* events a wait in the middle of work took from the main loop */
    bool must_stop; /* EVENT_STOP was seen, perhaps by a wait in the middle of work */
};

static struct cell_frame frame = { .timer = WAIT_FOREVER };

const struct cell_info *cell_info(void)
{
    return frame.info;
}

void cell_timer_set(uint64_t deadline_tsc)
{
    /* 0 would be a poll, which raises no event; 1 is as long past. */
    frame.timer = deadline_tsc == WAIT_NOT ? 1 : deadline_tsc;
}

void cell_keep(uint64_t events)
{
    frame.kept |= events;
}

uint64_t cell_wait(uint64_t deadline_tsc)
{
    uint64_t events = mon_wait(deadline_tsc);
    if (events & BIT64(EVENT_STOP))
        frame.must_stop = true;
    return events;
}

void cell_log(enum log_level level, const char *format, ...)
{
    char text[LOG_TEXT_BYTES + 1];
    va_list args;
    va_start(args, format);
    size_t length = text_vformat(text, sizeof(text), format, args);
    va_end(args);
    /* A line that cannot be logged is lost: there is nowhere to say so. */
    (void)mon_log(level, text, u64_min(length, LOG_TEXT_BYTES));
}

void assert_failed(const char *expression, const char *file, int line)
{
    cell_log(LOG_ERROR, "assertion '%s' failed at %s:%d", expression, file, line);
}

/* Runs one step of the bring-up; does not come back when it fails. */
static void frame_step(const char *name, enum status (*step)(void))
{
    enum status status = step == nullptr ? ST_OK : step();
    if (status == ST_OK)
        return;
    cell_log(LOG_ERROR, "%s failed: %s", name, status_name(status));
    mon_exit(status);
}

/* The monitor refuses a state only if this frame is wrong about its own. */
static void frame_state(enum cell_state state)
{
    enum status status = mon_state(state);
    ASSERT(status == ST_OK);
}

static void frame_bring_up(const struct cell_ops *ops)
{
    frame_step("init", ops->init);
    frame_state(CELL_GRANTED);
    frame_state(CELL_PROBING);
    frame_step("probe", ops->probe);
    frame_step("start", ops->start);
    frame_state(CELL_RUNNING);
}

static void frame_serve(const struct cell_ops *ops)
{
    while (!frame.must_stop) {
        uint64_t events = mon_wait(frame.kept != 0 ? WAIT_NOT : frame.timer);
        events |= frame.kept;
        frame.kept = 0;
        if (events & BIT64(EVENT_TIMER))
            frame.timer = WAIT_FOREVER; /* fires once; the callback may set the next */
        if (ops->notified != nullptr)
            ops->notified(events);
        if (events & BIT64(EVENT_STOP))
            frame.must_stop = true;
    }
}

void cell_start(const struct cell_info *info)
{
    frame.info = info;
    ASSERT(info->abi_version == CELL_ABI_VERSION);
    time_begin(info->tsc_hz);
    frame_bring_up(cell_operations);
    frame_serve(cell_operations);
    if (cell_operations->stop != nullptr)
        cell_operations->stop();
    mon_exit(ST_OK);
}
