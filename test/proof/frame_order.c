/* SPDX-License-Identifier: MIT */

/*
 * frame.c alone, through every order of taking single frames and runs and giving them back,
 * in memory with a hole in it.  Unlike in frame_model.c no two frames are taken for equal.
 */
#include "explore.h"
#include "inside_frame.h"

#include <core/panic.h>
#include <rt/bits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOLE = 3, FRAMES = 9, OWNERS = 2, RUN_MAX = 3, DIRT = 0xA5, FIRST = MIB(1) >> PAGE_SHIFT };

static alignas(PAGE_BYTES) uint8_t memory[FRAMES][PAGE_BYTES];
static uint8_t owner_of[FRAMES]; /* 0: nobody's */
static const char *violation;

void *machine_memory(uint64_t physical)
{
    static struct boot_memory map[] = {
        { .base = MIB(1), .bytes = HOLE * PAGE_BYTES, .kind = BOOT_MEMORY_FREE },
        { .base = MIB(1) + HOLE * PAGE_BYTES, .bytes = PAGE_BYTES, .kind = BOOT_MEMORY_FIRMWARE },
        { .base = MIB(1) + (HOLE + 1) * PAGE_BYTES,
          .bytes = (FRAMES - HOLE - 1) * PAGE_BYTES,
          .kind = BOOT_MEMORY_FREE },
    };
    if (physical == 0)
        return map;
    if (physical < MIB(1) || physical - MIB(1) >= FRAMES * PAGE_BYTES)
        explore_fail("an address that is no memory");
    return &memory[0][0] + (physical - MIB(1));
}

void panic(const char *format, ...)
{
    explore_fail(format);
}

void assert_failed(const char *expression, [[maybe_unused]] const char *file, [[maybe_unused]] int line)
{
    explore_fail(expression);
}

static void frame_given(phys_addr frame, uint32_t owner)
{
    uint64_t index = (frame.value >> PAGE_SHIFT) - FIRST;
    if (index >= FRAMES || index == HOLE || owner_of[index] != 0) {
        violation = "a frame is given out that is another's or no memory";
        return;
    }
    for (uint32_t i = 0; i < PAGE_BYTES; i++)
        if (memory[index][i] != 0)
            violation = "a frame is handed out with something in it";
    memset(memory[index], DIRT, PAGE_BYTES);
    owner_of[index] = (uint8_t)owner;
}

/* Actions: a run of 1 (frame_take), 2 .. RUN_MAX for each owner, then releases. */
static bool do_take(uint32_t owner, uint32_t count)
{
    phys_addr first = {};
    enum status status = count == 1 ? frame_take(FRAME_CELL, owner, &first)
                                    : frame_take_run(FRAME_CELL, owner, count, &first);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        frame_given((phys_addr){ first.value + i * PAGE_BYTES }, owner);
    if (status != ST_OK && count == 1 && frame_count(FRAME_FREE) != 0)
        violation = "there is a free frame, but it is not given out";
    return status == ST_OK || violation != nullptr;
}

static bool do_release(uint32_t index)
{
    if (owner_of[index] == 0)
        return false;
    owner_of[index] = 0;
    frame_release((phys_addr){ (uint64_t)(FIRST + index) << PAGE_SHIFT });
    return true;
}

static enum explore_act act(uint32_t action)
{
    violation = nullptr;
    bool done = action < OWNERS * RUN_MAX ? do_take(action / RUN_MAX + 1, action % RUN_MAX + 1)
                                          : do_release(action - OWNERS * RUN_MAX);
    return done ? EXPLORE_DONE : EXPLORE_IMPOSSIBLE;
}

static const char *check([[maybe_unused]] uint32_t action)
{
    uint32_t taken = 0;
    uint64_t charged[OWNERS + 1] = {};
    for (uint32_t i = 0; i < FRAMES && violation == nullptr; i++) {
        taken += owner_of[i] != 0;
        charged[owner_of[i]]++;
        if (owner_of[i] != 0 && inside_frame_is_free(FIRST + i))
            violation = "a frame is in use and free";
    }
    for (uint32_t owner = 1; owner <= OWNERS; owner++)
        if (frame_owned(owner) != charged[owner])
            violation = "an owner is charged for other frames than it has got";
    if (violation != nullptr)
        return violation;
    if (taken + inside_frame_static() + inside_frame_free_count() != FRAMES - 1)
        return "a frame is lost";
    return frame_count(FRAME_FREE) != inside_frame_free_count() ? "the number of free frames is wrong"
                                                                : nullptr;
}

static void forget(void)
{
}

static void say(uint32_t action)
{
    if (action < OWNERS * RUN_MAX)
        printf("  owner %u takes %u\n", action / RUN_MAX + 1, action % RUN_MAX + 1);
    else
        printf("  release frame %u\n", action - OWNERS * RUN_MAX);
}

static void begin(void)
{
    static const struct boot_info boot = { .memory_count = 3, .physical_map_bytes = GIB(1) };
    memset(memory, DIRT, sizeof memory);
    frame_init(&boot);
}

int main(int count, char *arguments[])
{
    const struct explore model = {
        .actions = OWNERS * RUN_MAX + FRAMES,
        .begin = begin,
        .act = act,
        .check = check,
        .forget = forget,
        .say = say,
        .depth_max = count > 1 ? (uint32_t)atoi(arguments[1]) : 250,
    };
    return explore_main(&model);
}
