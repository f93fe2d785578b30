/* SPDX-License-Identifier: MIT */
#include "fake_monitor.h"

#include <abi/bundle.h>
#include <abi/image.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>
#include <sdk/symbol.h>
#include <stdio.h>
#include <stdlib.h>

#define LINK_MAX 512u
#define NS_PER_MS 1000000u

struct fake_link {
    uint32_t client, uses, server;
    bool is_channel, is_up;
};

struct fake_cell fake_cells[CELL_MAX];
bool fake_crashes_at_start;
uint64_t fake_timer;
uint32_t fake_log_errors;
char fake_log_last[256];
uint64_t fake_now_ms;
uint32_t fake_self_kills;
uint32_t fake_crash_image;
struct fake_flip fake_flip;

struct device_record fake_devices[FAKE_DEVICES];
struct channel_record fake_channel_records[FAKE_CHANNELS];
uint32_t fake_log_warnings;

static uint8_t kept_memory[4096];
static struct fake_link links[LINK_MAX];
static uint32_t link_count;
static const char *bundle_text[2];
static const char *boot_line;
static struct cell_info info;
static const struct cell_cap memory = { .type = CAP_MEMORY, .size = sizeof(kept_memory) };
static const struct cell_cap control = { .type = CAP_CELLS, .handle = 0x10001 };

#define GATE INTERFACE_GATE
#define CHANNEL INTERFACE_CHANNEL

static const struct manifest manifests[] = {
    { .name = "warden", .restart_policy = RESTART_ALWAYS, .provides = { { "warden", GATE, 0 } } },
    { .name = "console", .restart_policy = RESTART_ALWAYS, .provides = { { "console", CHANNEL, 0 } } },
    { .name = "echo", .restart_policy = RESTART_ON_CRASH, .provides = { { "echo", GATE, 0 } } },
    { .name = "shell",
      .restart_policy = RESTART_ALWAYS,
      .uses = { { "console", CHANNEL, 32 },
                { "warden", GATE, 0 },
                { "echo", GATE | INTERFACE_MANY | INTERFACE_OPTIONAL, 0 } } },
    { .name = "checker",
      .restart_policy = RESTART_NEVER,
      .uses = { { "block", GATE | CHANNEL | INTERFACE_MANY | INTERFACE_OPTIONAL, 64 } } },
    { .name = "disk",
      .magic = MANIFEST_MAGIC,
      .version = MANIFEST_VERSION,
      .bytes = sizeof(struct manifest),
      .restart_policy = RESTART_ALWAYS,
      .provides = { { "block", GATE | CHANNEL, 0 } },
      .match = { { MATCH_ANY, MATCH_ANY, FAKE_DISK, 0xFFFFFF } } },
    { .name = "slowdisk",
      .magic = MANIFEST_MAGIC,
      .version = MANIFEST_VERSION,
      .bytes = sizeof(struct manifest),
      .restart_policy = RESTART_ALWAYS,
      .provides = { { "block", GATE | CHANNEL, 0 } },
      .match = { { MATCH_ANY, MATCH_ANY, FAKE_DISK, 0xFFFF00 } } },
    { .name = "toy",
      .magic = MANIFEST_MAGIC,
      .version = MANIFEST_VERSION,
      .bytes = sizeof(struct manifest),
      .restart_policy = RESTART_ON_CRASH,
      .match = { { MATCH_ANY, MATCH_ANY, FAKE_TOY, 0xFF0000 } } },
    { .name = "bench", .restart_policy = RESTART_NEVER, .uses = { { "echo", GATE, 0 } } },
    { .name = "left", .provides = { { "l", GATE, 0 } }, .uses = { { "r", GATE, 0 } } },
    { .name = "right", .provides = { { "r", GATE, 0 } }, .uses = { { "l", GATE, 0 } } },
};

static const struct manifest *manifest_of(const char *image)
{
    for (size_t i = 0; i < sizeof(manifests) / sizeof(manifests[0]); i++)
        if (text_equal(manifests[i].name, image))
            return &manifests[i];
    return nullptr;
}

