/* SPDX-License-Identifier: MIT */

/*
 * Attack 39, on two processors: while the shipping block server reads, checks and
 * serves requests, a second thread writes over them, without a
 * pause.  Whatever the server lets through is right in every number,
 * for it looks at each once; and it lets through what was right when it looked.
 *
 * HOST3901.  Ends with 0 only when requests were carried out, when others were
 * refused, and when words were seen to change between the check and the use.
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include <rt/assert.h>

#include <test/unit/block_disk.h>

#include <cells/lib/shared.c>

enum {
    DATA = 40 * 1024,
    ROUNDS_MAX = 50 * 1000 * 1000, /* a bound on hanging */
    ENOUGH = 1000,                 /* of each thing that has to be seen */
    YIELD_EVERY = 16,              /* rounds: on a busy machine the attacker gets its turn, too */
};

static struct block_request SHARED *request; /* where all of them lie */
static atomic_bool is_over;
static struct {
    uint32_t done, refused, raced, wrong;
} seen;

[[noreturn]] void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "FAIL HOST3901: %s (%s:%d)\n", expression, file, line);
    abort();
}

/* ---- the attacker ---- */

static const struct block_request good = {
    .operation = BLOCK_READ, .block = 8, .count = 1, .segment_count = 1, .segments = { { DATA, 512 } }
};

/* A word that is right and one that is not. */
struct flip {
    uint32_t offset, good, bad;
};

static void words_flip(const struct flip *flip)
{
    uint32_t SHARED *word = (uint32_t SHARED *)((uint8_t SHARED *)request + flip->offset);
    shared_write32(word, flip->bad);
    shared_write32(word, flip->good);
}

static void *attacker_run(void *)
{
    const struct flip flips[] = {
        { offsetof(struct block_request, operation), BLOCK_READ, BLOCK_WRITE_ZEROES + 1 },
        { offsetof(struct block_request, unit), 0, DISK_UNITS },
        { offsetof(struct block_request, block), 8, UINT32_MAX },
        { offsetof(struct block_request, block) + 4, 0, UINT32_MAX },
        { offsetof(struct block_request, count), 1, UINT32_MAX },
        { offsetof(struct block_request, segment_count), 1, BLOCK_SEGMENTS_MAX + 1 },
        { offsetof(struct block_request, segments[0].offset), DATA, UINT32_C(0xFFFFF000) },
        { offsetof(struct block_request, segments[0].bytes), 512, UINT32_C(0x40000000) },
    };
    for (uint32_t i = 0; !atomic_load_explicit(&is_over, memory_order_relaxed); i++)
        words_flip(&flips[i % ARRAY_COUNT(flips)]);
    return nullptr;
}

/* ---- what comes through ---- */

static bool is_right(const struct block_job *job)
{
    uint64_t pool = WORLD_CHANNEL_BYTES - CHANNEL_POOL_OFFSET;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < job->segment_count && i < BLOCK_SEGMENTS_MAX; i++) {
        const struct block_segment *segment = &job->segments[i];
        if (!is_aligned(segment->offset, BLOCK_ALIGN) ||
            !is_range_inside(segment->offset, segment->bytes, pool))
            return false;
        sum += segment->bytes;
    }
    return job->unit < DISK_UNITS && job->operation >= BLOCK_READ && job->operation <= BLOCK_WRITE_ZEROES &&
           is_range_inside(job->block, job->count, DISK_BLOCKS) && job->count <= DISK_TRANSFER_BLOCKS &&
           job->segment_count <= BLOCK_SEGMENTS_MAX && job->bytes == job->count * DISK_BLOCK_BYTES &&
           sum == job->bytes;
}

/* At the moment of use; a second look would see something else now and then. */
static void job_look(const struct block_job *job)
{
    struct block_request now;
    if (disk.executed % YIELD_EVERY == 0)
        (void)sched_yield();
    shared_copy_in(&now, request, sizeof(now));
    seen.wrong += !is_right(job);
    seen.raced += now.operation != job->operation || now.unit != job->unit || now.block != job->block ||
                  now.count != job->count || now.segment_count != job->segment_count ||
                  now.segments[0].offset != job->segments[0].offset ||
                  now.segments[0].bytes != job->segments[0].bytes;
}

/* ---- the honest half of the client ---- */

static void request_put(struct channel_end *end)
{
    uint32_t sequence = end->put.tail;
    shared_write64(&request->live, (uint64_t)sequence + 1);
    (void)ring_put(&end->put, BLOCK_REQUEST_DESCRIPTOR(0, sequence));
}

static bool answer_take(struct channel_end *end)
{
    uint64_t answer = 0;
    world.server_events |= BIT64(EVENT_CHANNEL);
    disk_server_run();
    while (disk.count > 0)
        (void)disk_interrupt(0, ST_OK);
    if (ring_get(&end->get, &answer) != ST_OK || BLOCK_COMPLETED(answer) != end->put.tail - 1)
        return false;
    uint32_t *count = BLOCK_STATUS(answer) == ST_OK ? &seen.done : &seen.refused;
    (*count)++;
    return true;
}

static bool is_enough(void)
{
    return seen.done >= ENOUGH && seen.refused >= ENOUGH && seen.raced >= ENOUGH;
}

static const char *race(void)
{
    static struct channel_end end;
    disk_reset_all();
    world_reset(disk_start, nullptr);
    disk.on_execute = job_look;
    disk_server_run();
    if (channel_attach(&end, &world.clients[0].channels[0]) != ST_OK)
        return "no channel";
    struct channel_layout SHARED *layout = channel_layout_of(end.channel);
    request = (struct block_request SHARED *)&layout->pool[0];
    shared_copy_out(request, &good, sizeof(good));
    pthread_t attacker;
    if (pthread_create(&attacker, nullptr, attacker_run, nullptr) != 0)
        return "no second thread";
    const char *why = nullptr;
    for (uint32_t i = 0; i < ROUNDS_MAX && !is_enough() && why == nullptr; i++) {
        request_put(&end);
        why = answer_take(&end) ? nullptr : "a request was never answered";
        if (i % YIELD_EVERY == 0)
            (void)sched_yield();
    }
    atomic_store(&is_over, true);
    pthread_join(attacker, nullptr);
    return why;
}

int main(void)
{
    const char *why = race();
    if (why == nullptr && !is_enough())
        why = "there was no race";
    if (seen.wrong > 0 || disk.outside > 0)
        why = "a job with a number that was never checked";
    printf("%s HOST3901 requests rewritten while they are served: %u done, %u refused, %u changed "
           "between check and use, %u wrong, %u outside\n",
           why == nullptr ? "OK  " : "FAIL", seen.done, seen.refused, seen.raced, seen.wrong, disk.outside);
    if (why != nullptr)
        printf("       %s\n", why);
    return why == nullptr ? 0 : 1;
}
