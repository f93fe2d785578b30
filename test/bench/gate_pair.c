/* SPDX-License-Identifier: MIT */
#include "gate_pair.h"

#include "gate_jump.h"

#include <cpuid.h>
#include <errno.h>
#include <rt/bits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

/* One after the other, a page each; a page without a use is a guard. */
enum pair_page {
    PAGE_STUB,
    PAGE_CALLER_CONSTANTS,
    PAGE_CALLER_STATE,
    PAGE_CALLEE_CONSTANTS,
    PAGE_CALLEE_STATE,
    PAGE_CALLER_STACK = 6,
    PAGE_CALLEE_STACK = 8,
    PAGE_COUNT = 10
};

#define CPUID_FEATURES 7u
#define CPUID_ECX_PKU BIT32(3)
#define CPUID_ECX_OSPKE BIT32(4)
#define PKRU_CLOSED 0xFFFFFFFCu /* key 0 open, all else closed */
#define KEY_OPEN(key) (~(UINT32_C(3) << (2 * (uint32_t)(key))))

static const char *keys_missing(void)
{
    uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid_count(CPUID_FEATURES, 0, &eax, &ebx, &ecx, &edx) == 0 || (ecx & CPUID_ECX_PKU) == 0)
        return "this processor has no protection keys";
    return (ecx & CPUID_ECX_OSPKE) == 0 ? "the kernel does not enable protection keys" : nullptr;
}

static enum pair_outcome complain(enum pair_outcome outcome, const char *what, char *why, size_t why_bytes)
{
    int error = errno;
    snprintf(why, why_bytes, "%s: %s", what, strerror(error));
    return outcome;
}

static uint8_t *page_at(const struct gate_pair *pair, enum pair_page page)
{
    return pair->stub + (size_t)page * PAGE_BYTES;
}

static bool page_open(const struct gate_pair *pair, enum pair_page page, int key)
{
    return pkey_mprotect(page_at(pair, page), PAGE_BYTES, PROT_READ | PROT_WRITE, key) == 0;
}

static bool pages_create(struct gate_pair *pair, int caller_key, int callee_key)
{
    void *pages = mmap(nullptr, (size_t)PAGE_COUNT * PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                       0);
    if (pages == MAP_FAILED)
        return false;
    pair->stub = pages;
    pair->caller_constants = (struct gate_constants *)page_at(pair, PAGE_CALLER_CONSTANTS);
    pair->caller_state = (struct gate_state *)page_at(pair, PAGE_CALLER_STATE);
    pair->callee_constants = (struct gate_constants *)page_at(pair, PAGE_CALLEE_CONSTANTS);
    pair->callee_state = (struct gate_state *)page_at(pair, PAGE_CALLEE_STATE);
    uint64_t used = PAGE_BYTES - PAIR_STACK_SPARE * sizeof(uint64_t);
    pair->caller_stack = (uint64_t)page_at(pair, PAGE_CALLER_STACK) + used;
    pair->callee_stack = (uint64_t)page_at(pair, PAGE_CALLEE_STACK) + used;
    return page_open(pair, PAGE_STUB, 0) && page_open(pair, PAGE_CALLER_CONSTANTS, caller_key) &&
           page_open(pair, PAGE_CALLER_STATE, caller_key) && page_open(pair, PAGE_CALLER_STACK, caller_key) &&
           page_open(pair, PAGE_CALLEE_CONSTANTS, callee_key) &&
           page_open(pair, PAGE_CALLEE_STATE, callee_key) && page_open(pair, PAGE_CALLEE_STACK, callee_key);
}

/* What the monitor's arch_gate_link does. */
static bool edge_link(struct gate_pair *pair)
{
    uint64_t tokens[2];
    if (getrandom(tokens, sizeof(tokens), 0) != (ssize_t)sizeof(tokens))
        return false;
    struct gate_constants *out = pair->caller_constants;
    struct gate_constants *in = pair->callee_constants;
    in->in_token[PAIR_IN_SLOT] = out->out_token[PAIR_OUT_SLOT] = tokens[0];
    in->in_return[PAIR_IN_SLOT] = out->out_return[PAIR_OUT_SLOT] = tokens[1];
    in->in_entry[PAIR_IN_SLOT] = (uint64_t)cell_null;
    pair->callee_state->entry_stack = pair->callee_stack;
    struct gate_side caller = { (uint64_t)out, (uint64_t)pair->caller_state, PAIR_OUT_SLOT,
                                pair->caller_pkru };
    struct gate_side callee = { (uint64_t)in, (uint64_t)pair->callee_state, PAIR_IN_SLOT, pair->callee_pkru };
    memset(pair->stub, 0xCC, PAGE_BYTES);
    gate_build(pair->stub, (uint64_t)pair->stub, &caller, &callee, true);
    return mprotect(pair->stub, PAGE_BYTES, PROT_READ | PROT_EXEC) == 0 && pair_seal(pair);
}

enum pair_outcome pair_create(struct gate_pair *pair, char *why, size_t why_bytes)
{
    const char *missing = keys_missing();
    if (missing != nullptr) {
        snprintf(why, why_bytes, "%s", missing);
        return PAIR_UNSUPPORTED;
    }
    int caller_key = pkey_alloc(0, 0);
    int callee_key = pkey_alloc(0, 0);
    if (caller_key < 0 || callee_key < 0)
        return complain(PAIR_UNSUPPORTED, "no two protection keys to be had", why, why_bytes);
    pair->open_pkru = pkru_read();
    pair->caller_pkru = PKRU_CLOSED & KEY_OPEN(caller_key);
    pair->callee_pkru = PKRU_CLOSED & KEY_OPEN(callee_key);
    if (!pages_create(pair, caller_key, callee_key) || !edge_link(pair))
        return complain(PAIR_FAILED, "the cells cannot be set up", why, why_bytes);
    return PAIR_OK;
}

void pair_stack_fill(struct gate_pair *pair, uint64_t caller_word, uint64_t callee_word)
{
    uint64_t *caller = (uint64_t *)pair->caller_stack;
    uint64_t *callee = (uint64_t *)pair->callee_stack;
    for (uint32_t i = 0; i < PAIR_STACK_SPARE; i++) {
        caller[i] = caller_word;
        callee[i] = callee_word;
    }
}

/* The key of a page stays when mprotect changes the rest. */
static bool constants_protect(const struct gate_pair *pair, int protection)
{
    return mprotect(pair->caller_constants, PAGE_BYTES, protection) == 0 &&
           mprotect(pair->callee_constants, PAGE_BYTES, protection) == 0;
}

bool pair_unseal(struct gate_pair *pair)
{
    return constants_protect(pair, PROT_READ | PROT_WRITE);
}

bool pair_seal(struct gate_pair *pair)
{
    return constants_protect(pair, PROT_READ);
}