static bool is_up(const struct fake_cell *cell)
{
    return cell->state >= CELL_SPAWNED && cell->state <= CELL_SUSPENDED;
}

void fake_reset(const char *command_line, const char *appliance, const char *other)
{
    memset(fake_cells, 0, sizeof(fake_cells));
    memset(fake_devices, 0, sizeof(fake_devices));
    memset(fake_channel_records, 0, sizeof(fake_channel_records));
    memset(kept_memory, 0, sizeof(kept_memory));
    link_count = fake_log_errors = fake_log_warnings = fake_self_kills = 0;
    fake_crashes_at_start = false;
    fake_flip = (struct fake_flip){};
    fake_crash_image = FAKE_IMAGE;
    fake_timer = WAIT_FOREVER;
    fake_now_ms = 20000;
    bundle_text[0] = appliance;
    bundle_text[1] = other;
    boot_line = command_line;
    info = (struct cell_info){ .id = FAKE_WARDEN };
    fake_cells[FAKE_WARDEN] =
        (struct fake_cell){ .name = "warden", .image = "warden", .state = CELL_RUNNING, .epoch = 1 };
}

static struct device_record *device_at(uint32_t bdf)
{
    for (uint32_t i = 0; i < FAKE_DEVICES; i++)
        if (fake_devices[i].class_code != 0 && fake_devices[i].bdf == bdf)
            return &fake_devices[i];
    return nullptr;
}

void fake_device_add(uint32_t bdf, uint32_t class_code)
{
    for (uint32_t i = 0; i < FAKE_DEVICES; i++) {
        if (fake_devices[i].class_code == 0) {
            fake_devices[i] = (struct device_record){ .bdf = bdf, .class_code = class_code };
            return;
        }
    }
}

void fake_device_remove(uint32_t bdf)
{
    struct device_record *device = device_at(bdf);
    device->is_gone = true;
    if (device->owner == 0)
        *device = (struct device_record){ 0 };
}

static void device_release(const struct fake_cell *cell)
{
    struct device_record *device = device_at(cell->device - 1);
    if (device == nullptr || device->owner != (uint32_t)(cell - fake_cells))
        return;
    device->owner = 0;
    if (device->is_gone)
        *device = (struct device_record){ 0 };
}

struct fake_cell *fake_named(const char *name)
{
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (fake_cells[id].epoch != 0 && text_equal(fake_cells[id].name, name))
            return &fake_cells[id];
    return nullptr;
}

void fake_end(struct fake_cell *cell, enum cell_state state)
{
    uint32_t id = (uint32_t)(cell - fake_cells);
    cell->state = state;
    device_release(cell);
    for (uint32_t i = 0; i < link_count; i++)
        if (links[i].client == id || links[i].server == id)
            links[i].is_up = false;
}

bool fake_cells_step(void)
{
    bool has_changed = false;
    for (uint32_t id = 2; id < CELL_MAX; id++) {
        struct fake_cell *cell = &fake_cells[id];
        enum cell_state before = cell->state;
        if (is_up(cell) && cell->is_dying && !cell->is_in_call) {
            fake_end(cell, CELL_STOPPED);
        } else if (cell->state == CELL_INITIALIZING) {
            bool is_bad = fake_crashes_at_start && text_equal(cell->image, "echo");
            cell->state = is_bad ? CELL_CRASHED : CELL_RUNNING;
        } else if (cell->state == CELL_RUNNING && cell->is_stop_asked && !cell->is_deaf) {
            fake_end(cell, CELL_STOPPED);
        }
        has_changed |= cell->state != before;
    }
    return has_changed;
}

static uint32_t fake_links(const char *client, const char *server, bool is_channel)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < link_count; i++) {
        bool is_pair = text_equal(fake_cells[links[i].client].name, client) &&
                       text_equal(fake_cells[links[i].server].name, server);
        count += links[i].is_up && links[i].is_channel == is_channel && is_pair;
    }
    return count;
}

uint32_t fake_edges(const char *client, const char *server)
{
    return fake_links(client, server, false);
}

