/* SPDX-License-Identifier: MIT */

/* Where a cell crashed, for the line about it in the log; all else is in the crash record. */

#include "warden.h"

#include <rt/text.h>
#include <sdk/monitor.h>
#include <sdk/symbol.h>

static_assert(sizeof(" in ") - 1 + SYMBOL_TEXT_BYTES <= PLACE_BYTES, "the longest name fits");

void place_of_crash(uint32_t id, char place[PLACE_BYTES])
{
    struct crash_record crash;
    char name[SYMBOL_TEXT_BYTES];
    uint64_t next = 0;
    (void)text_copy(place, PLACE_BYTES, "");
    if (mon_query(warden.cells, QUERY_CRASH, id, &crash, sizeof(crash), &next) != ST_OK)
        return;
    if (crash.image == CRASH_IMAGE_GATE) {
        (void)text_copy(place, PLACE_BYTES, " in a gate");
    } else if (crash.image != CRASH_IMAGE_NONE &&
               symbol_find(warden.cells, crash.image, crash.image_offset, name, sizeof(name))) {
        (void)text_format(place, PLACE_BYTES, " in %s", name);
    }
}
