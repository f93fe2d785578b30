/* SPDX-License-Identifier: MIT */
#include "manifest_check.h"

#include "unless.h"

#include <abi/cell.h>
#include <abi/channel.h>
#include <abi/device.h>
#include <rt/bits.h>
#include <rt/text.h>

#define INTERFACE_KINDS (INTERFACE_GATE | INTERFACE_CHANNEL)
#define INTERFACE_OFFERS (INTERFACE_KINDS | INTERFACE_DMA)
#define INTERFACE_USES (INTERFACE_KINDS | INTERFACE_MANY | INTERFACE_OPTIONAL)
#define MANIFEST_PORTS UINT64_C(0x10000)
#define MANIFEST_IRQ_LINES 16u
#define MANIFEST_MESSAGES 2048u
#define MANIFEST_PAGE_KIB (PAGE_BYTES / 1024u)

static bool is_zero(const void *memory, uint64_t bytes)
{
    const uint8_t *byte = memory;
    while (bytes > 0 && byte[bytes - 1] == 0)
        bytes--;
    return bytes == 0;
}

/* Free text for people: printable ASCII, may be empty, terminated, zeros after it. */
static bool manifest_is_prose(const char *text, uint64_t bytes)
{
    uint64_t length = 0;
    while (length < bytes && text[length] >= ' ' && text[length] <= '~')
        length++;
    return length < bytes && is_zero(text + length, bytes - length);
}

static const char *manifest_identity_check(const struct manifest *manifest)
{
    return unless(manifest_is_name(manifest->name), "name is not 1..15 of a-z 0-9 _ -")
        ?: unless(manifest_is_prose(manifest->vendor, sizeof(manifest->vendor)),
                  "vendor is not printable text")
        ?: unless(manifest_is_prose(manifest->description, sizeof(manifest->description)),
                  "description is not printable text")
        ?: unless(manifest->device_class < CLASS_COUNT, "unknown device class")
        ?: unless(manifest->restart_policy <= RESTART_ALWAYS, "unknown restart policy")
        ?: unless((manifest->flags & ~(uint32_t)MANIFEST_SCAN_ONLY) == 0, "unknown flags");
}

/* 0 becomes `normal`; the rest must be a multiple of `step` from `low` to `high`. */
struct limit_rule {
    uint32_t normal, low, high, step;
    const char *wrong;
};

/* In the order of struct manifest_limits. */
static const struct limit_rule limit_rules[] = {
    { 1024, MANIFEST_MEMORY_KIB_MIN, MANIFEST_MEMORY_KIB_MAX, MANIFEST_PAGE_KIB,
      "memory limit out of range" },
    { 100, 1, 100, 1, "CPU limit out of range" },
    { 64, 1, MANIFEST_CONCURRENT_MAX, 1, "request limit out of range" },
    { 100000, 1, MANIFEST_IRQ_PER_SECOND_MAX, 1, "interrupt limit out of range" },
    { 1000, 1, MANIFEST_TIMEOUT_MS_MAX, 1, "operation timeout out of range" },
    { 0, 0, UINT32_MAX, 1, "bandwidth limit out of range" },
    { 16, MANIFEST_STACK_KIB_MIN, MANIFEST_STACK_KIB_MAX, MANIFEST_PAGE_KIB, "stack size out of range" },
    { 8, 1, MANIFEST_PRIORITY_MAX, 1, "priority out of range" },
};
static_assert(sizeof(struct manifest_limits) == ARRAY_COUNT(limit_rules) * sizeof(uint32_t), "one rule each");

/* Puts the defaults where they are asked for. */
static const char *manifest_limits_settle(struct manifest_limits *limits)
{
    uint32_t *limit = &limits->memory_kib;
    for (size_t i = 0; i < ARRAY_COUNT(limit_rules); i++) {
        const struct limit_rule *rule = &limit_rules[i];
        limit[i] = limit[i] != 0 ? limit[i] : rule->normal;
        if (limit[i] < rule->low || limit[i] > rule->high || limit[i] % rule->step != 0)
            return rule->wrong;
    }
    return nullptr;
}

static const char *manifest_provides_check(const void *row)
{
    const struct manifest_provides *one = row;
    bool is_gate = (one->flags & INTERFACE_GATE) != 0;
    return unless(manifest_is_name(one->name), "provided interface: bad name")
        ?: unless((one->flags & INTERFACE_KINDS) != 0 && (one->flags & ~(uint32_t)INTERFACE_OFFERS) == 0 &&
                      (one->flags & (INTERFACE_DMA | INTERFACE_CHANNEL)) != INTERFACE_DMA,
                  "provided interface: bad flags")
        ?: unless(is_gate ? one->entry < CELL_ENTRY_MAX : one->entry == 0,
                  "provided interface: no such entry");
}

