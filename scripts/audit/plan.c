/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <abi/monitor_call.h>
#include <core/manifest.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <shell/fact.h>
#include <shell/names.h>
#include <shell/pci.h>
#include <warden/order.h>

struct plan {
    const struct members *members;
    struct facts *facts;
    enum plan_part part;
    struct wiring_node nodes[CELL_MAX];
    uint64_t calls[CELL_MAX]; /* bit n: has an edge to n */
};

/* Does a fact about two members, or twice the same, belong to the part? */
static bool is_of_part(const struct plan *plan, uint32_t one, uint32_t other)
{
    bool is_device = plan->members->at[one].is_driver || plan->members->at[other].is_driver;
    return plan->part == PLAN_ALL || is_device == (plan->part == PLAN_DEVICE);
}

/* ---- capabilities from manifests ---- */

/* What mint_registers() of src/core/device.c gives; false: nothing. */
static bool registers_given(const struct device_bar *bar, const struct manifest_cap *wanted, uint64_t *bytes)
{
    uint64_t whole = u64_min(align_up(bar->bytes, PAGE_BYTES), MMIO_BYTES_MAX);
    if (bar->bytes == 0 || bar->is_io || !is_aligned(bar->base, PAGE_BYTES) || wanted->size > whole)
        return false;
    *bytes = wanted->size != 0 ? align_up(wanted->size, PAGE_BYTES) : whole;
    return true;
}

/* What device_mint() gives for `device`; false: the function has no such thing. */
static bool device_given(const struct device_record *device, struct fact_cap *cap,
                         const struct manifest_cap *wanted)
{
    uint32_t messages = device->irq == DEVICE_IRQ_INTX ? 1 : device->messages;
    switch (wanted->type) {
    case CAP_MMIO:
        return registers_given(&device->bars[(wanted->base & 0xFF) % DEVICE_BARS], wanted, &cap->size);
    case CAP_DEVICE_IRQ:
        cap->base = device->irq;
        return device->irq != DEVICE_IRQ_NONE && wanted->base < messages;
    default:
        return true;
    }
}

/* Of a driver without a device: what it asks for. */
static void cap_wanted(const struct plan *plan, const char *cell, const struct manifest_cap *wanted)
{
    static const char *const caches[] = { "uncached", "write-combining", "write-through", "write-back" };
    char rights[RIGHTS_TEXT_BYTES], words[64] = "";
    rights_text(wanted->rights, rights);
    if (wanted->type == CAP_MMIO)
        (void)text_format(words, sizeof(words), " bar=%u cache=%s size=%llx", (uint32_t)wanted->base & 0xFF,
                          caches[wanted->base >> 8 & 3], (unsigned long long)wanted->size);
    else if (wanted->type == CAP_DEVICE_IRQ)
        (void)text_format(words, sizeof(words), " message=%u", (uint32_t)wanted->base);
    else if (wanted->type == CAP_DMA)
        (void)text_format(words, sizeof(words), " size=%llx", (unsigned long long)wanted->size);
    fact_add(plan->facts, "cap cell=%s type=%s rights=%s%s", cell, name_of_cap(wanted->type), rights, words);
}

static void caps_facts(const struct plan *plan, const struct member *member)
{
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX && member->manifest->caps[i].type != CAP_NONE; i++) {
        const struct manifest_cap *wanted = &member->manifest->caps[i];
        struct fact_cap cap = { .cell = member->name,
                                .type = wanted->type,
                                .rights = wanted->rights,
                                .base = wanted->base,
                                .size = wanted->size };
        if (wanted->type >= CAP_DEVICE && member->device == nullptr)
            cap_wanted(plan, member->name, wanted);
        else if (wanted->type < CAP_DEVICE || device_given(member->device, &cap, wanted))
            fact_cap(plan->facts, &cap);
        if (wanted->type == CAP_MEMORY)
            fact_domain(plan->facts, member->name, DOMAIN_MEMORY, wanted->size);
    }
}

static void member_facts(const struct plan *plan, uint32_t index)
{
    const struct member *member = &plan->members->at[index];
    if (member->manifest == nullptr || !is_of_part(plan, index, index))
        return;
    fact_cell(plan->facts, &(struct fact_cell){ .name = member->name,
                                                .image = member->image,
                                                .manifest = member->manifest,
                                                .restart = member->manifest->restart_policy,
                                                .is_up = true });
    fact_domain(plan->facts, member->name, DOMAIN_PRIVATE, 0);
    caps_facts(plan, member);
}

