/* SPDX-License-Identifier: MIT */
#pragma once

#include "frame.h"

/*
 * A logical domain: a set of pages with one owner's rights, in an address slot
 * of its own.  How it is enforced (a hardware key, a page table) is the
 * architecture's business.
 */
#define DOMAIN_MAX 256u
#define DOMAIN_NONE UINT32_MAX
#define DOMAIN_SLOT_BYTES GIB(1)

struct domain {
    uint32_t id;     /* slot; 0 is the gate region and never handed out */
    uint32_t kind;   /* enum domain_kind, 0: free */
    uint32_t owner;  /* cell id it is accounted to */
    int32_t key;     /* arch: hardware key, -1 parked */
    phys_addr table; /* arch: root of the slot's tables */
    uint64_t pages;
    uint32_t device_of; /* cell whose device reaches the pool in it, 0: none */
    uint64_t used_at;
    uint64_t faults;
};

void domain_init(void);
/* ST_QUOTA when all slots are taken, ST_NO_MEMORY. */
enum status domain_create(enum domain_kind kind, uint32_t owner, struct domain **domain);
void domain_destroy(struct domain *domain);
struct domain *domain_at(uint32_t id); /* null: free */

/* Fresh zeroed pages at [offset, offset + count pages).  On failure the domain keeps what was mapped. */
enum status domain_grow(struct domain *domain, uint64_t offset, uint64_t count, uint32_t rights);

/* The same, of frames that lie in a row, readable and writable. */
enum status domain_grow_run(struct domain *domain, uint64_t offset, uint64_t count);

void domain_attach(struct cell *cell, struct domain *domain);
void domain_detach(struct cell *cell, struct domain *domain);
bool domain_is_held(const struct cell *cell, uint32_t id);
uint32_t domain_count(void);
enum status domain_record(uint32_t id, struct domain_record *record);

/*
 * Copies between the monitor and pages of `domain` at absolute `address`,
 * through the monitor's own view; ST_FAULT unless every byte lies in the domain
 * with `rights`.
 */
enum status domain_copy_in(const struct domain *domain, void *to, uint64_t address, uint64_t bytes);
enum status domain_copy_out(const struct domain *domain, uint64_t address, const void *from, uint64_t bytes);
/* The same without asking for PAGE_WRITE: the monitor fills read-only pages. */
enum status domain_store(const struct domain *domain, uint64_t address, const void *from, uint64_t bytes);