uint32_t fake_channels(const char *client, const char *server)
{
    return fake_links(client, server, true);
}

/* --- The SDK and the monitor calls, as far as the warden uses them ----------------------- */

const struct cell_info *cell_info(void)
{
    return &info;
}

const struct cell_cap *cell_cap_find(enum capability_type type)
{
    return type == CAP_CELLS ? &control : type == CAP_MEMORY ? &memory : nullptr;
}

void *cell_memory(const struct cell_cap *cap)
{
    return cap == &memory ? kept_memory : nullptr;
}

void cell_timer_set(uint64_t deadline_tsc)
{
    fake_timer = deadline_tsc;
}

void cell_log(enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)text_vformat(fake_log_last, sizeof(fake_log_last), format, args);
    va_end(args);
    fake_log_errors += level == LOG_ERROR;
    fake_log_warnings += level == LOG_WARN;
    if (getenv("FAKE_LOG") != nullptr)
        printf("%u: %s\n", (unsigned)level, fake_log_last);
}

/* The processor's counter goes on by itself; ours says what time it is. */
uint64_t tsc_to_ns(uint64_t ticks)
{
    (void)ticks;
    return fake_now_ms * NS_PER_MS;
}

uint64_t tsc_after_ms(uint64_t ms)
{
    return fake_now_ms + ms;
}

[[noreturn]] void cell_start(const struct cell_info *page)
{
    (void)page;
    __builtin_trap();
}

enum status mon_notify(cap_handle notify)
{
    return notify == 0 ? ST_OK : ST_HANDLE;
}

static enum status query_cell(uint64_t id, struct cell_record *record)
{
    const struct fake_cell *cell = &fake_cells[id];
    if (cell->epoch == 0)
        return ST_EMPTY;
    *record = (struct cell_record){ .id = (uint32_t)id,
                                    .state = cell->state,
                                    .epoch = cell->epoch,
                                    .restart_policy = manifest_of(cell->image)->restart_policy,
                                    .operation_timeout_ms = 300,
                                    .device = cell->device };
    text_copy(record->name, sizeof(record->name), cell->name);
    text_copy(record->image, sizeof(record->image), cell->image);
    return ST_OK;
}

/* The images of drivers stand behind the appliances. */
#define IMAGE_FIRST 4u
#define IMAGE_OFFSET 4200u /* of the manifest */

static const struct manifest *manifest_in_bundle(uint64_t index)
{
    uint64_t count = ARRAY_COUNT(manifests);
    return index >= IMAGE_FIRST && index - IMAGE_FIRST < count ? &manifests[index - IMAGE_FIRST] : nullptr;
}

static enum status query_bundle(uint64_t index, struct bundle_record *record)
{
    static const char *const names[] = { "default", "other" };
    const struct manifest *image = manifest_in_bundle(index);
    if (image != nullptr) {
        *record = (struct bundle_record){ .kind = BUNDLE_CELL, .bytes = IMAGE_OFFSET + sizeof(*image) };
        text_copy(record->name, sizeof(record->name), image->name);
        return ST_OK;
    }
    if (index >= 4)
        return ST_NOT_FOUND;
    if (index < 2 || bundle_text[index - 2] == nullptr)
        return ST_EMPTY;
    *record = (struct bundle_record){ .kind = BUNDLE_APPLIANCE, .bytes = strlen(bundle_text[index - 2]) };
    text_copy(record->name, sizeof(record->name), names[index - 2]);
    return ST_OK;
}

