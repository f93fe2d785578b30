/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The cell at the other end: it does what selftest asks, from inside a call or
 * on its own thread, and tells how it went.
 *
 * On its channel it answers every request descriptor with its complement.
 */
#define PEER_INTERFACE "selfpeer"

enum peer_call {
    PEER_NESTED = 1, /* a + b + 1 by a call of its own to echo; UINT64_MAX: that failed */
    PEER_WAIT,       /* the status of MON_WAIT inside this call */
    PEER_EXIT,       /* the status of MON_EXIT inside this call */
    PEER_ENTROPY,    /* a = handle: the status of MON_ENTROPY with it */
    PEER_DERIVE,     /* a = handle, b = rights: the handle derived, 0: refused */
    PEER_REVOKE,     /* a = handle: the status */
    PEER_SEEN,       /* a = enum peer_seen: a register at the entry of the last raw call */
    PEER_DOORBELLS,  /* how often its thread was woken by our doorbell */
    PEER_RING,       /* rings our doorbell: the status */
    PEER_RING_AT,    /* a = TSC: rings our doorbell then, from its own thread */
    PEER_BUSY,       /* a = TSC: until then its thread has always something to do */
    PEER_SPOIL_TAIL, /* a = added to the tail of the completion ring */
    PEER_SPOIL_HEAD, /* a = added to the head of the request ring */
};

/*
 * The raw entry, in assembly: keeps what it finds in the registers, answers the
 * four arguments mixed, leaves PEER_POISON in every register it may and DF set.
 */
#define PEER_RAW_INTERFACE "selfraw"

/* What selftest provides and would use itself: that edge would close the shortest cycle. */
#define SELF_BACK_INTERFACE "selfback"
#define SELF_USES_BACK 5u /* its index in selftest's manifest */
#define PEER_POISON UINT64_C(0x5EC2E75EC2E75EC2)

enum peer_seen {
    SEEN_RAX = 0,
    SEEN_RBX,
    SEEN_RCX,
    SEEN_RDX,
    SEEN_RSI,
    SEEN_RDI,
    SEEN_RBP,
    SEEN_R8,
    SEEN_R9,
    SEEN_R10,
    SEEN_R11,
    SEEN_R12,
    SEEN_R13,
    SEEN_R14,
    SEEN_R15,
    SEEN_RFLAGS,
    SEEN_COUNT
};

/* What the raw entry answers: each argument counts, and so does its place. */
static inline uint64_t peer_mix(const uint64_t arguments[4])
{
    return arguments[0] ^ arguments[1] << 1 ^ arguments[2] << 2 ^ arguments[3] << 3;
}
