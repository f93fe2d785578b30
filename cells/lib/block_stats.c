/* SPDX-License-Identifier: MIT */

/* What the server counts, and the gate that tells. */

#include "block_service.h"

#include <rt/bits.h>
#include <rt/text.h>

#define GRAINS_PER_S 10u
#define US_PER_S UINT64_C(1000000)

uint64_t block_counts[BLOCK_FIELD_COUNT];

static struct {
    uint64_t jobs, ticks, ticks_max; /* answered by a device, and how long that took */
    uint64_t buckets[BLOCK_LATENCY_BUCKETS];
    uint64_t us_per_tick; /* times 2^32: no division per job */
    uint64_t grain_ticks, grain_start;
    uint64_t grain_bytes, grain_bytes_max;
} stats;

void block_stats_init(void)
{
    uint64_t tsc_hz = cell_info()->tsc_hz;
    memset(block_counts, 0, sizeof(block_counts));
    memset(&stats, 0, sizeof(stats));
    stats.us_per_tick = (US_PER_S << 32) / tsc_hz;
    stats.grain_ticks = tsc_hz / GRAINS_PER_S;
}

static void stats_latency(uint64_t ticks)
{
    uint64_t us = (uint64_t)((unsigned __int128)ticks * stats.us_per_tick >> 32);
    uint32_t bucket = 63u - (uint32_t)__builtin_clzll(us | 1);
    stats.buckets[bucket < BLOCK_LATENCY_BUCKETS ? bucket : BLOCK_LATENCY_BUCKETS - 1]++;
    stats.jobs++;
    stats.ticks += ticks;
    if (ticks > stats.ticks_max)
        stats.ticks_max = ticks;
}

static void stats_bytes(uint32_t bytes, uint64_t now)
{
    if (now - stats.grain_start >= stats.grain_ticks) {
        stats.grain_start = now;
        stats.grain_bytes = 0;
    }
    stats.grain_bytes += bytes;
    if (stats.grain_bytes > stats.grain_bytes_max)
        stats.grain_bytes_max = stats.grain_bytes;
}

void block_stats_job(const struct block_job *job, enum status status, uint64_t now)
{
    stats_latency(now - job->started_tsc);
    if (status != ST_OK) {
        block_counts[BLOCK_FIELD_ERRORS]++;
        return;
    }
    if (job->operation == BLOCK_READ) {
        block_counts[BLOCK_FIELD_READS]++;
        block_counts[BLOCK_FIELD_BYTES_READ] += job->bytes;
    } else if (job->operation == BLOCK_WRITE) {
        block_counts[BLOCK_FIELD_WRITES]++;
        block_counts[BLOCK_FIELD_BYTES_WRITTEN] += job->bytes;
    } else if (job->operation == BLOCK_FLUSH) {
        block_counts[BLOCK_FIELD_FLUSHES]++;
    }
    stats_bytes(job->bytes, now);
}

/* ---- the gate ---- */

static uint64_t unit_field(const struct block_unit *unit, uint64_t field)
{
    switch (field) {
    case BLOCK_FIELD_BLOCK_BYTES:
        return unit->block_bytes;
    case BLOCK_FIELD_BLOCK_COUNT:
        return unit->block_count;
    case BLOCK_FIELD_READ_ONLY:
        return unit->is_read_only;
    case BLOCK_FIELD_REMOVABLE:
        return unit->is_removable;
    case BLOCK_FIELD_TRANSFER_BLOCKS_MAX:
        return unit->transfer_blocks_max;
    case BLOCK_FIELD_FEATURES:
        return unit->features;
    case BLOCK_FIELD_HEALTH:
        return unit->health;
    default:
        return 0;
    }
}

static uint64_t server_field(uint64_t field)
{
    switch (field) {
    case BLOCK_FIELD_ALIGNMENT:
        return BLOCK_ALIGN;
    case BLOCK_FIELD_UNITS:
        return block_server.unit_count;
    case BLOCK_FIELD_DEPTH:
        return block_limit_jobs();
    case BLOCK_FIELD_INFLIGHT:
        return block_jobs_count();
    case BLOCK_FIELD_LATENCY_MEAN_NS:
        return stats.jobs == 0 ? 0 : tsc_to_ns(stats.ticks / stats.jobs);
    case BLOCK_FIELD_LATENCY_MAX_NS:
        return tsc_to_ns(stats.ticks_max);
    case BLOCK_FIELD_PEAK_KIB_PER_S:
        return stats.grain_bytes_max * GRAINS_PER_S / KIB(1);
    default:
        return field < BLOCK_FIELD_COUNT ? block_counts[field] : 0;
    }
}

static bool is_of_unit(uint64_t field)
{
    return field <= BLOCK_FIELD_TRANSFER_BLOCKS_MAX || field == BLOCK_FIELD_FEATURES ||
           field == BLOCK_FIELD_HEALTH;
}

static uint64_t stats_field(uint64_t field, uint64_t unit)
{
    if (!is_of_unit(field))
        return server_field(field);
    return unit < block_server.unit_count ? unit_field(&block_server.units[unit], field) : 0;
}

static uint64_t stats_text(uint64_t what, uint64_t unit, uint64_t n)
{
    uint64_t word = 0;
    if (unit >= block_server.unit_count || n >= BLOCK_TEXT_BYTES / sizeof(word))
        return 0;
    const struct block_unit *of = &block_server.units[unit];
    if (what == BLOCK_TEXT_MODEL)
        memcpy(&word, of->model + n * sizeof(word), sizeof(word));
    else if (what == BLOCK_TEXT_SERIAL)
        memcpy(&word, of->serial + n * sizeof(word), sizeof(word));
    return word;
}

uint64_t block_server_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    switch (operation) {
    case BLOCK_GET:
        return stats_field(a, b);
    case BLOCK_TEXT:
        return stats_text(a, b, c);
    case BLOCK_LATENCY:
        return a < BLOCK_LATENCY_BUCKETS ? stats.buckets[a] : 0;
    default:
        return 0;
    }
}
