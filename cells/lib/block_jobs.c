/* SPDX-License-Identifier: MIT */

/*
 * Jobs on their way: free -> taken -> (held ->) with the driver -> free.
 *
 * All jobs have the same time, so the list of those with the driver is in the
 * order of their deadlines.  A job is held when the driver does not take it
 * now, or a limit does not; held jobs keep their order per unit.
 */

#include "block_service.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/monitor.h>

/* Resets without a single answer in between before the device is given up. */
#define RESETS_MAX 8u
/* Times out of which a job is asked for again; the next one is its answer. */
#define TIMEOUTS_MAX 2u

#define LIST_END 0u /* links hold index + 1 */

struct job_list {
    uint8_t first, last;
};

static struct block_job jobs[BLOCK_DEPTH_MAX];
static struct job_list held, submitted;
static uint8_t free_first;
static uint32_t used, submitted_count;
static uint32_t resets_in_vain;

static_assert(BLOCK_DEPTH_MAX < UINT8_MAX);

static struct block_job *job_of(uint8_t link)
{
    return &jobs[link - 1u];
}

static uint8_t link_to(const struct block_job *job)
{
    return (uint8_t)(job->index + 1);
}

/* Before the job that `before` names; LIST_END: behind all. */
static void list_insert(struct job_list *list, struct block_job *job, uint8_t before)
{
    uint8_t *behind = before == LIST_END ? &list->last : &job_of(before)->previous;
    job->next = before;
    job->previous = *behind;
    *behind = link_to(job);
    if (job->previous == LIST_END)
        list->first = link_to(job);
    else
        job_of(job->previous)->next = link_to(job);
}

static void list_remove(struct job_list *list, const struct block_job *job)
{
    if (job->previous == LIST_END)
        list->first = job->next;
    else
        job_of(job->previous)->next = job->next;
    if (job->next == LIST_END)
        list->last = job->previous;
    else
        job_of(job->next)->previous = job->previous;
}

void block_jobs_init(void)
{
    memset(jobs, 0, sizeof(jobs));
    held = submitted = (struct job_list){};
    used = submitted_count = resets_in_vain = 0;
    for (uint32_t i = 0; i < BLOCK_DEPTH_MAX; i++) {
        jobs[i].index = i;
        jobs[i].next = (uint8_t)(i + 1 < block_server.depth ? i + 2 : LIST_END);
    }
    free_first = 1;
}

uint32_t block_jobs_count(void)
{
    return used;
}

uint32_t block_jobs_submitted(void)
{
    return submitted_count;
}

uint64_t block_jobs_deadline(void)
{
    return submitted.first == LIST_END || block_server.timeout_ticks == 0
               ? WAIT_FOREVER
               : job_of(submitted.first)->deadline_tsc;
}

struct block_job *block_job_take(void)
{
    ASSERT(free_first != LIST_END); /* the caller has looked at block_limit_jobs */
    struct block_job *job = job_of(free_first);
    free_first = job->next;
    used++;
    job->state = JOB_TAKEN;
    job->timeouts = 0;
    job->is_cancelled = false;
    return job;
}

void block_job_give(struct block_job *job)
{
    job->state = JOB_FREE;
    job->next = free_first;
    free_first = link_to(job);
    used--;
}

/* Out of all lists; answered, if there is somebody to answer. */
static void job_end(struct block_job *job, enum status status)
{
    if (!job->is_cancelled) {
        block_stats_job(job, status, tsc_read());
        block_client_answer(job->client, job->sequence, status);
    }
    block_job_give(job);
}

static void job_unsubmit(struct block_job *job)
{
    list_remove(&submitted, job);
    submitted_count--;
}

/* `job` is in no list.  ST_AGAIN: still in none; otherwise it is with the driver, or ended. */
static enum status job_submit(struct block_job *job)
{
    job->state = JOB_SUBMITTED;
    job->deadline_tsc = tsc_read() + block_server.timeout_ticks;
    list_insert(&submitted, job, LIST_END);
    submitted_count++;
    block_server.must_kick = true;
    enum status status = block_server.driver->submit(job);
    if (status != ST_OK && job->state == JOB_SUBMITTED) { /* not answered on the spot */
        job_unsubmit(job);
        if (status == ST_AGAIN)
            return status;
        job_end(job, status);
        return ST_OK;
    }
    block_limit_charge(job->bytes);
    return ST_OK;
}

