/* SPDX-License-Identifier: MIT */

/*
 * The cell's limits: requests at once, and bytes per second.
 *
 * Bandwidth is a bucket that fills by a tenth of a second's worth every tenth
 * of a second and holds no more.  A job is admitted while something is in it
 * and may overdraw it; so jobs larger than the bucket pass, and the mean holds.
 */

#include "block_service.h"

#include <rt/bits.h>
#include <sdk/monitor.h>

#define GRAINS_PER_S 10u

static struct {
    uint32_t jobs;
    bool is_of_manifest; /* `jobs` is the manifest's number, not the device's */
    int64_t grain_bytes; /* 0: no limit */
    int64_t tokens;
    uint64_t grain_ticks;
    uint64_t refilled_tsc;
    bool has_refused; /* since the last refill */
} limit;

void block_limit_init(void)
{
    const struct manifest_limits *limits = &cell_info()->limits;
    limit.is_of_manifest = limits->concurrent_requests < block_server.depth;
    limit.jobs = limit.is_of_manifest ? limits->concurrent_requests : block_server.depth;
    limit.grain_bytes = (int64_t)(KIB(limits->bandwidth_kib_per_s) / GRAINS_PER_S);
    limit.grain_ticks = cell_info()->tsc_hz / GRAINS_PER_S;
    limit.tokens = limit.grain_bytes;
    limit.refilled_tsc = tsc_read();
    limit.has_refused = false;
}

uint32_t block_limit_jobs(void)
{
    return limit.jobs;
}

bool block_limit_binds(void)
{
    return limit.is_of_manifest;
}

static void limit_refill(void)
{
    uint64_t elapsed = tsc_read() - limit.refilled_tsc;
    if (elapsed < limit.grain_ticks)
        return;
    uint64_t grains = elapsed / limit.grain_ticks;
    limit.refilled_tsc += grains * limit.grain_ticks;
    /* Enough to fill it from any debt: one job's bytes are 32 bits. */
    uint64_t most = (uint64_t)UINT32_MAX / (uint64_t)limit.grain_bytes + 2;
    limit.tokens += (int64_t)u64_min(grains, most) * limit.grain_bytes;
    if (limit.tokens > limit.grain_bytes)
        limit.tokens = limit.grain_bytes;
    limit.has_refused = false;
}

bool block_limit_admits(uint32_t bytes)
{
    if (limit.grain_bytes == 0 || bytes == 0)
        return true;
    if (limit.tokens <= 0)
        limit_refill();
    limit.has_refused |= limit.tokens <= 0;
    return limit.tokens > 0;
}

void block_limit_charge(uint32_t bytes)
{
    if (limit.grain_bytes != 0)
        limit.tokens -= bytes;
}

uint64_t block_limit_next(void)
{
    return limit.has_refused ? limit.refilled_tsc + limit.grain_ticks : WAIT_FOREVER;
}
