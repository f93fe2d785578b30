/* SPDX-License-Identifier: MIT */

#include "metronome.h"

#include <rt/bits.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define BEAT_MS 1u

struct metronome {
    uint64_t beat; /* TSC of the last one */
    uint64_t worst;
};

static struct metronome metronome;

static void metronome_notified(uint64_t events)
{
    if ((events & BIT64(EVENT_TIMER)) == 0)
        return;
    uint64_t now = tsc_read();
    uint64_t gap = now - metronome.beat;
    metronome.worst = gap > metronome.worst ? gap : metronome.worst;
    metronome.beat = now;
    cell_timer_set(tsc_after_ms(BEAT_MS));
}

GATE_ENTRY static uint64_t metronome_call(uint64_t call, uint64_t, uint64_t, uint64_t)
{
    uint64_t worst = metronome.worst;
    if (call != METRONOME_WORST)
        return 0;
    metronome.worst = 0;
    return worst;
}

static enum status metronome_start(void)
{
    metronome.beat = tsc_read();
    cell_timer_set(tsc_after_ms(BEAT_MS));
    return ST_OK;
}

static const struct cell_ops metronome_ops = { .start = metronome_start, .notified = metronome_notified };

CELL(metronome_ops,
     ((struct manifest){
         .name = "metronome",
         .vendor = "Comb",
         .description = "wants to run every millisecond",
         .version_major = 1,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 96, .priority = 31 },
         .provides = { { METRONOME_INTERFACE, INTERFACE_GATE, 0 } },
     }),
     metronome_call);