/* ---- links ---- */

/* Everybody who can be called from `from`, directly or not. */
static uint64_t reachable(const struct plan *plan, uint32_t from)
{
    uint64_t seen = 0, todo = plan->calls[from];
    while (todo != 0) {
        uint32_t next = (uint32_t)__builtin_ctzll(todo);
        seen |= BIT64(next);
        todo = (todo | plan->calls[next]) & ~seen;
    }
    return seen;
}

/* False: the monitor refuses it, as it closes a cycle. */
static bool edge_make(struct plan *plan, uint32_t from, uint32_t uses, uint32_t to)
{
    const struct member *caller = &plan->members->at[from], *callee = &plan->members->at[to];
    const struct manifest_provides *offer = manifest_offer(caller->manifest, uses, callee->manifest,
                                                           INTERFACE_GATE);
    const char *interface = caller->manifest->uses[uses].name;
    if (offer == nullptr || (reachable(plan, to) & BIT64(from)) != 0) {
        if (plan->part == PLAN_ALL)
            fact_add(plan->facts, "problem an edge of %s to %s for %s closes a cycle", caller->name,
                     callee->name, interface);
        return false;
    }
    plan->calls[from] |= BIT64(to);
    if (!is_of_part(plan, from, to))
        return true;
    fact_edge(plan->facts, caller->name, callee->name, interface, offer->entry, PEER_UP);
    fact_cap(plan->facts, &(struct fact_cap){ .cell = caller->name,
                                              .type = CAP_EDGE,
                                              .rights = RIGHT_CALL,
                                              .to = callee->name,
                                              .interface = interface });
    return true;
}

static void channel_make(const struct plan *plan, uint32_t client, uint32_t uses, uint32_t server)
{
    const char *names[2] = { plan->members->at[client].name, plan->members->at[server].name };
    const struct manifest_uses *wanted = &plan->members->at[client].manifest->uses[uses];
    if (!is_of_part(plan, client, server))
        return;
    fact_channel(plan->facts, names[0], names[1], wanted->name, KIB(wanted->channel_kib), PEER_UP);
    fact_domain(plan->facts, names[0], DOMAIN_CHANNEL, KIB(wanted->channel_kib));
    for (uint32_t i = 0; i < 2; i++)
        fact_cap(plan->facts,
                 &(struct fact_cap){
                     .cell = names[i], .type = CAP_NOTIFY, .rights = RIGHT_WRITE, .to = names[1 - i] });
}

/* As link_make() of cells/warden/link.c. */
static void link_make(struct plan *plan, uint32_t client, uint32_t uses, uint32_t server)
{
    uint32_t flags = plan->members->at[client].manifest->uses[uses].flags;
    if ((flags & INTERFACE_GATE) != 0 && !edge_make(plan, client, uses, server))
        return;
    if ((flags & INTERFACE_CHANNEL) != 0)
        channel_make(plan, client, uses, server);
}

static void links_make(struct plan *plan, uint32_t client)
{
    const struct members *members = plan->members;
    for (uint32_t uses = 0; members->at[client].manifest != nullptr && uses < MANIFEST_USES_MAX; uses++) {
        uint64_t servers = wiring_choose(&members->appliance, plan->nodes, members->count, client, uses);
        for (; servers != 0; servers &= servers - 1)
            link_make(plan, client, uses, (uint32_t)__builtin_ctzll(servers));
    }
}

static void nodes_fill(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->members->count; i++)
        plan->nodes[i] = (struct wiring_node){ .name = plan->members->at[i].name,
                                               .manifest = plan->members->at[i].manifest };
}

/* Each function the machine has, and who drives it. */
static void devices_facts(const struct members *members, struct facts *facts)
{
    for (uint32_t i = 0; i < members->device_count; i++) {
        const char *driver = "-";
        for (uint32_t m = 0; m < members->count; m++)
            if (members->at[m].device == &members->devices[i])
                driver = members->at[m].name;
        fact_device(facts, &members->devices[i], driver);
    }
}

