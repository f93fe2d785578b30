/* SPDX-License-Identifier: MIT */

/*
 * Producer and consumer of sdk/ring.h on memory that promises no more than C does: releases
 * and acquires, fences, and one order of writes per word.  A read may answer with any value
 * that its thread is not known to be past, so it may see an index and yet an old slot unless
 * something forbids that.  (test/model/ring_model.c keeps stores in buffers instead.)
 * One of the ends may die between any two accesses; its next instance attaches.
 *
 * A step is one access: the operation runs again from its start, accesses made before are
 * answered from a log, and the access after the new one jumps out.
 */
#include "explore.h"

#include <rt/bits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_MODEL
#include <sdk/ring.h>

enum { MESSAGES = 3, HISTORY_MAX = 20, LOG_MAX = 12, FIRST_INDEX = -2 };
enum { WORD_TAIL, WORD_HEAD, WORD_WAITING, WORD_SLOTS, WORDS = WORD_SLOTS + RING_SLOTS };
enum { PRODUCER, CONSUMER, THREADS };

/* For each word, how far along its writes somebody is. */
struct view {
    uint8_t at[WORDS];
};

struct message {
    uint64_t value;
    struct view view; /* what who reads it is past, too */
};

struct thread {
    struct view now;    /* what it is past */
    struct view reads;  /* ... after a fence: what it has read without acquiring */
    struct view fenced; /* what its relaxed writes carry */
    uint64_t log[LOG_MAX];
    uint32_t logged;
    struct ring_producer producer;
    struct ring_consumer consumer;
    uint32_t head_seen;
    bool is_spinning, is_attached, has_died;
};

static struct {
    struct message messages[WORDS][HISTORY_MAX];
    uint8_t count[WORDS];
    struct view fences;  /* of all sequentially consistent ones */
    struct view monitor; /* what it has been told of */
    bool event;
    struct thread threads[THREADS];
    uint32_t answered;
    uint8_t published[MESSAGES]; /* by which instance, from 1 */
    uint8_t instance;            /* of the producer */
} ring;

static struct ring_shared arena; /* gives addresses; never holds anything */
static struct thread *thread;    /* who makes the step */
static uint32_t who, cursor, choice;
static bool has_moved;
static jmp_buf out;
static const char *violation;

enum { OUT_PAUSED = 1, OUT_BLOCKED, OUT_NO_CHOICE };

/* --- memory ----------------------------------------------------------------------------------- */

static void view_join(struct view *to, const struct view *from)
{
    for (uint32_t i = 0; i < WORDS; i++)
        to->at[i] = to->at[i] > from->at[i] ? to->at[i] : from->at[i];
}

static uint32_t word_of(const void *address)
{
    size_t at = (size_t)((const uint8_t *)address - (const uint8_t *)&arena);
    if (at >= offsetof(struct ring_shared, slots) && at < sizeof(arena) && at % 8 == 0)
        return WORD_SLOTS + (uint32_t)((at - offsetof(struct ring_shared, slots)) / 8);
    if (at == offsetof(struct ring_shared, tail))
        return WORD_TAIL;
    if (at == offsetof(struct ring_shared, head))
        return WORD_HEAD;
    if (at != offsetof(struct ring_shared, waiting))
        explore_fail("access outside the ring");
    return WORD_WAITING;
}

/* True: answered from the log.  False: the caller may make a new access now. */
static bool access_begin(uint64_t *answer)
{
    if (cursor < thread->logged) {
        *answer = thread->log[cursor++];
        return true;
    }
    if (has_moved)
        longjmp(out, OUT_PAUSED);
    has_moved = true;
    return false;
}

static uint64_t access_end(uint64_t answer)
{
    if (thread->logged == LOG_MAX)
        explore_fail("an operation makes too many accesses");
    thread->log[thread->logged++] = answer;
    cursor++;
    return answer;
}

static uint64_t word_read(uint32_t word, bool is_acquire)
{
    uint64_t answer;
    if (access_begin(&answer))
        return answer;
    uint32_t at = thread->now.at[word] + choice;
    if (at >= ring.count[word])
        longjmp(out, OUT_NO_CHOICE);
    const struct message *message = &ring.messages[word][at];
    thread->now.at[word] = (uint8_t)at;
    view_join(is_acquire ? &thread->now : &thread->reads, &message->view);
    return access_end(message->value);
}

/*
 * Last of all writes of the word so far.  Only `waiting` has two writers; that a write of it
 * could come before one that its thread has not seen is left out.
 */
