/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What must be open before it is used, checked by the compiler (-Wthread-safety).
 *
 *   extern const struct grant dma_grant;                     a name, no memory: nobody defines it
 *   enum status dma_open(...) GRANT_OPENS(dma_grant);        from its return on it is held
 *   enum status dma_take(...) GRANT_HOLDS(dma_grant);        does not compile where it is not
 *
 * A function that calls one of the second kind says GRANT_HOLDS itself, or has called one of the
 * first kind on each path that leads there: `dma_open(cap) ?: dma_take(...)` will do.  Nothing is
 * closed before the instance ends, so nothing drops a grant.
 *
 * It is blind where a call goes through a pointer: what is called that way (a callback of
 * sdk/cell.h, of sdk/block_server.h) states what it holds, and nobody checks that its caller
 * does.  Nor does it know whether opening has succeeded: the functions themselves look.
 */
struct __attribute__((capability("grant"))) grant {
    char nothing;
};

#define GRANT_OPENS(...) __attribute__((assert_capability(__VA_ARGS__)))
#define GRANT_HOLDS(...) __attribute__((requires_capability(__VA_ARGS__)))
