/* SPDX-License-Identifier: MIT */
#include "audit_live.h"

#include "fact.h"
#include "names.h"
#include "system.h"
#include "terminal.h"
#include "warden.h"

#include <abi/bundle.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define SETTLE_WAIT_MS 20u
#define READ_BYTES 4096u
#define APPLIANCE_DEFAULT "default"

/* Who has which id while facts are gathered. */
struct audit_name {
    char name[CELL_NAME_BYTES];
    bool is_driver; /* created for a function, so it is a fact of the machine */
};

struct audit {
    struct facts *facts;
    enum audit_part part;
    struct audit_name names[CELL_MAX];
};

static bool is_up(uint32_t state)
{
    return state >= CELL_SPAWNED && state <= CELL_SUSPENDED;
}

static bool is_coming(uint32_t state)
{
    return (is_up(state) && state < CELL_RUNNING) || state == CELL_RESTARTING;
}

static bool is_settled(void)
{
    struct cell_record cell;
    uint64_t index = 0;
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK)
        if (is_coming(cell.state))
            return false;
    return true;
}

enum status audit_settle(uint64_t limit_ms)
{
    uint64_t deadline = tsc_after_ms(limit_ms);
    while (!is_settled()) {
        if (tsc_read() >= deadline)
            return ST_TIMEOUT;
        if (!terminal_wait_ms(SETTLE_WAIT_MS) || terminal_interrupted())
            return ST_AGAIN;
    }
    return ST_OK;
}

static const char *name_at(const struct audit *audit, uint32_t id)
{
    return id < CELL_MAX && audit->names[id].name[0] != '\0' ? audit->names[id].name : "?";
}

/* Does a fact about one cell, or about two, belong to the part that is gathered? */
static bool is_of_part(const struct audit *audit, uint32_t one, uint32_t other)
{
    bool is_device = (one < CELL_MAX && audit->names[one].is_driver) ||
                     (other < CELL_MAX && audit->names[other].is_driver);
    return is_device == (audit->part == AUDIT_DEVICE);
}

static void names_read(struct audit *audit)
{
    struct cell_record cell;
    uint64_t index = 0;
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK) {
        struct audit_name *name = &audit->names[cell.id % CELL_MAX];
        (void)text_copy(name->name, sizeof(name->name), cell.name);
        name->is_driver = cell.device != 0;
    }
    (void)text_copy(audit->names[0].name, CELL_NAME_BYTES, "monitor");
}

/* ---- the image ---- */

/* False: it cannot be read. */
static bool image_hash(uint32_t entry, uint64_t bytes, char text[SHA256_TEXT_BYTES])
{
    static uint8_t part[READ_BYTES];
    const struct cell_cap *cells = cell_cap_find(CAP_CELLS);
    struct sha256 hash;
    sha256_begin(&hash);
    for (uint64_t done = 0; done < bytes;) {
        uint64_t got = 0;
        enum status status = mon_bundle_read(cells->handle, entry, done, part,
                                             u64_min(bytes - done, sizeof(part)), &got);
        if (status != ST_OK || got == 0 || got > sizeof(part))
            return false;
        sha256_add(&hash, part, got);
        done += got;
    }
    sha256_end(&hash, text);
    return true;
}

static void images_gather(struct audit *audit)
{
    struct bundle_record image;
    char hash[SHA256_TEXT_BYTES];
    uint64_t index = 0;
    while (system_next(QUERY_BUNDLE, &index, &image, sizeof(image)) == ST_OK) {
        bool is_read = image_hash((uint32_t)index - 1, image.bytes, hash);
        fact_image(audit->facts, image.kind, image.name, image.bytes, is_read ? hash : "unreadable");
    }
}

/* What stands behind the first "appliance=", which is the one that the warden takes. */
static void appliance_name(const char *line, char name[CELL_NAME_BYTES])
{
    static const char key[] = "appliance=";
    (void)text_copy(name, CELL_NAME_BYTES, APPLIANCE_DEFAULT);
    for (size_t at = 0; line[at] != '\0';) {
        size_t end = at;
        while (line[end] != '\0' && line[end] != ' ')
            end++;
        size_t value = at + sizeof(key) - 1;
        if (end > value && end - value < CELL_NAME_BYTES && memcmp(&line[at], key, sizeof(key) - 1) == 0) {
            memcpy(name, &line[value], end - value);
            name[end - value] = '\0';
            return;
        }
        at = line[end] == '\0' ? end : end + 1;
    }
}

static void system_gather(struct audit *audit)
{
    struct system_record system;
    char name[CELL_NAME_BYTES];
    if (system_read(&system) != ST_OK)
        return;
    appliance_name(system.command_line, name);
    fact_build(audit->facts, system.build);
    fact_appliance(audit->facts, name);
}

/* ---- the tables ---- */

