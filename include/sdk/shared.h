/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/pointer.h>
#include <stdint.h>

/*
 * The only ways to touch shared memory.  Each reads or writes exactly once;
 * the value read is the caller's copy and stays what it is.
 *
 * A read of an index acquires and a write of an index releases, so what the
 * peer wrote before it published an index is there when the index is seen.
 * 64-bit accesses are relaxed: payload, ordered by the index around it.
 *
 * A model of the protocols above them may define SHARED_HOOK, a statement that
 * runs before each access and fence, to switch to the other side there; or
 * SHARED_MODEL, and then supply all five functions itself, store buffers
 * included.
 */
#ifndef SHARED_HOOK
#define SHARED_HOOK() ((void)0)
#endif

#ifdef SHARED_MODEL

uint32_t shared_read32(const uint32_t SHARED *from);
void shared_write32(uint32_t SHARED *to, uint32_t value);
uint64_t shared_read64(const uint64_t SHARED *from);
void shared_write64(uint64_t SHARED *to, uint64_t value);
void shared_fence(void);

#else

static inline uint32_t shared_read32(const uint32_t SHARED *from)
{
    SHARED_HOOK();
    return __atomic_load_n((const volatile uint32_t *)from, __ATOMIC_ACQUIRE);
}

static inline void shared_write32(uint32_t SHARED *to, uint32_t value)
{
    SHARED_HOOK();
    __atomic_store_n((volatile uint32_t *)to, value, __ATOMIC_RELEASE);
}

static inline uint64_t shared_read64(const uint64_t SHARED *from)
{
    SHARED_HOOK();
    return __atomic_load_n((const volatile uint64_t *)from, __ATOMIC_RELAXED);
}

static inline void shared_write64(uint64_t SHARED *to, uint64_t value)
{
    SHARED_HOOK();
    __atomic_store_n((volatile uint64_t *)to, value, __ATOMIC_RELAXED);
}

/* Our earlier writes are seen before our later reads are made; the one order x86 does not give. */
static inline void shared_fence(void)
{
    SHARED_HOOK();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif

/*
 * Copies of payload: each byte is read and written once.  The caller has
 * checked that the range lies in the domain (channel_pool_at).  A peer that
 * writes meanwhile gets a torn copy to look at, nothing worse: check the copy.
 */
void shared_copy_in(void *restrict to, const void SHARED *from, uint64_t bytes);
void shared_copy_out(void SHARED *to, const void *restrict from, uint64_t bytes);
void shared_fill(void SHARED *to, uint8_t byte, uint64_t bytes);
