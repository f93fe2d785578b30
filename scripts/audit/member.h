/* SPDX-License-Identifier: MIT */
#pragma once

#include "bundle.h"

#include <abi/device.h>
#include <warden/appliance.h>
#include <warden/wiring.h>

#define DEVICE_MAX 64u

/* Who is there.  The order is the warden's: cells of the appliance, itself, drivers as functions come. */
struct member {
    char name[CELL_NAME_BYTES];
    char image[CELL_NAME_BYTES];
    const struct manifest *manifest;    /* null: no instance, so it takes part in nothing */
    const struct device_record *device; /* of a driver; null: some function that fits */
    bool is_driver, is_manual;
};

struct members {
    const struct bundle *bundle;
    struct appliance appliance;
    struct device_record devices[DEVICE_MAX];
    uint32_t device_count;
    struct member at[CELL_MAX];
    uint32_t count;
};

/* The cells of the appliance that start by themselves, and the warden. */
void members_begin(struct members *members);
/* Those that people may start as well, and one driver of each kind. */
void members_add_possible(struct members *members);
/* A driver for each of members->devices that one fits. */
void members_add_drivers(struct members *members);
/* "00:1f.2 8086 2922 010601 msi 1 1 -,-,-,-,p20,m1000": a device as its fact has it. */
bool members_device_parse(struct members *members, const char *text);