static const char *manifest_uses_check(const void *row)
{
    const struct manifest_uses *one = row;
    uint32_t kib = one->channel_kib;
    bool is_channel_size = kib >= CHANNEL_KIB_MIN && kib <= CHANNEL_KIB_MAX && kib % MANIFEST_PAGE_KIB == 0;
    return unless(manifest_is_name(one->name), "used interface: bad name")
        ?: unless((one->flags & INTERFACE_KINDS) != 0 && (one->flags & ~(uint32_t)INTERFACE_USES) == 0,
                  "used interface: bad flags")
        ?: unless((one->flags & INTERFACE_CHANNEL) != 0 ? is_channel_size : kib == 0,
                  "used interface: bad channel size");
}

/* What base and size may be, by type; see abi/capability.h. */
static const char *manifest_cap_check(const void *row)
{
    const struct manifest_cap *cap = row;
    if (cap->rights == 0 || (cap->rights & ~(uint32_t)RIGHT_ALL) != 0)
        return "capability: bad rights";
    switch (cap->type) {
    case CAP_PORTS:
        return unless(cap->size != 0 && is_range_inside(cap->base, cap->size, MANIFEST_PORTS),
                      "capability: no such I/O ports");
    case CAP_IRQ:
        return unless(cap->base < MANIFEST_IRQ_LINES && cap->size <= 1, "capability: no such interrupt");
    case CAP_MEMORY:
        return unless(cap->base == 0 && cap->size != 0 && is_aligned(cap->size, PAGE_BYTES) &&
                          cap->size <= MANIFEST_OBJECT_BYTES_MAX,
                      "capability: bad memory size");
    case CAP_CELLS:
        return unless(cap->base < CELL_MAX && cap->size == 0, "capability: no such cell");
    case CAP_MMIO:
        return unless(cap->base < MMIO_BAR(0, MMIO_WRITE_BACK + 1) && cap->base % 256 < DEVICE_BARS &&
                          cap->size <= MMIO_BYTES_MAX,
                      "capability: no such registers");
    case CAP_DMA:
        return unless(cap->base == 0 && cap->size != 0 && is_aligned(cap->size, PAGE_BYTES) &&
                          cap->size <= MMIO_BYTES_MAX,
                      "capability: bad size of DMA memory");
    case CAP_DEVICE_IRQ:
        return unless(cap->base < MANIFEST_MESSAGES && cap->size == 0, "capability: no such interrupt");
    case CAP_LOG:
    case CAP_ENTROPY:
    case CAP_POWER:
    case CAP_WALL_TIME:
    case CAP_PCI:
    case CAP_DEVICE:
        return unless(cap->base == 0 && cap->size == 0, "capability: takes no base and no size");
    default: /* edges, channels and doorbells come from linking only */
        return "capability: not a type to ask for";
    }
}

/*
 * One of the three tables.  Rows follow each other; the first that begins with a zero byte
 * ends them, and all from there on is zero.  Their first `name_bytes` are unlike each other.
 */
static const char *manifest_table_check(const void *table, size_t row_max, size_t row_bytes,
                                        size_t name_bytes, const char *(*row_check)(const void *row))
{
    const uint8_t *end = (const uint8_t *)table + row_max * row_bytes;
    const uint8_t *row = table;
    for (; row != end && *row != 0; row += row_bytes) {
        const char *wrong = row_check(row);
        for (const uint8_t *other = table; other != row && name_bytes != 0 && wrong == nullptr;
             other += row_bytes)
            wrong = unless(memcmp(other, row, name_bytes) != 0, "interface named twice");
        if (wrong != nullptr)
            return wrong;
    }
    return unless(is_zero(row, (uint64_t)(end - row)), "rubbish in an unused slot of a table");
}

static const char *manifest_tables_check(const struct manifest *manifest)
{
    return manifest_table_check(manifest->provides, MANIFEST_PROVIDES_MAX, sizeof(manifest->provides[0]),
                                CELL_NAME_BYTES, manifest_provides_check)
        ?: manifest_table_check(manifest->uses, MANIFEST_USES_MAX, sizeof(manifest->uses[0]), CELL_NAME_BYTES,
                                manifest_uses_check)
        ?: manifest_table_check(manifest->caps, MANIFEST_CAP_MAX, sizeof(manifest->caps[0]), 0,
                                manifest_cap_check);
}

/* The memory limit pays for image and stacks before the cell gets any of it. */
static const char *manifest_memory_check(const struct manifest_limits *limits, uint64_t image_bytes)
{
    uint64_t needed_kib = image_bytes / 1024 + UINT64_C(2) * limits->stack_kib;
    return unless(needed_kib <= limits->memory_kib, "memory limit below image and stacks");
}

const char *manifest_check(struct manifest *manifest, uint64_t image_bytes)
{
    struct manifest_limits settled = manifest->limits;
    /* Any match rule is a legal one: it only ever makes the cell a candidate. */
    const char *wrong = unless(manifest->magic == MANIFEST_MAGIC && manifest->bytes == sizeof(*manifest),
                               "not a manifest")
        ?: unless(manifest->version == MANIFEST_VERSION, "of another version")
        ?: manifest_identity_check(manifest)
        ?: manifest_limits_settle(&settled)
        ?: manifest_tables_check(manifest)
        ?: manifest_memory_check(&settled, image_bytes);
    if (wrong == nullptr)
        manifest->limits = settled;
    return wrong;
}
