/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How every fallible operation in Comb ends.
 *
 * A status says that a device, a packet, another cell or the firmware did
 * something wrong, or that a limit was met.  A broken invariant of our own is
 * an ASSERT, never a status.  Values are part of the ABI: append, never renumber.
 */
enum [[nodiscard]] status {
    ST_OK = 0,
    ST_EMPTY,       /* nothing there now; not an error for a consumer that polls */
    ST_FULL,        /* no room now */
    ST_AGAIN,       /* cannot be done now, may be done later */
    ST_TIMEOUT,     /* the named bound passed */
    ST_DENIED,      /* the capability does not carry the right */
    ST_HANDLE,      /* no such capability: forged, stale, revoked or another cell's */
    ST_FAULT,       /* the address is not memory of the caller with that right */
    ST_RANGE,       /* a number is outside its limits */
    ST_INVALID,     /* malformed argument, image, manifest or request */
    ST_NO_MEMORY,   /* no physical frame left */
    ST_QUOTA,       /* the cell's own limit is used up */
    ST_NOT_FOUND,   /* nothing by that name or index */
    ST_EXISTS,      /* the name or the claim is taken */
    ST_STATE,       /* not a legal transition from the present state */
    ST_GONE,        /* the peer is not running */
    ST_REVOKED,     /* the edge or capability has been taken back */
    ST_CRASHED,     /* the callee died while it served this call */
    ST_DEVICE,      /* the device broke its contract */
    ST_IO,          /* the device reported an error for this request */
    ST_UNSUPPORTED, /* known, not offered here */
    ST_BUSY,        /* in use by someone else */
    ST_CYCLE,       /* the edge would close a cycle in the call graph */
    ST_REJECTED,    /* the scanner found a forbidden byte sequence */
    ST_COUNT
};

/* A short lower-case word for `status`, "unknown" for anything else.  Static memory. */
const char *status_name(enum status status);