enum status mon_query(cap_handle cells, enum query_kind kind, uint64_t index, void *record, uint64_t bytes,
                      uint64_t *next)
{
    (void)bytes;
    *next = index + 1;
    if (cells != control.handle)
        return ST_HANDLE;
    if ((kind == QUERY_CELL || kind == QUERY_MANIFEST) && index >= CELL_MAX)
        return ST_NOT_FOUND;
    switch (kind) {
    case QUERY_SYSTEM:
        *(struct system_record *)record = (struct system_record){ 0 };
        text_copy(((struct system_record *)record)->command_line, 256, boot_line);
        return ST_OK;
    case QUERY_CELL:
        return query_cell(index, record);
    case QUERY_MANIFEST:
        if (fake_cells[index].epoch == 0)
            return ST_EMPTY;
        *(struct manifest *)record = *manifest_of(fake_cells[index].image);
        return ST_OK;
    case QUERY_CRASH:
        *(struct crash_record *)record = (struct crash_record){ .image = fake_crash_image,
                                                                .image_offset = FAKE_CRASH_OFFSET };
        return ST_OK;
    case QUERY_DEVICE:
        if (index >= FAKE_DEVICES)
            return ST_NOT_FOUND;
        *(struct device_record *)record = fake_devices[index];
        return fake_devices[index].class_code != 0 ? ST_OK : ST_EMPTY;
    case QUERY_CHANNEL:
        if (index >= FAKE_CHANNELS)
            return ST_NOT_FOUND;
        *(struct channel_record *)record = fake_channel_records[index];
        return fake_channel_records[index].state != 0 ? ST_OK : ST_EMPTY;
    case QUERY_BUNDLE:
        return query_bundle(index, record);
    default:
        return ST_UNSUPPORTED;
    }
}

/* One place of one image has a name. */
bool symbol_find(cap_handle cells, uint32_t image, uint64_t offset, char *text, uint64_t bytes)
{
    bool is_known = cells == control.handle && image == FAKE_IMAGE && offset == FAKE_CRASH_OFFSET;
    text_copy(text, bytes, is_known ? "letter_count+0x7" : "");
    return is_known;
}

/* One place of another image has a trap. */
bool symbol_trap_find(cap_handle cells, uint32_t image, uint64_t offset, struct symbol_trap *trap)
{
    bool is_known = cells == control.handle && image == FAKE_TRAP_IMAGE && offset == FAKE_CRASH_OFFSET;
    *trap = (struct symbol_trap){};
    if (is_known)
        *trap = (struct symbol_trap){ .check = "shift", .file = "cells/one/a.c", .line = 7 };
    return is_known;
}

/* In pieces, as a careful monitor would. */
enum status mon_bundle_read(cap_handle cells, uint32_t entry, uint64_t offset, void *buffer, uint64_t bytes,
                            uint64_t *read)
{
    (void)cells;
    static uint8_t image[IMAGE_OFFSET + sizeof(struct manifest)];
    const struct manifest *manifest = manifest_in_bundle(entry);
    const void *content = image;
    uint64_t left = sizeof(image) - offset;
    if (manifest != nullptr) {
        struct image_header header = { .magic = IMAGE_MAGIC,
                                       .version = IMAGE_VERSION,
                                       .manifest = IMAGE_OFFSET };
        memcpy(image, &header, sizeof(header));
        memcpy(image + IMAGE_OFFSET, manifest, sizeof(*manifest));
    } else {
        content = bundle_text[entry - 2];
        left = strlen(content) - offset;
    }
    *read = left < bytes ? left : bytes;
    *read = *read < 7 ? *read : 7;
    memcpy(buffer, (const uint8_t *)content + offset, *read);
    return ST_OK;
}

enum status mon_cell_create(cap_handle cells, const struct cell_create *create, uint32_t *id)
{
    (void)cells;
    struct fake_cell *cell = fake_named(create->name);
    if (manifest_of(create->image) == nullptr)
        return ST_NOT_FOUND;
    if (cell != nullptr && is_up(cell))
        return ST_EXISTS;
    for (uint32_t i = 2; cell == nullptr && i < CELL_MAX; i++)
        cell = fake_cells[i].epoch == 0 ? &fake_cells[i] : nullptr;
    if (cell == nullptr)
        return ST_QUOTA;
    struct device_record *device = create->device != 0 ? device_at(create->device - 1) : nullptr;
    if (create->device != 0 && (device == nullptr || device->is_gone))
        return ST_NOT_FOUND;
    if (device != nullptr && device->owner != 0)
        return ST_EXISTS;
    struct fake_cell fresh = { .state = CELL_SPAWNED, .epoch = cell->epoch + 1, .starts = cell->starts };
    text_copy(fresh.name, sizeof(fresh.name), create->name);
    text_copy(fresh.image, sizeof(fresh.image), create->image);
    fresh.device = create->device;
    *cell = fresh;
    if (device != nullptr)
        device->owner = (uint32_t)(cell - fake_cells);
    *id = (uint32_t)(cell - fake_cells);
    return ST_OK;
}