void plan_facts(const struct members *members, enum plan_part part, struct facts *facts)
{
    struct plan plan = { .members = members, .facts = facts, .part = part };
    nodes_fill(&plan);
    for (uint32_t i = 0; i < members->count; i++)
        member_facts(&plan, i);
    for (uint32_t i = 0; i < members->count; i++)
        links_make(&plan, i);
    if (part == PLAN_DEVICE)
        devices_facts(members, facts);
}

/* ---- what else there is to say ---- */

static void wires_complain(const struct plan *plan)
{
    uint32_t cursor = 0;
    const struct appliance_wire *wire;
    while ((wire = wiring_senseless(&plan->members->appliance, plan->nodes, plan->members->count, &cursor)) !=
           nullptr)
        fact_add(plan->facts, "problem line %u: %s does not fit the manifests of %s%s%s", wire->line,
                 wire->interface, wire->client, wire->client[0] != '\0' ? " and " : "", wire->server);
}

static void order_complain(const struct plan *plan)
{
    const struct members *members = plan->members;
    struct order_needs needs[CELL_MAX] = { 0 };
    uint8_t order[CELL_MAX];
    for (uint32_t i = 0; i < members->count; i++)
        for (uint32_t uses = 0; members->at[i].manifest != nullptr && uses < MANIFEST_USES_MAX; uses++) {
            const struct manifest_uses *use = &members->at[i].manifest->uses[uses];
            uint64_t servers = wiring_choose(&members->appliance, plan->nodes, members->count, i, uses);
            bool is_optional = use->name[0] == '\0' || (use->flags & INTERFACE_OPTIONAL) != 0;
            needs[i].required |= is_optional ? 0 : servers;
            if (!is_optional && servers == 0)
                fact_add(plan->facts, "problem nobody provides %s, which %s needs", use->name,
                         members->at[i].name);
        }
    uint64_t cyclic = order_compute(needs, members->count, order);
    for (uint32_t i = 0; i < members->count; i++)
        if ((cyclic & BIT64(i)) != 0)
            fact_add(plan->facts, "problem %s depends on itself and never starts", members->at[i].name);
}

static void member_details(const struct plan *plan, const struct member *member)
{
    fact_add(plan->facts, "member cell=%s image=%s start=%s driver=%s", member->name, member->image,
             member->is_manual ? "manual" : "auto", member->is_driver ? "yes" : "no");
    if (member->manifest == nullptr)
        fact_add(plan->facts, "problem %s: there is no image %s that can be started", member->name,
                 member->image);
}

static void pattern_text(uint32_t number, char text[12])
{
    if (number == MATCH_ANY)
        (void)text_copy(text, 12, "any");
    else
        (void)text_format(text, 12, "%04x", number);
}

static void driver_details(const struct plan *plan, const struct appliance_driver *driver)
{
    const struct manifest *manifest = bundle_manifest(plan->members->bundle, driver->cell.image);
    char at[BDF_TEXT_BYTES] = "any", vendor[12], device[12];
    if (driver->at != 0)
        bdf_text(driver->at - 1, at);
    fact_add(plan->facts, "driver image=%s at=%s line=%u", driver->cell.image, at, driver->line);
    for (uint32_t i = 0; manifest != nullptr && i < MANIFEST_MATCH_MAX; i++) {
        const struct manifest_match *match = &manifest->match[i];
        if ((match->vendor | match->device | match->class_code | match->class_mask) == 0)
            break;
        pattern_text(match->vendor, vendor);
        pattern_text(match->device, device);
        fact_add(plan->facts, "match image=%s vendor=%s device=%s class=%06x mask=%06x", driver->cell.image,
                 vendor, device, match->class_code, match->class_mask);
    }
}

void plan_details(const struct members *members, struct facts *facts)
{
    struct plan plan = { .members = members, .facts = facts, .part = PLAN_ALL };
    nodes_fill(&plan);
    for (uint32_t i = 0; i < members->count; i++)
        member_details(&plan, &members->at[i]);
    for (uint32_t i = 0; i < members->appliance.driver_count; i++)
        driver_details(&plan, &members->appliance.drivers[i]);
    wires_complain(&plan);
    order_complain(&plan);
}
