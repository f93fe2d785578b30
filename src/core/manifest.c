/* SPDX-License-Identifier: MIT */
#include "manifest.h"

#include <abi/cell.h>
#include <abi/channel.h>
#include <rt/text.h>

/*
 * Each check returns null or the text that says what is wrong.  They all work on
 * the private copy.
 */

#define MANIFEST_PORTS UINT64_C(0x10000)
#define MANIFEST_IRQ_LINES 16u
#define MANIFEST_PAGE_KIB (PAGE_BYTES / 1024u)

static bool is_zero(const void *memory, uint64_t bytes)
{
    const uint8_t *byte = memory;
    for (uint64_t i = 0; i < bytes; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool is_name_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '-';
}

/* A name that can be printed, typed and compared: not empty, terminated, zeros after it. */
static bool manifest_is_name(const char name[CELL_NAME_BYTES])
{
    uint64_t length = 0;
    while (length < CELL_NAME_BYTES && is_name_letter(name[length])) {
        length++;
    }
    return length > 0 && length < CELL_NAME_BYTES && is_zero(name + length, CELL_NAME_BYTES - length);
}

/* Free text for people: printable ASCII, may be empty, terminated, zeros after it. */
static bool manifest_is_prose(const char *text, uint64_t bytes)
{
    uint64_t length = 0;
    while (length < bytes && text[length] >= ' ' && text[length] <= '~') {
        length++;
    }
    return length < bytes && is_zero(text + length, bytes - length);
}

static const char *manifest_identity_check(const struct manifest *manifest)
{
    if (!manifest_is_name(manifest->name)) {
        return "name is not 1..15 of a-z 0-9 _ -";
    }
    if (!manifest_is_prose(manifest->vendor, sizeof(manifest->vendor))) {
        return "vendor is not printable text";
    }
    if (!manifest_is_prose(manifest->description, sizeof(manifest->description))) {
        return "description is not printable text";
    }
    if (manifest->device_class >= CLASS_COUNT) {
        return "unknown device class";
    }
    if (manifest->restart_policy > RESTART_ALWAYS) {
        return "unknown restart policy";
    }
    return manifest->flags == 0 ? nullptr : "unknown flags";
}

/* One number of struct manifest_limits: 0 becomes `normal`, the rest must lie in low..high. */
static bool limit_settle(uint32_t *limit, uint32_t normal, uint32_t low, uint32_t high)
{
    if (*limit == 0) {
        *limit = normal;
    }
    return *limit >= low && *limit <= high;
}

static const char *manifest_limits_settle(struct manifest_limits *limits)
{
    if (!limit_settle(&limits->memory_kib, 1024, MANIFEST_MEMORY_KIB_MIN, MANIFEST_MEMORY_KIB_MAX) ||
        limits->memory_kib % MANIFEST_PAGE_KIB != 0) {
        return "memory limit out of range";
    }
    if (!limit_settle(&limits->cpu_percent, 100, 1, 100)) {
        return "CPU limit out of range";
    }
    if (!limit_settle(&limits->concurrent_requests, 64, 1, MANIFEST_CONCURRENT_MAX)) {
        return "request limit out of range";
    }
    if (!limit_settle(&limits->irq_per_second, 100000, 1, MANIFEST_IRQ_PER_SECOND_MAX)) {
        return "interrupt limit out of range";
    }
    if (!limit_settle(&limits->operation_timeout_ms, 1000, 1, MANIFEST_TIMEOUT_MS_MAX)) {
        return "operation timeout out of range";
    }
    if (!limit_settle(&limits->stack_kib, 16, MANIFEST_STACK_KIB_MIN, MANIFEST_STACK_KIB_MAX) ||
        limits->stack_kib % MANIFEST_PAGE_KIB != 0) {
        return "stack size out of range";
    }
    return limit_settle(&limits->priority, 8, 1, MANIFEST_PRIORITY_MAX) ? nullptr : "priority out of range";
}

/* Entries follow each other from the first slot; what comes after the last is all zero. */
static const char *manifest_provides_check(const struct manifest_provides *provides)
{
    uint32_t i = 0;
    for (; i < MANIFEST_PROVIDES_MAX && provides[i].name[0] != '\0'; i++) {
        const struct manifest_provides *one = &provides[i];
        bool is_gate = (one->flags & INTERFACE_GATE) != 0;
        if (!manifest_is_name(one->name)) {
            return "provided interface: bad name";
        }
        if (one->flags == 0 || (one->flags & ~(uint32_t)(INTERFACE_GATE | INTERFACE_CHANNEL)) != 0) {
            return "provided interface: bad flags";
        }
        if (is_gate ? one->entry >= CELL_ENTRY_MAX : one->entry != 0) {
            return "provided interface: no such entry";
        }
        for (uint32_t k = 0; k < i; k++) {
            if (text_equal(provides[k].name, one->name)) {
                return "provided interface: named twice";
            }
        }
    }
    bool is_clean = is_zero(provides + i, (MANIFEST_PROVIDES_MAX - i) * sizeof(*provides));
    return is_clean ? nullptr : "provided interface: rubbish in an unused slot";
}

static bool manifest_is_channel_size(uint32_t kib)
{
    return kib >= CHANNEL_KIB_MIN && kib <= CHANNEL_KIB_MAX && kib % MANIFEST_PAGE_KIB == 0;
}

static const char *manifest_uses_check(const struct manifest_uses *uses)
{
    uint32_t i = 0;
    for (; i < MANIFEST_USES_MAX && uses[i].name[0] != '\0'; i++) {
        const struct manifest_uses *one = &uses[i];
        uint32_t kinds = one->flags & (INTERFACE_GATE | INTERFACE_CHANNEL);
        if (!manifest_is_name(one->name)) {
            return "used interface: bad name";
        }
        if (kinds == 0 || (one->flags & ~(kinds | INTERFACE_MANY | INTERFACE_OPTIONAL)) != 0) {
            return "used interface: bad flags";
        }
        if ((kinds & INTERFACE_CHANNEL) != 0 ? !manifest_is_channel_size(one->channel_kib)
                                             : one->channel_kib != 0) {
            return "used interface: bad channel size";
        }
        for (uint32_t k = 0; k < i; k++) {
            if (text_equal(uses[k].name, one->name)) {
                return "used interface: named twice";
            }
        }
    }
    bool is_clean = is_zero(uses + i, (MANIFEST_USES_MAX - i) * sizeof(*uses));
    return is_clean ? nullptr : "used interface: rubbish in an unused slot";
}

/* What base and size may be, by type; see abi/capability.h. */
static const char *manifest_cap_check(const struct manifest_cap *cap)
{
    if (cap->rights == 0 || (cap->rights & ~(uint32_t)RIGHT_ALL) != 0) {
        return "capability: bad rights";
    }
    switch (cap->type) {
    case CAP_PORTS:
        return cap->size != 0 && is_range_inside(cap->base, cap->size, MANIFEST_PORTS)
                   ? nullptr
                   : "capability: no such I/O ports";
    case CAP_IRQ:
        return cap->base < MANIFEST_IRQ_LINES && cap->size <= 1 ? nullptr : "capability: no such interrupt";
    case CAP_MEMORY:
        return cap->base == 0 && cap->size != 0 && is_aligned(cap->size, PAGE_BYTES) &&
                       cap->size <= MANIFEST_OBJECT_BYTES_MAX
                   ? nullptr
                   : "capability: bad memory size";
    case CAP_CELLS:
        return cap->base < CELL_MAX && cap->size == 0 ? nullptr : "capability: no such cell";
    case CAP_LOG:
    case CAP_ENTROPY:
    case CAP_POWER:
    case CAP_WALL_TIME:
        return cap->base == 0 && cap->size == 0 ? nullptr : "capability: takes no base and no size";
    default: /* edges, channels and doorbells come from linking only */
        return "capability: not a type to ask for";
    }
}

static const char *manifest_caps_check(const struct manifest_cap *caps)
{
    uint32_t i = 0;
    for (; i < MANIFEST_CAP_MAX && caps[i].type != CAP_NONE; i++) {
        const char *wrong = manifest_cap_check(&caps[i]);
        if (wrong != nullptr) {
            return wrong;
        }
    }
    bool is_clean = is_zero(caps + i, (MANIFEST_CAP_MAX - i) * sizeof(*caps));
    return is_clean ? nullptr : "capability: rubbish in an unused slot";
}

/* The memory limit pays for image and stacks before the cell gets any of it. */
static const char *manifest_memory_check(const struct manifest *manifest, const struct image *image)
{
    uint64_t needed_kib = image_pages(image) * MANIFEST_PAGE_KIB + UINT64_C(2) * manifest->limits.stack_kib;
    return needed_kib <= manifest->limits.memory_kib ? nullptr : "memory limit below image and stacks";
}

static const char *manifest_check(struct manifest *manifest, const struct image *image)
{
    const char *wrong = manifest_identity_check(manifest);
    if (wrong == nullptr) {
        wrong = manifest_limits_settle(&manifest->limits);
    }
    if (wrong == nullptr) {
        wrong = manifest_provides_check(manifest->provides);
    }
    if (wrong == nullptr) {
        wrong = manifest_uses_check(manifest->uses);
    }
    if (wrong == nullptr) {
        wrong = manifest_caps_check(manifest->caps);
    }
    if (wrong == nullptr) {
        wrong = manifest_memory_check(manifest, image);
    }
    return wrong; /* any match rule is a legal one: it only ever makes the cell a candidate */
}

enum status manifest_load(const struct image *image, struct manifest *copy, const char **why)
{
    if (image->note == nullptr) {
        *why = "no manifest";
        return ST_NOT_FOUND;
    }
    struct manifest fresh = image->note->manifest;
    if (fresh.magic != MANIFEST_MAGIC || fresh.bytes != sizeof(fresh)) {
        *why = "not a manifest";
        return ST_INVALID;
    }
    if (fresh.version != MANIFEST_VERSION) {
        *why = "manifest of another version";
        return ST_UNSUPPORTED;
    }
    const char *wrong = manifest_check(&fresh, image);
    if (wrong != nullptr) {
        *why = wrong;
        return ST_INVALID;
    }
    *why = "";
    *copy = fresh;
    return ST_OK;
}