static void word_write(uint32_t word, uint64_t value, bool is_release)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    if (choice > 0)
        longjmp(out, OUT_NO_CHOICE);
    if (ring.count[word] == HISTORY_MAX)
        explore_fail("a word is written too often");
    uint8_t at = ring.count[word];
    thread->now.at[word] = at;
    struct message *message = &ring.messages[word][at];
    *message = (struct message){ .value = value, .view = is_release ? thread->now : thread->fenced };
    message->view.at[word] = at;
    ring.count[word]++;
    (void)access_end(0);
}

uint32_t shared_read32(const uint32_t SHARED *from)
{
    uint32_t word = word_of((const void *)from);
    uint32_t value = (uint32_t)word_read(word, true);
    if (word == WORD_HEAD && who == PRODUCER)
        thread->head_seen = value;
    return value;
}

void shared_write32(uint32_t SHARED *to, uint32_t value)
{
    uint32_t word = word_of((void *)to);
    bool is_new = cursor == thread->logged && !has_moved;
    word_write(word, value, true);
    for (uint32_t i = 0; is_new && word == WORD_TAIL && i < value - (uint32_t)FIRST_INDEX && i < MESSAGES;
         i++)
        if (ring.published[i] == 0)
            ring.published[i] = ring.instance;
}

uint64_t shared_read64(const uint64_t SHARED *from)
{
    return word_read(word_of((const void *)from), false);
}

void shared_write64(uint64_t SHARED *to, uint64_t value)
{
    word_write(word_of((void *)to), value, false);
}

void shared_fence(void)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    view_join(&thread->now, &thread->reads);
    view_join(&thread->now, &ring.fences);
    ring.fences = thread->now;
    thread->fenced = thread->now;
    (void)access_end(0);
}

/* The monitor orders what its callers did before against what follows the event. */
static void event_notify(void)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    view_join(&ring.monitor, &thread->now);
    ring.event = true;
    (void)access_end(0);
}

static void event_wait(void)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    if (!ring.event)
        longjmp(out, OUT_BLOCKED);
    ring.event = false;
    view_join(&thread->now, &ring.monitor);
    (void)access_end(0);
}

/* --- the two programs ------------------------------------------------------------------------- */

static uint64_t descriptor_of(uint32_t index, uint32_t instance)
{
    return instance << 8 | index;
}

static void producer_run(struct thread *self)
{
    if (!self->is_attached) {
        ring_producer_attach(&self->producer, (struct ring_shared SHARED *)&arena);
        self->is_attached = true;
        return;
    }
    uint32_t index = self->producer.tail - (uint32_t)FIRST_INDEX;
    self->is_spinning = ring_put(&self->producer, descriptor_of(index, ring.instance)) != ST_OK;
    if (!self->is_spinning && ring_wants_doorbell(&self->producer))
        event_notify();
}

/* In order, none missing, none that was not published; after a death the last may come again. */
static void consumer_answer(uint64_t descriptor)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    uint32_t index = descriptor & 0xFF;
    bool is_again = ring.threads[CONSUMER].has_died && index + 1 == ring.answered;
    if (index >= MESSAGES || (index != ring.answered && !is_again))
        violation = "a message is lost, repeated or out of order";
    else if (descriptor != descriptor_of(index, ring.published[index]))
        violation = "a message is not the one that was published";
    else
        ring.answered += !is_again;
    (void)access_end(0);
}