enum status mon_cell_start(cap_handle cells, uint32_t id)
{
    (void)cells;
    if (fake_cells[id].state != CELL_SPAWNED)
        return ST_STATE;
    fake_cells[id].state = CELL_INITIALIZING;
    fake_cells[id].starts++;
    return ST_OK;
}

enum status mon_cell_stop(cap_handle cells, uint32_t id)
{
    (void)cells;
    fake_cells[id].is_stop_asked = true;
    return is_up(&fake_cells[id]) ? ST_OK : ST_STATE;
}

enum status mon_cell_kill(cap_handle cells, uint32_t id)
{
    (void)cells;
    if (id == FAKE_WARDEN) {
        fake_self_kills++;
        return ST_OK;
    }
    if (!is_up(&fake_cells[id]))
        return ST_STATE;
    fake_cells[id].is_dying = true;
    if (!fake_cells[id].is_in_call)
        fake_end(&fake_cells[id], CELL_STOPPED);
    return ST_OK;
}

enum status mon_cell_crash(cap_handle cells, uint32_t id, enum crash_reason reason)
{
    (void)cells;
    if (reason == CRASH_NONE || !is_up(&fake_cells[id]))
        return ST_STATE;
    fake_end(&fake_cells[id], CELL_CRASHED);
    return ST_OK;
}

enum status mon_cell_flip(cap_handle cells, uint32_t id, uint64_t text_offset, uint32_t bit)
{
    (void)cells;
    if (!is_up(&fake_cells[id]))
        return ST_STATE;
    if (fake_flip.is_denied)
        return ST_DENIED;
    if (text_offset >= FAKE_TEXT_BYTES)
        return ST_RANGE;
    if (text_offset == 0)
        return ST_REJECTED;
    fake_flip.count++;
    fake_flip.id = id;
    fake_flip.offset = text_offset;
    fake_flip.bit = bit;
    return ST_OK;
}

enum status mon_cell_set_state(cap_handle cells, uint32_t id, enum cell_state state)
{
    (void)cells;
    if (is_up(&fake_cells[id]))
        return ST_STATE;
    fake_cells[id].state = state;
    return ST_OK;
}

static enum status link_make(uint32_t client, uint32_t uses, uint32_t server, bool is_channel)
{
    if (!is_up(&fake_cells[client]) || !is_up(&fake_cells[server]))
        return ST_GONE;
    for (uint32_t i = 0; i < link_count; i++) {
        struct fake_link *link = &links[i];
        if (link->client == client && link->uses == uses && link->server == server &&
            link->is_channel == is_channel) {
            enum status status = link->is_up ? ST_EXISTS : ST_OK;
            link->is_up = true;
            return status;
        }
    }
    if (link_count == LINK_MAX)
        return ST_QUOTA;
    links[link_count++] = (struct fake_link){ client, uses, server, is_channel, true };
    return ST_OK;
}

enum status mon_edge_link(cap_handle cells, uint32_t caller, uint32_t uses_index, uint32_t callee)
{
    (void)cells;
    return link_make(caller, uses_index, callee, false);
}

enum status mon_channel_link(cap_handle cells, uint32_t client, uint32_t uses_index, uint32_t server)
{
    (void)cells;
    return link_make(client, uses_index, server, true);
}

enum status mon_cap_revoke_any(cap_handle cells, cap_handle handle)
{
    (void)cells;
    return handle == 0x20002 ? ST_OK : ST_HANDLE;
}

/* There are no stubs here: what calls one is told that nobody is behind it. */
struct gate_result comb_gate_thunk(uint64_t, uint64_t, uint64_t, uint64_t, gate_stub)
{
    return (struct gate_result){ .status = ST_GONE };
}
