/* SPDX-License-Identifier: MIT */
#pragma once

#include "appliance.h"

#include <abi/device.h>
#include <abi/manifest.h>

/* Which driver a PCI function gets.  Pure. */
#define MATCH_NONE APPLIANCE_DRIVER_MAX

/*
 * How well the rules of `manifest` fit a function; 0: not at all.  A device id
 * counts for more than a vendor's alone, that for more than any class, and a
 * class for more the more of its bits are asked for.
 */
uint32_t match_score(const struct manifest *manifest, const struct device_record *device);

/* True if `driver` may be bound by its at= to a function. */
bool match_by_place(const struct appliance_driver *driver, const struct manifest *manifest,
                    const struct device_record *device);

/*
 * The driver for a function, MATCH_NONE: nobody.  manifests[n] is the one of
 * driver n; null: its image is not there.
 */
uint32_t match_choose(const struct appliance *appliance, const struct manifest *const *manifests,
                      const struct device_record *device);
