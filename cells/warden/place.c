/* SPDX-License-Identifier: MIT */

/* Where a cell crashed, for the line about it in the log; all else is in the crash record. */

#include "warden.h"

#include <rt/text.h>
#include <sdk/monitor.h>
#include <sdk/symbol.h>

static_assert(sizeof(" in ") - 1 + SYMBOL_TEXT_BYTES <= PLACE_BYTES, "the longest name fits");
static_assert(sizeof(", ") - 1 + SYMBOL_TRAP_TEXT_BYTES <= PLACE_BYTES, "the longest trap fits");

/* A check of its own code: which, and at which line. */
static bool place_of_trap(const struct crash_record *crash, char place[PLACE_BYTES])
{
    struct symbol_trap trap;
    char text[SYMBOL_TRAP_TEXT_BYTES];
    if (!symbol_trap_find(warden.cells, crash->image, crash->image_offset, &trap))
        return false;
    symbol_trap_text(&trap, text);
    (void)text_format(place, PLACE_BYTES, ", %s", text);
    return true;
}

static void place_in_image(const struct crash_record *crash, char place[PLACE_BYTES])
{
    char name[SYMBOL_TEXT_BYTES];
    if (symbol_find(warden.cells, crash->image, crash->image_offset, name, sizeof(name)))
        (void)text_format(place, PLACE_BYTES, " in %s", name);
}

void place_of_crash(uint32_t id, char place[PLACE_BYTES])
{
    struct crash_record crash;
    uint64_t next = 0;
    (void)text_copy(place, PLACE_BYTES, "");
    if (mon_query(warden.cells, QUERY_CRASH, id, &crash, sizeof(crash), &next) != ST_OK)
        return;
    if (crash.image == CRASH_IMAGE_GATE)
        (void)text_copy(place, PLACE_BYTES, " in a gate");
    else if (crash.image != CRASH_IMAGE_NONE && !place_of_trap(&crash, place))
        place_in_image(&crash, place);
}
