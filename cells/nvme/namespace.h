/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block_server.h>

/*
 * What the controller says of itself and of its namespaces, as units of the
 * block class.  Unit n is the nth namespace that can be used, in the order of
 * their ids; that order stands for the life of this instance.
 */
#define NAMESPACE_MAX BLOCK_UNITS_MAX
#define TRANSFER_BYTES_MAX (UINT32_C(1) << 20)

struct namespaces {
    struct block_unit units[NAMESPACE_MAX];
    uint32_t nsids[NAMESPACE_MAX];
    uint32_t count;
    uint32_t transfer_bytes_max;
    uint32_t features; /* enum block_feature, of all */
    bool has_cache;    /* a volatile one: flush means something */
    bool tells_changes;
    char model[BLOCK_TEXT_BYTES], serial[BLOCK_TEXT_BYTES];
};

/* Asks the enabled controller.  The first time finds the units; later times bring them up to date. */
enum status namespaces_find(struct namespaces *namespaces, uint32_t version);
enum status namespaces_refresh(struct namespaces *namespaces);
