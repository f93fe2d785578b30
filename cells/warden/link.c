/* SPDX-License-Identifier: MIT */

/* Turns the appliance and the manifests into edges and channels. */

#include "order.h"
#include "warden.h"
#include "wiring.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

static_assert(MEMBER_MAX <= CELL_MAX, "a set of members fits 64 bits, an order CELL_MAX bytes");

static void link_complain(const struct wiring_node *nodes)
{
    uint32_t cursor = 0;
    const struct appliance_wire *wire;
    while ((wire = wiring_senseless(&warden.appliance, nodes, warden.member_count, &cursor)) != nullptr) {
        cell_log(LOG_ERROR, "appliance line %u: %s does not fit the manifests of %s%s%s", wire->line,
                 wire->interface, wire->client, wire->client[0] != '\0' ? " and " : "", wire->server);
    }
}

static struct order_needs link_needs(struct member *member, const struct wiring_node *nodes)
{
    struct order_needs needs = { 0 };
    uint32_t index = (uint32_t)(member - warden.members);
    for (uint32_t uses = 0; uses < MANIFEST_USES_MAX; uses++) {
        uint64_t providers = wiring_choose(&warden.appliance, nodes, warden.member_count, index, uses);
        if ((member->manifest.uses[uses].flags & INTERFACE_OPTIONAL) != 0)
            needs.optional |= providers;
        else
            needs.required |= providers;
        /* A provider that is new here has no link from us yet. */
        member->linked[uses] &= member->providers[uses];
        member->providers[uses] = providers;
    }
    return needs;
}

void link_plan(void)
{
    struct wiring_node nodes[MEMBER_MAX];
    struct order_needs needs[MEMBER_MAX];
    for (uint32_t i = 0; i < warden.member_count; i++) {
        const struct member *member = &warden.members[i];
        nodes[i] = (struct wiring_node){ .name = member_name(member),
                                         .manifest = member->has_manifest ? &member->manifest : nullptr };
    }
    for (uint32_t i = 0; i < warden.member_count; i++)
        needs[i] = link_needs(&warden.members[i], nodes);
    uint64_t cyclic = order_compute(needs, warden.member_count, warden.order);
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *member = &warden.members[warden.order[i]];
        member->rank = i;
        member->is_cyclic = (cyclic & BIT64(warden.order[i])) != 0;
    }
    link_complain(nodes);
    warden.is_wiring_stale = false;
}

static enum status link_make(const struct member *client, uint32_t uses, const struct member *server)
{
    uint32_t flags = client->manifest.uses[uses].flags;
    enum status status = ST_OK;
    if ((flags & INTERFACE_GATE) != 0)
        status = mon_edge_link(warden.cells, client->id, uses, server->id);
    if ((status == ST_OK || status == ST_EXISTS) && (flags & INTERFACE_CHANNEL) != 0)
        status = mon_channel_link(warden.cells, client->id, uses, server->id);
    return status == ST_EXISTS ? ST_OK : status;
}

/* True if the same link may work once some cell has changed its state. */
static bool link_may_come(enum status status)
{
    return status == ST_GONE || status == ST_STATE || status == ST_AGAIN || status == ST_BUSY;
}

static void link_one(struct member *client, uint32_t uses, uint32_t index)
{
    const struct member *server = &warden.members[index];
    enum status status = link_make(client, uses, server);
    if (link_may_come(status))
        return;
    client->linked[uses] |= BIT64(index);
    if (status == ST_OK)
        return;
    cell_log(LOG_ERROR, "%s.%s=%s: refused: %s", member_name(client), client->manifest.uses[uses].name,
             member_name(server), status_name(status));
    if ((client->manifest.uses[uses].flags & INTERFACE_OPTIONAL) == 0)
        client->link_refusal = status;
}

static bool link_has_instance(const struct member *member)
{
    return member->phase != MEMBER_DOWN && !member_is_down(member);
}

void link_all(void)
{
    uint64_t present = 0;
    for (uint32_t i = 0; i < warden.member_count; i++)
        present |= link_has_instance(&warden.members[i]) ? BIT64(i) : 0;
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *client = &warden.members[i];
        for (uint32_t uses = 0; (present & BIT64(i)) != 0 && uses < MANIFEST_USES_MAX; uses++) {
            uint64_t missing = client->providers[uses] & ~client->linked[uses] & present;
            for (; missing != 0; missing &= missing - 1)
                link_one(client, uses, (uint32_t)__builtin_ctzll(missing));
        }
    }
}

void link_forget(uint32_t index)
{
    for (uint32_t i = 0; i < warden.member_count; i++) {
        struct member *member = &warden.members[i];
        for (uint32_t uses = 0; uses < MANIFEST_USES_MAX; uses++)
            member->linked[uses] = i == index ? 0 : member->linked[uses] & ~BIT64(index);
    }
    warden.members[index].link_refusal = ST_OK;
}
