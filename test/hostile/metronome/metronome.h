/* SPDX-License-Identifier: MIT */
#pragma once

/* A cell of the highest priority that wants to run every millisecond, and knows when it could not. */
#define METRONOME_INTERFACE "metronome"
enum metronome_call {
    METRONOME_WORST = 1, /* -> the longest time between two beats since the last such call, in TSC ticks */
};
