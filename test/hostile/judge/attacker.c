/* SPDX-License-Identifier: MIT */

#include "attacker.h"

#include "witness.h"

#include "../attack.h"

#include <cells/shell/system.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define LOOKS_MAX 300u /* a bound on hanging: the warden takes one or two */
#define LOOK_MS 10u

struct cell_record attacker_record(const char *name)
{
    struct cell_record record = { 0 };
    return cell_by_name(name, &record) == ST_OK ? record : (struct cell_record){ 0 };
}

/* The warden may have it on its way already, or think that it runs: then this changes nothing. */
static void attacker_request(enum warden_call call, const char *name)
{
    uint64_t words[2];
    uint64_t answer;
    const struct cell_edge *edge = cell_edge_find(WARDEN_INTERFACE, 0);
    gate_name_pack(name, words);
    if (edge != nullptr)
        (void)gate_call(edge, call, words[0], words[1], 0, &answer);
}

static const struct cell_edge *attacker_edge(const char *name)
{
    const struct cell_edge *edge = cell_edge_to(ATTACK_INTERFACE, name);
    return edge != nullptr && edge->state == PEER_UP ? edge : nullptr;
}

static bool attacker_is_up(const char *name)
{
    return attacker_record(name).state == CELL_RUNNING && attacker_edge(name) != nullptr;
}

static bool attacker_tell(const char *name)
{
    for (uint32_t place = 0; place < PLACE_COUNT; place++) {
        struct witness_place at = witness_place((enum attack_place)place);
        const struct cell_edge *edge = attacker_edge(name);
        uint64_t answer;
        if (edge == nullptr || gate_call(edge, ATTACK_VICTIM, at.address, at.bytes, place, &answer) != ST_OK)
            return false;
    }
    return true;
}

/* Until something happens that may matter. */
static void attacker_look_again(void)
{
    cell_keep(cell_wait(tsc_after_ms(LOOK_MS)) & ~BIT64(EVENT_TIMER));
}

bool attacker_up(const char *name)
{
    for (uint32_t look = 0; look < LOOKS_MAX; look++) {
        if (attacker_is_up(name))
            return attacker_tell(name);
        attacker_request(WARDEN_START, name);
        attacker_look_again();
    }
    cell_log(LOG_ERROR, "%s does not come up", name);
    return false;
}

enum status attacker_call(const char *name, uint64_t operation, uint64_t a, uint64_t b, uint64_t *value)
{
    const struct cell_edge *edge = attacker_edge(name);
    return edge == nullptr ? ST_GONE : gate_call(edge, operation, a, b, 0, value);
}

void attacker_end(const char *name)
{
    const struct cell_cap *control = cell_cap_find(CAP_CELLS);
    struct cell_record record = attacker_record(name);
    ASSERT(control != nullptr);
    if (record.id != 0 && record.state <= CELL_SUSPENDED)
        (void)mon_cell_kill(control->handle, record.id);
    attacker_look_again(); /* the warden takes note */
}