static void job_hold(struct block_job *job, uint8_t before)
{
    job->state = JOB_HELD;
    list_insert(&held, job, before);
}

void block_job_dispatch(struct block_job *job)
{
    job->started_tsc = tsc_read();
    bool is_throttled = !block_limit_admits(job->bytes);
    block_counts[BLOCK_FIELD_THROTTLED] += is_throttled;
    if (held.first != LIST_END || is_throttled || job_submit(job) == ST_AGAIN)
        job_hold(job, LIST_END);
}

void block_jobs_offer(void)
{
    uint32_t busy_units = 0; /* that have said ST_AGAIN: what comes behind keeps its place */
    uint8_t next;
    for (uint8_t link = held.first; link != LIST_END; link = next) {
        struct block_job *job = job_of(link);
        next = job->next;
        if (busy_units & BIT32(job->unit) || !block_limit_admits(job->bytes))
            continue;
        list_remove(&held, job);
        if (job_submit(job) == ST_OK)
            continue;
        busy_units |= BIT32(job->unit);
        job_hold(job, next);
    }
}

void block_server_complete(uint32_t index, enum status status)
{
    if (index >= block_server.depth || jobs[index].state != JOB_SUBMITTED) {
        block_counts[BLOCK_FIELD_LATE]++;
        return;
    }
    resets_in_vain = 0;
    job_unsubmit(&jobs[index]);
    job_end(&jobs[index], status);
}

const struct block_job *block_server_job(uint32_t index)
{
    bool is_under_way = index < block_server.depth && jobs[index].state == JOB_SUBMITTED;
    return is_under_way ? &jobs[index] : nullptr;
}

/* ---- clients that go ---- */

uint32_t block_jobs_drop(uint32_t slot)
{
    uint32_t dropped = 0;
    uint8_t next;
    for (uint8_t link = held.first; link != LIST_END; link = next) {
        struct block_job *job = job_of(link);
        next = job->next;
        if (job->client != slot)
            continue;
        list_remove(&held, job);
        block_job_give(job);
        dropped++;
    }
    return dropped;
}

void block_jobs_cancel(uint32_t slot)
{
    (void)block_jobs_drop(slot);
    for (uint8_t link = submitted.first; link != LIST_END; link = job_of(link)->next)
        if (job_of(link)->client == slot)
            job_of(link)->is_cancelled = true;
}

/* ---- devices that do not answer ---- */

static bool jobs_blame(uint64_t now)
{
    bool is_any = false;
    for (uint8_t link = submitted.first; link != LIST_END; link = job_of(link)->next) {
        struct block_job *job = job_of(link);
        if (job->deadline_tsc > now)
            break;
        job->timeouts++;
        block_counts[BLOCK_FIELD_TIMEOUTS]++;
        is_any = true;
    }
    return is_any;
}

/* The device touches none of them any more: asked for again, ahead of what was held, or given up. */
static void jobs_recall(void)
{
    while (submitted.last != LIST_END) {
        struct block_job *job = job_of(submitted.last);
        job_unsubmit(job);
        if (job->is_cancelled || job->timeouts >= TIMEOUTS_MAX)
            job_end(job, ST_TIMEOUT);
        else
            job_hold(job, held.first);
    }
}

[[noreturn]] static void device_give_up(const char *why, enum status status)
{
    cell_log(LOG_ERROR, "the device does not come back: %s (%s)", why, status_name(status));
    mon_exit(ST_DEVICE);
}

void block_jobs_expire(uint64_t now)
{
    bool is_overdue = block_server.timeout_ticks != 0 && jobs_blame(now);
    if (!is_overdue && !block_server.must_reset)
        return;
    ASSERT(block_server.driver->reset != nullptr);
    if (!is_overdue && ++resets_in_vain > RESETS_MAX)
        device_give_up("one reset after the other", ST_DEVICE);
    block_server.must_reset = false;
    block_counts[BLOCK_FIELD_RESETS]++;
    enum status status = block_server.driver->reset();
    if (status != ST_OK)
        device_give_up("reset", status);
    jobs_recall();
}
