/* SPDX-License-Identifier: MIT */

#include "wiring.h"

#include <rt/assert.h>
#include <rt/bits.h>
#include <rt/text.h>

#define CONNECTIONS (INTERFACE_GATE | INTERFACE_CHANNEL)

static const struct manifest_provides *manifest_offer(const struct manifest *manifest, const char *interface)
{
    for (uint32_t i = 0; manifest != nullptr && i < MANIFEST_PROVIDES_MAX; i++)
        if (text_equal(manifest->provides[i].name, interface))
            return &manifest->provides[i];
    return nullptr;
}

static const struct manifest_uses *manifest_use(const struct manifest *manifest, const char *interface)
{
    for (uint32_t i = 0; manifest != nullptr && i < MANIFEST_USES_MAX; i++)
        if (text_equal(manifest->uses[i].name, interface))
            return &manifest->uses[i];
    return nullptr;
}

static bool is_provider(const struct wiring_node *node, const struct manifest_uses *uses)
{
    const struct manifest_provides *offer = manifest_offer(node->manifest, uses->name);
    return offer != nullptr && (uses->flags & CONNECTIONS & ~offer->flags) == 0;
}

/* The nodes named as servers by the wires of `table` for this client and interface. */
static uint64_t wires_servers(const struct appliance_wire *table, uint32_t wire_count, const char *client,
                              const char *interface, const struct wiring_node *nodes, uint32_t count)
{
    uint64_t servers = 0;
    for (uint32_t w = 0; w < wire_count; w++) {
        if (!text_equal(table[w].client, client) || !text_equal(table[w].interface, interface))
            continue;
        for (uint32_t i = 0; i < count; i++)
            servers |= text_equal(table[w].server, nodes[i].name) ? BIT64(i) : 0;
    }
    return servers;
}

static uint64_t lowest_bit(uint64_t set)
{
    return set & (~set + 1);
}

uint64_t wiring_choose(const struct appliance *appliance, const struct wiring_node *nodes, uint32_t count,
                       uint32_t client, uint32_t uses)
{
    ASSERT(client < count);
    ASSERT(client < count);
    const struct manifest *manifest = nodes[client].manifest;
    if (manifest == nullptr || manifest->uses[uses].name[0] == '\0')
        return 0;
    const struct manifest_uses *use = &manifest->uses[uses];
    uint64_t providers = 0;
    for (uint32_t i = 0; i < count; i++)
        providers |= i != client && is_provider(&nodes[i], use) ? BIT64(i) : 0;
    uint64_t wired = wires_servers(appliance->wires, appliance->wire_count, nodes[client].name, use->name,
                                   nodes, count);
    bool is_many = (use->flags & INTERFACE_MANY) != 0;
    if (wired != 0)
        return is_many ? wired & providers : lowest_bit(wired & providers);
    if (is_many)
        return providers;
    uint64_t preferred = providers & wires_servers(appliance->defaults, appliance->default_count, "",
                                                   use->name, nodes, count);
    return preferred != 0 ? preferred : lowest_bit(providers);
}

static bool wire_makes_sense(const struct appliance_wire *wire, const struct wiring_node *nodes,
                             uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct manifest *manifest = nodes[i].manifest;
        if (manifest == nullptr)
            continue; /* not created: nothing can be said */
        if (text_equal(wire->server, nodes[i].name) && manifest_offer(manifest, wire->interface) == nullptr)
            return false;
        if (text_equal(wire->client, nodes[i].name) && manifest_use(manifest, wire->interface) == nullptr)
            return false;
    }
    return true;
}

const struct appliance_wire *wiring_senseless(const struct appliance *appliance,
                                              const struct wiring_node *nodes, uint32_t count,
                                              uint32_t *cursor)
{
    uint32_t total = appliance->wire_count + appliance->default_count;
    while (*cursor < total) {
        uint32_t at = (*cursor)++;
        const struct appliance_wire *wire = at < appliance->wire_count
                                                ? &appliance->wires[at]
                                                : &appliance->defaults[at - appliance->wire_count];
        if (!wire_makes_sense(wire, nodes, count))
            return wire;
    }
    return nullptr;
}