static void consumer_run(struct thread *self)
{
    uint64_t descriptor;
    if (!self->is_attached) {
        ring_consumer_attach(&self->consumer, (struct ring_shared SHARED *)&arena);
        self->is_attached = true;
        return;
    }
    if (ring_peek(&self->consumer, &descriptor) == ST_OK) {
        consumer_answer(descriptor);
        ring_advance(&self->consumer);
    } else if (ring_prepare_sleep(&self->consumer)) {
        event_wait();
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

static bool is_ready(void)
{
    if (who == CONSUMER || thread->logged != 0 || !thread->is_attached)
        return true;
    const struct message *newest = &ring.messages[WORD_HEAD][ring.count[WORD_HEAD] - 1];
    return thread->producer.tail - (uint32_t)FIRST_INDEX < MESSAGES &&
           !(thread->is_spinning && newest->value == thread->head_seen);
}

static enum explore_act thread_step(void)
{
    static struct thread scratch;
    thread = &ring.threads[who];
    cursor = 0;
    has_moved = false;
    if (!is_ready())
        return EXPLORE_IMPOSSIBLE;
    scratch = *thread;
    switch (setjmp(out)) {
    case OUT_PAUSED:
        return EXPLORE_DONE;
    case OUT_BLOCKED:
    case OUT_NO_CHOICE:
        return EXPLORE_DROPPED;
    default:
        break;
    }
    (who == PRODUCER ? producer_run : consumer_run)(&scratch);
    if (choice > 0 && !has_moved)
        return EXPLORE_DROPPED;
    thread->producer = scratch.producer;
    thread->consumer = scratch.consumer;
    thread->is_spinning = scratch.is_spinning;
    thread->is_attached = scratch.is_attached;
    thread->logged = 0;
    memset(thread->log, 0, sizeof thread->log);
    return EXPLORE_DONE;
}

/* The instance ends here; the monitor knows all that it did, and so does what it starts next. */
static enum explore_act thread_die(void)
{
    struct thread *one = &ring.threads[who];
    if (ring.threads[PRODUCER].has_died || ring.threads[CONSUMER].has_died)
        return EXPLORE_IMPOSSIBLE;
    view_join(&ring.monitor, &one->now);
    view_join(&ring.monitor, &one->reads);
    *one = (struct thread){
        .now = ring.monitor, .reads = ring.monitor, .fenced = ring.monitor, .has_died = true
    };
    ring.instance += who == PRODUCER;
    ring.event = who == PRODUCER; /* EVENT_PEER, or a new consumer's clean slate */
    return EXPLORE_DONE;
}

enum { STEPS = THREADS * HISTORY_MAX };

static enum explore_act act(uint32_t action)
{
    violation = nullptr;
    who = action < STEPS ? action / HISTORY_MAX : action - STEPS;
    choice = action < STEPS ? action % HISTORY_MAX : 0;
    return action < STEPS ? thread_step() : thread_die();
}

static const char *check([[maybe_unused]] uint32_t action)
{
    const struct ring_producer *producer = &ring.threads[PRODUCER].producer;
    const struct ring_consumer *consumer = &ring.threads[CONSUMER].consumer;
    if (producer->bad != 0 || consumer->bad != 0)
        violation = "an honest peer is taken for a bad one";
    if (producer->limit - producer->tail > RING_SLOTS || consumer->tail_seen - consumer->head > RING_SLOTS)
        violation = "a private index leaves the ring";
    return violation;
}

static const char *stuck(void)
{
    return ring.answered != MESSAGES ? "a wake-up is lost: both wait and a message is left" : nullptr;
}

/* What both threads are past cannot be read again, nor does it matter who else is past it. */
static void forget_past(void)
{
    struct view base;
    for (uint32_t word = 0; word < WORDS; word++) {
        uint8_t left = ring.threads[PRODUCER].now.at[word];
        uint8_t right = ring.threads[CONSUMER].now.at[word];
        base.at[word] = left < right ? left : right;
    }
    for (uint32_t word = 0; word < WORDS; word++) {
        memset(ring.messages[word], 0, base.at[word] * sizeof(ring.messages[word][0]));
        for (uint32_t i = base.at[word]; i < ring.count[word]; i++)
            view_join(&ring.messages[word][i].view, &base);
    }
    view_join(&ring.fences, &base);
    view_join(&ring.monitor, &base);
    for (uint32_t i = 0; i < THREADS; i++) {
        view_join(&ring.threads[i].reads, &base);
        view_join(&ring.threads[i].fenced, &base);
    }
}

static void forget(void)
{
    forget_past();
    thread = nullptr;
    who = cursor = choice = 0;
    has_moved = false;
    memset(&out, 0, sizeof out);
}

static void say(uint32_t action)
{
    if (action >= STEPS)
        printf("  the %s dies\n", action == STEPS ? "producer" : "consumer");
    else
        printf("  the %s goes on, %u writes back from the oldest it may see\n",
               action < HISTORY_MAX ? "producer" : "consumer", action % HISTORY_MAX);
}

static void begin(void)
{
    for (uint32_t word = 0; word < WORDS; word++)
        ring.count[word] = 1;
    ring.messages[WORD_TAIL][0].value = ring.messages[WORD_HEAD][0].value = (uint32_t)FIRST_INDEX;
    ring.instance = 1;
}

int main(int count, char *arguments[])
{
    const struct explore model = {
        .actions = STEPS + THREADS,
        .progress = STEPS,
        .begin = begin,
        .act = act,
        .check = check,
        .stuck = stuck,
        .forget = forget,
        .say = say,
        .depth_max = count > 1 ? (uint32_t)atoi(arguments[1]) : 250,
    };
    return explore_main(&model);
}
