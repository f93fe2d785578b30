/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <abi/monitor_call.h>
#include <rt/status.h>

/*
 * The capability table.  One record per capability; children hang under what
 * they were derived from.  A record is reused only with a new generation, and
 * generations (48 bits) do not wrap in the life of a machine.
 */
#define CAP_MAX 1024u
#define CAP_DERIVED_MAX 128u /* that one cell has made of others, for itself or for anybody */
#define CAP_SHIFT 16u        /* handle = generation << CAP_SHIFT | index */
#define CAP_ANY_OWNER 0u
#define CAP_SLOT_NONE UINT16_MAX

struct cap {
    struct cap_record is;                   /* type CAP_NONE: free, and the handle is that of its next use */
    uint16_t parent, child, next, previous; /* record indices, 0: none */
    uint16_t slot;                          /* index in the manifest of its owner, or CAP_SLOT_NONE */
};

void cap_init(void);
const char *cap_name(uint32_t type);
/* A root capability.  ST_QUOTA. */
enum status cap_mint(uint32_t owner, uint32_t type, uint32_t rights, uint64_t base, uint64_t size,
                     uint32_t slot, cap_handle *handle);
/* The record if `cell` holds it with all of `rights`; ST_HANDLE, ST_DENIED. */
enum status cap_find(uint32_t cell, cap_handle handle, uint32_t type, uint32_t rights,
                     const struct cap **cap);
/* A child of `handle`, owned by `to`, with rights that are a subset.  ST_QUOTA. */
enum status cap_derive(uint32_t cell, cap_handle handle, uint32_t to, uint32_t rights, cap_handle *derived);
/* Takes a capability of `owner` back with all that was derived from it, whoever owns that. */
enum status cap_revoke(uint32_t owner, cap_handle handle);
/* All that `cell` owns, with descendants. */
void cap_revoke_all(uint32_t cell);
uint32_t cap_count_of(uint32_t owner);
enum status cap_record(uint64_t index, struct cap_record *record);
