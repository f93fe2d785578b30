/* SPDX-License-Identifier: MIT */
#include "match.h"

#define SCORE_FITS 1u /* besides the class bits, of which there are 24 */
#define SCORE_VENDOR 32u
#define SCORE_DEVICE 64u
#define CLASS_BITS 0xFFFFFFu

static bool rule_is_used(const struct manifest_match *rule)
{
    return (rule->vendor | rule->device | rule->class_code | rule->class_mask) != 0;
}

static uint32_t rule_score(const struct manifest_match *rule, const struct device_record *device)
{
    uint32_t mask = rule->class_mask & CLASS_BITS;
    bool has_vendor = rule->vendor != MATCH_ANY;
    bool has_device = rule->device != MATCH_ANY;
    if ((has_vendor && rule->vendor != device->vendor) || (has_device && rule->device != device->device) ||
        ((rule->class_code ^ device->class_code) & mask) != 0)
        return 0;
    return SCORE_FITS + (has_vendor ? SCORE_VENDOR : 0) + (has_device ? SCORE_DEVICE : 0) +
           (uint32_t)__builtin_popcount(mask);
}

uint32_t match_score(const struct manifest *manifest, const struct device_record *device)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < MANIFEST_MATCH_MAX && rule_is_used(&manifest->match[i]); i++) {
        uint32_t score = rule_score(&manifest->match[i], device);
        best = score > best ? score : best;
    }
    return best;
}

bool match_by_place(const struct appliance_driver *driver, const struct manifest *manifest,
                    const struct device_record *device)
{
    return driver->at == device->bdf + 1 &&
           (!rule_is_used(&manifest->match[0]) || match_score(manifest, device) != 0);
}

uint32_t match_choose(const struct appliance *appliance, const struct manifest *const *manifests,
                      const struct device_record *device)
{
    uint32_t chosen = MATCH_NONE;
    uint32_t best = 0;
    for (uint32_t i = 0; i < appliance->driver_count; i++) {
        const struct appliance_driver *driver = &appliance->drivers[i];
        if (manifests[i] == nullptr)
            continue;
        if (match_by_place(driver, manifests[i], device))
            return i;
        uint32_t score = driver->at == 0 ? match_score(manifests[i], device) : 0;
        if (score > best) {
            best = score;
            chosen = i;
        }
    }
    return chosen;
}