static void cells_gather(struct audit *audit)
{
    struct cell_record cell;
    struct manifest manifest;
    uint64_t index = 0;
    while (system_next(QUERY_CELL, &index, &cell, sizeof(cell)) == ST_OK) {
        if (!is_of_part(audit, cell.id, 0) || manifest_by_id(cell.id, &manifest) != ST_OK)
            continue;
        bool is_set = false;
        struct fact_cell fact = {
            .name = cell.name, .image = cell.image, .manifest = &manifest, .is_up = is_up(cell.state)
        };
        if (warden_policy(cell.name, &fact.restart, &is_set) != ST_OK)
            fact.restart = cell.restart_policy;
        fact_cell(audit->facts, &fact);
    }
}

/* Its other end, which for the two types that linking makes is a part of what it lets do. */
static uint32_t cap_peer(const struct cap_record *cap, struct edge_record *edge)
{
    if (cap->type == CAP_EDGE && edge_by_id((uint32_t)cap->base, edge) == ST_OK)
        return edge->callee;
    return cap->type == CAP_NOTIFY ? (uint32_t)u64_min(cap->base, UINT32_MAX) : 0;
}

static void caps_gather(struct audit *audit)
{
    struct cap_record cap;
    uint64_t index = 0;
    while (system_next(QUERY_CAP, &index, &cap, sizeof(cap)) == ST_OK) {
        struct edge_record edge = { 0 };
        uint32_t peer = cap_peer(&cap, &edge);
        if (!is_of_part(audit, cap.owner, peer))
            continue;
        fact_cap(audit->facts, &(struct fact_cap){
                                   .cell = name_at(audit, cap.owner),
                                   .type = cap.type,
                                   .rights = cap.rights,
                                   .from = cap.parent_owner != 0 ? name_at(audit, cap.parent_owner) : nullptr,
                                   .to = name_at(audit, peer),
                                   .interface = edge.interface,
                                   .base = cap.base,
                                   .size = cap.size });
    }
}

static void edges_gather(struct audit *audit)
{
    struct edge_record edge;
    uint64_t index = 0;
    while (system_next(QUERY_EDGE, &index, &edge, sizeof(edge)) == ST_OK)
        if (is_of_part(audit, edge.caller, edge.callee))
            fact_edge(audit->facts, name_at(audit, edge.caller), name_at(audit, edge.callee), edge.interface,
                      edge.entry, edge.state);
}

static void channels_gather(struct audit *audit)
{
    struct channel_record channel;
    uint64_t index = 0;
    while (system_next(QUERY_CHANNEL, &index, &channel, sizeof(channel)) == ST_OK)
        if (is_of_part(audit, channel.client, channel.server))
            fact_channel(audit->facts, name_at(audit, channel.client), name_at(audit, channel.server),
                         channel.interface, channel.bytes, channel.state);
}

/* The server of the channel whose memory a domain is; 0: it is none. */
static uint32_t domain_server(uint32_t domain)
{
    struct channel_record channel;
    uint64_t index = 0;
    while (system_next(QUERY_CHANNEL, &index, &channel, sizeof(channel)) == ST_OK)
        if (channel.domain == domain)
            return channel.server;
    return 0;
}

static void domains_gather(struct audit *audit)
{
    struct domain_record domain;
    uint64_t index = 0;
    while (system_next(QUERY_DOMAIN, &index, &domain, sizeof(domain)) == ST_OK) {
        uint32_t server = domain.kind == DOMAIN_CHANNEL ? domain_server(domain.id) : 0;
        if (is_of_part(audit, domain.owner, server))
            fact_domain(audit->facts, name_at(audit, domain.owner), domain.kind,
                        domain.kind == DOMAIN_PRIVATE ? 0 : domain.pages * PAGE_BYTES);
    }
}

/* ---- the machine ---- */

static void devices_gather(struct audit *audit)
{
    struct device_record device;
    uint64_t index = 0;
    while (system_next(QUERY_DEVICE, &index, &device, sizeof(device)) == ST_OK)
        if (!device.is_gone)
            fact_device(audit->facts, &device, device.owner != 0 ? name_at(audit, device.owner) : "-");
}

static void machine_gather(struct audit *audit)
{
    struct system_record system;
    if (system_read(&system) != ST_OK)
        return;
    fact_add(audit->facts, "machine backend=%s iommu=%s remaps=%s virtio-bypass=%s faults=%s",
             name_of_backend(system.backend), system.iommu_units != 0 ? "on" : "off",
             system.iommu_remaps_interrupts != 0 ? "on" : "off",
             system_option_equals("virtio-bypass", "allow") ? "allow" : "refuse",
             system_option_equals("faults", "allow") ? "allow" : "refuse");
}

enum status audit_gather(enum audit_part part, struct facts *facts)
{
    struct audit audit = { .facts = facts, .part = part };
    facts_begin(facts);
    names_read(&audit);
    if (part == AUDIT_FIXED) {
        images_gather(&audit);
        system_gather(&audit);
    } else {
        devices_gather(&audit);
        machine_gather(&audit);
    }
    cells_gather(&audit);
    caps_gather(&audit);
    edges_gather(&audit);
    channels_gather(&audit);
    domains_gather(&audit);
    facts_sort(facts);
    return facts->is_cut ? ST_QUOTA : ST_OK;
}
