/* SPDX-License-Identifier: MIT */
#include <test/unit/harness.h>

#include <rt/bits.h>
#include <stdlib.h>

#define SHARED_MODEL
#include <sdk/ring.h>

/*
 * Every interleaving of a producer and a consumer over the shipping sdk/ring.h.
 *
 * An actor runs one operation (put and ring; get, or sleep) at a time.  A step is
 * one shared access of one actor, or one store leaving an actor's store buffer.  To
 * step, the operation runs again from its start: accesses it has made before are
 * answered from a log, the first new one is made, and the next one after that jumps
 * out.  So the state between steps is plain data, can be copied and compared, and
 * the depth-first search visits each state once.
 *
 * The memory is weaker than x86's: a relaxed store may overtake older stores to other
 * words, only a release waits for everything before it.  A fence waits until the
 * actor's buffer is empty.  The indices start just below 2^32 and wrap on the way.
 */

enum { MESSAGES = 4, BATCH = 2, BUFFER_MAX = 8, ACCESS_MAX = 16 };
#define FIRST_INDEX UINT32_C(0xFFFFFFFE)
enum { WORD_TAIL, WORD_HEAD, WORD_WAITING, WORD_SLOTS, WORD_COUNT = WORD_SLOTS + RING_SLOTS };
enum { PRODUCER, CONSUMER, ACTORS };

/* What is taken out of the protocol, to see that the model notices. */
enum mutation {
    MUTATION_NONE,
    MUTATION_NO_PRODUCER_FENCE,
    MUTATION_NO_CONSUMER_FENCE,
    MUTATION_NO_RECHECK,
    MUTATION_NO_RELEASE,
    MUTATION_DOORBELL_FIRST,
    MUTATION_LAZY_NOTIFY,   /* a monitor that lets the event overtake the caller's stores */
    MUTATION_ADVANCE_FIRST, /* gives the slot back before the work is done; with a crash only */
};

struct scenario {
    enum mutation mutation;
    bool is_batch;
    bool may_crash; /* the consumer, once, anywhere; a new instance attaches */
};

struct store {
    uint32_t word;
    bool is_release;
    uint64_t value;
};

struct actor {
    struct store buffer[BUFFER_MAX]; /* oldest first */
    uint32_t buffered;
    uint64_t log[ACCESS_MAX]; /* what the present operation's accesses answered */
    uint32_t logged;
    struct ring_producer producer;
    struct ring_consumer consumer;
    uint64_t sent;
    uint64_t head_spun; /* the head the producer saw last */
    bool is_spinning;   /* the ring was full: wants another head before it tries again */
    bool is_attached;
};

struct model {
    uint64_t words[WORD_COUNT];
    bool event;        /* the consumer's event bit, kept by the monitor */
    uint64_t answered; /* messages the consumer has dealt with; the world outside sees them */
    bool has_crashed;
    struct actor actors[ACTORS];
};

/* --- The step in progress -------------------------------------------------- */

enum step_end { STEP_DONE, STEP_PAUSED, STEP_BLOCKED };

static const struct scenario *scenario;
static struct ring_shared arena; /* gives addresses; never holds anything */
static struct {
    struct model *model;
    struct actor *actor; /* in the model: buffer and log */
    uint32_t who;
    uint32_t cursor;
    bool has_moved;
    jmp_buf out;
} step;
static const char *violation;

/* Which word an address is; whoever leaves the ring ends the test. */
static uint32_t word_of(const void *address)
{
    size_t at = (size_t)((const uint8_t *)address - (const uint8_t *)&arena);
    if (at >= offsetof(struct ring_shared, slots) && at < sizeof(arena) && at % 8 == 0)
        return WORD_SLOTS + (uint32_t)((at - offsetof(struct ring_shared, slots)) / 8);
    switch (at) {
    case offsetof(struct ring_shared, tail):
        return WORD_TAIL;
    case offsetof(struct ring_shared, head):
        return WORD_HEAD;
    case offsetof(struct ring_shared, waiting):
        return WORD_WAITING;
    default:
        fail_msg("access outside the ring");
        return 0;
    }
}

/* True: answered from the log.  False: the caller may make a new access now. */
static bool access_begin(uint64_t *answer)
{
    if (step.cursor < step.actor->logged) {
        *answer = step.actor->log[step.cursor++];
        return true;
    }
    if (step.has_moved)
        longjmp(step.out, STEP_PAUSED);
    step.has_moved = true;
    return false;
}

static uint64_t access_end(uint64_t answer)
{
    assert_true(step.actor->logged < ACCESS_MAX);
    step.actor->log[step.actor->logged++] = answer;
    step.cursor++;
    return answer;
}

/* An actor sees its own latest store before anybody else does. */
static uint64_t word_read(uint32_t word)
{
    uint64_t answer;
    if (access_begin(&answer))
        return answer;
    answer = step.model->words[word];
    for (uint32_t i = 0; i < step.actor->buffered; i++)
        if (step.actor->buffer[i].word == word)
            answer = step.actor->buffer[i].value;
    return access_end(answer);
}

static void word_write(uint32_t word, uint64_t value, bool is_release)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    if (step.actor->buffered == BUFFER_MAX)
        longjmp(step.out, STEP_BLOCKED);
    step.actor->buffer[step.actor->buffered++] = (struct store){ word, is_release, value };
    access_end(0);
}

uint32_t shared_read32(const uint32_t SHARED *from)
{
    uint32_t word = word_of((const void *)from);
    uint32_t value = (uint32_t)word_read(word);
    if (word == WORD_HEAD && step.who == PRODUCER)
        step.actor->head_spun = value;
    return value;
}

void shared_write32(uint32_t SHARED *to, uint32_t value)
{
    word_write(word_of((void *)to), value, scenario->mutation != MUTATION_NO_RELEASE);
}

uint64_t shared_read64(const uint64_t SHARED *from)
{
    return word_read(word_of((const void *)from));
}

void shared_write64(uint64_t SHARED *to, uint64_t value)
{
    word_write(word_of((void *)to), value, false);
}

void shared_fence(void)
{
    uint64_t answer;
    enum mutation removed = step.who == PRODUCER ? MUTATION_NO_PRODUCER_FENCE : MUTATION_NO_CONSUMER_FENCE;
    if (scenario->mutation == removed || access_begin(&answer))
        return;
    if (step.actor->buffered != 0)
        longjmp(step.out, STEP_BLOCKED);
    access_end(0);
}

/*
 * The monitor's half.  mon_notify releases: what the caller stored before it, waiting
 * above all, is in memory when the event is seen.
 */
static void event_notify(void)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    if (step.actor->buffered != 0 && scenario->mutation != MUTATION_LAZY_NOTIFY)
        longjmp(step.out, STEP_BLOCKED);
    step.model->event = true;
    access_end(0);
}

static void event_wait(void)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    if (!step.model->event)
        longjmp(step.out, STEP_BLOCKED);
    step.model->event = false;
    access_end(0);
}

/* --- The two programs ------------------------------------------------------- */

static struct ring_shared SHARED *ring_address(void)
{
    return (struct ring_shared SHARED *)&arena;
}

static void producer_ring_doorbell(struct actor *self)
{
    if (scenario->mutation == MUTATION_DOORBELL_FIRST) {
        shared_fence();
        if (shared_read32(&self->producer.ring->waiting) != 0) {
            event_notify();
            shared_write32(&self->producer.ring->waiting, 0);
        }
    } else if (ring_wants_doorbell(&self->producer)) {
        event_notify();
    }
}

static void producer_run(struct actor *self)
{
    uint64_t batch[BATCH] = { self->sent + 1, self->sent + 2 };
    uint32_t sent = 0;
    if (!self->is_attached) {
        ring_producer_attach(&self->producer, ring_address());
        self->is_attached = true;
        return;
    }
    if (scenario->is_batch)
        sent = ring_put_many(&self->producer, batch, (uint32_t)u64_min(BATCH, MESSAGES - self->sent));
    else if (ring_put(&self->producer, batch[0]) == ST_OK)
        sent = 1;
    self->is_spinning = sent == 0;
    self->sent += sent;
    if (sent != 0)
        producer_ring_doorbell(self);
}

/*
 * Deals with a message: seen from outside, so a step of its own.  In order, none
 * missing; after a crash the last one may come again.
 */
static void consumer_answer(uint64_t descriptor)
{
    uint64_t answer;
    if (access_begin(&answer))
        return;
    if (descriptor == step.model->answered + 1)
        step.model->answered++;
    else if (!step.model->has_crashed || descriptor == 0 || descriptor != step.model->answered)
        violation = "a message is lost, repeated, out of order or forged";
    access_end(0);
}

static bool consumer_sleeps(struct actor *self)
{
    if (scenario->mutation != MUTATION_NO_RECHECK)
        return ring_prepare_sleep(&self->consumer);
    shared_write32(&self->consumer.ring->waiting, 1);
    shared_fence();
    return true;
}

static uint32_t consumer_take_one(struct actor *self)
{
    uint64_t descriptor;
    if (ring_peek(&self->consumer, &descriptor) != ST_OK)
        return 0;
    if (scenario->mutation == MUTATION_ADVANCE_FIRST) {
        ring_advance(&self->consumer);
        consumer_answer(descriptor);
    } else {
        consumer_answer(descriptor);
        ring_advance(&self->consumer);
    }
    return 1;
}

static void consumer_run(struct actor *self)
{
    uint64_t batch[BATCH];
    uint32_t taken;
    if (!self->is_attached) {
        ring_consumer_attach(&self->consumer, ring_address());
        self->is_attached = true;
        return;
    }
    if (scenario->is_batch) {
        taken = ring_get_many(&self->consumer, batch, BATCH);
        for (uint32_t i = 0; i < taken; i++)
            consumer_answer(batch[i]);
    } else {
        taken = consumer_take_one(self);
    }
    if (taken == 0 && consumer_sleeps(self))
        event_wait();
}

/* --- Steps -------------------------------------------------------------------- */

static bool actor_is_ready(const struct model *model, uint32_t who)
{
    const struct actor *actor = &model->actors[who];
    if (who == PRODUCER && actor->logged == 0)
        return actor->sent < MESSAGES && !(actor->is_spinning && model->words[WORD_HEAD] == actor->head_spun);
    return true;
}

/* One access of `who`; false when it has to wait. */
static bool actor_step(struct model *model, uint32_t who)
{
    struct actor *actor = &model->actors[who];
    static struct actor scratch; /* static: its value must survive the jump */
    if (!actor_is_ready(model, who))
        return false;
    scratch = *actor;
    step.model = model;
    step.actor = actor;
    step.who = who;
    step.cursor = 0;
    step.has_moved = false;
    switch (setjmp(step.out)) {
    case STEP_PAUSED:
        return true;
    case STEP_BLOCKED:
        return false;
    default:
        break;
    }
    if (who == PRODUCER)
        producer_run(&scratch);
    else
        consumer_run(&scratch);
    actor->producer = scratch.producer;
    actor->consumer = scratch.consumer;
    actor->sent = scratch.sent;
    actor->is_spinning = scratch.is_spinning;
    actor->is_attached = scratch.is_attached;
    actor->logged = 0;
    memset(actor->log, 0, sizeof(actor->log));
    return true;
}

/* Store `index` of the buffer reaches memory; false when an older one has to go first. */
static bool store_drain(struct model *model, uint32_t who, uint32_t index)
{
    struct actor *actor = &model->actors[who];
    if (index >= actor->buffered)
        return false;
    struct store store = actor->buffer[index];
    for (uint32_t i = 0; i < index; i++)
        if (store.is_release || actor->buffer[i].word == store.word)
            return false;
    model->words[store.word] = store.value;
    actor->buffered--;
    for (uint32_t i = index; i < actor->buffered; i++)
        actor->buffer[i] = actor->buffer[i + 1];
    actor->buffer[actor->buffered] = (struct store){};
    return true;
}

/* The hardware still delivers what the old instance stored; all else of it is gone. */
static bool consumer_crash(struct model *model)
{
    struct actor *actor = &model->actors[CONSUMER];
    if (!scenario->may_crash || model->has_crashed)
        return false;
    model->has_crashed = true;
    model->event = false;
    actor->is_attached = false;
    actor->logged = 0;
    memset(actor->log, 0, sizeof(actor->log));
    return true;
}

/* --- The search ------------------------------------------------------------ */

/* States seen, as 128-bit digests; a power of two of them, at most half full. */
struct digest {
    uint64_t low, high;
};

static struct {
    struct digest *table;
    size_t slots, used;
} seen;

static void digest_add(struct digest *digest, uint64_t value)
{
    digest->low = (digest->low ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    digest->low ^= digest->low >> 29;
    digest->high = (digest->high + value) * UINT64_C(0xC2B2AE3D27D4EB4F) + 1;
    digest->high ^= digest->high >> 31;
}

static void digest_add_actor(struct digest *digest, const struct actor *actor)
{
    digest_add(digest, actor->buffered);
    for (uint32_t i = 0; i < actor->buffered; i++) {
        digest_add(digest, actor->buffer[i].word << 1 | actor->buffer[i].is_release);
        digest_add(digest, actor->buffer[i].value);
    }
    digest_add(digest, actor->logged);
    for (uint32_t i = 0; i < actor->logged; i++)
        digest_add(digest, actor->log[i]);
    digest_add(digest, (uint64_t)actor->producer.tail << 32 | actor->producer.limit);
    digest_add(digest, (uint64_t)actor->consumer.head << 32 | actor->consumer.tail_seen);
    digest_add(digest, actor->sent << 2 | (uint64_t)actor->is_attached << 1 | actor->is_spinning);
    digest_add(digest, actor->head_spun);
}

static struct digest model_digest(const struct model *model)
{
    struct digest digest = { 1, 2 };
    for (uint32_t i = 0; i < WORD_COUNT; i++)
        digest_add(&digest, model->words[i]);
    digest_add(&digest, model->answered << 2 | (uint64_t)model->event << 1 | model->has_crashed);
    digest_add_actor(&digest, &model->actors[PRODUCER]);
    digest_add_actor(&digest, &model->actors[CONSUMER]);
    return digest;
}

/* True the first time. */
static bool seen_insert(struct digest digest)
{
    size_t i = digest.low & (seen.slots - 1);
    for (; seen.table[i].low != 0; i = (i + 1) & (seen.slots - 1))
        if (seen.table[i].low == digest.low && seen.table[i].high == digest.high)
            return false;
    seen.table[i] = digest;
    seen.used++;
    return true;
}

static void seen_grow(void)
{
    struct digest *old = seen.table;
    size_t old_slots = seen.slots;
    seen.slots = old_slots == 0 ? 1024 : old_slots * 2;
    seen.table = calloc(seen.slots, sizeof(struct digest));
    assert_non_null(seen.table);
    seen.used = 0;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].low != 0)
            seen_insert(old[i]);
    free(old);
}

static bool model_visit_first(const struct model *model)
{
    if (seen.used * 2 >= seen.slots)
        seen_grow();
    struct digest digest = model_digest(model);
    digest.low |= digest.low == 0; /* 0 marks a free slot */
    return seen_insert(digest);
}

static void model_check(const struct model *model)
{
    const struct ring_producer *producer = &model->actors[PRODUCER].producer;
    const struct ring_consumer *consumer = &model->actors[CONSUMER].consumer;
    if (producer->bad != 0 || consumer->bad != 0)
        violation = "an honest peer was taken for a bad one";
    if (producer->limit - producer->tail > RING_SLOTS || consumer->tail_seen - consumer->head > RING_SLOTS)
        violation = "a private index left the ring";
}

static void model_explore(const struct model *model);

/* Depth first, into the state after one more step. */
static void model_enter(const struct model *next)
{
    model_check(next);
    if (violation == nullptr && model_visit_first(next))
        model_explore(next);
}

static void model_explore(const struct model *model)
{
    bool is_stuck = true;
    for (uint32_t who = 0; who < ACTORS && violation == nullptr; who++) {
        struct model next = *model;
        if (actor_step(&next, who)) {
            is_stuck = false;
            model_enter(&next);
        }
        for (uint32_t i = 0; i < BUFFER_MAX && violation == nullptr; i++) {
            next = *model;
            if (store_drain(&next, who, i)) {
                is_stuck = false;
                model_enter(&next);
            }
        }
    }
    if (violation == nullptr && is_stuck && model->answered != MESSAGES)
        violation = "a wake-up is lost: both wait and a message is left";
    struct model next = *model;
    if (violation == nullptr && consumer_crash(&next))
        model_enter(&next);
}

/* What went wrong in some interleaving; null: nothing in any. */
static const char *scenario_run(const struct scenario *wanted)
{
    static struct model start;
    memset(&start, 0, sizeof(start));
    start.words[WORD_TAIL] = FIRST_INDEX;
    start.words[WORD_HEAD] = FIRST_INDEX;
    scenario = wanted;
    violation = nullptr;
    free(seen.table);
    memset(&seen, 0, sizeof(seen));
    model_visit_first(&start);
    model_explore(&start);
    print_message("             %zu states: %s\n", seen.used, violation == nullptr ? "sound" : violation);
    return violation;
}

/* --- What must hold, and what must be noticed -------------------------------- */

TEST(MODEL0001)
{
    assert_null(scenario_run(&(struct scenario){}));
    assert_true(seen.used > 1000); /* it did search */
}

TEST(MODEL0002)
{
    assert_null(scenario_run(&(struct scenario){ .is_batch = true }));
    assert_true(seen.used > 1000);
}

TEST(MODEL0003)
{
    assert_null(scenario_run(&(struct scenario){ .may_crash = true }));
    assert_true(seen.used > 1000);
}

#define MUTANT(id, removed, ...) \
    TEST(id) \
    { \
        assert_non_null(scenario_run(&(struct scenario){ .mutation = (removed), __VA_ARGS__ })); \
    }

MUTANT(MODEL0010, MUTATION_NO_PRODUCER_FENCE)
MUTANT(MODEL0011, MUTATION_NO_CONSUMER_FENCE)
MUTANT(MODEL0012, MUTATION_NO_RECHECK)
MUTANT(MODEL0013, MUTATION_NO_RELEASE)
MUTANT(MODEL0014, MUTATION_DOORBELL_FIRST)
MUTANT(MODEL0015, MUTATION_ADVANCE_FIRST, .may_crash = true)
MUTANT(MODEL0016, MUTATION_NO_RECHECK, .is_batch = true)
MUTANT(MODEL0017, MUTATION_NO_RELEASE, .is_batch = true)
MUTANT(MODEL0018, MUTATION_LAZY_NOTIFY)

int main(void)
{
    struct harness harness = {};
    ADD(&harness, MODEL0001, "one by one: first in, first out, none lost, no wake-up lost");
    ADD(&harness, MODEL0002, "in batches: the same");
    ADD(&harness, MODEL0003, "the consumer dies anywhere: nothing lost, at most the last repeated");
    ADD(&harness, MODEL0010, "notices a missing fence before the look at waiting");
    ADD(&harness, MODEL0011, "notices a missing fence before the recheck");
    ADD(&harness, MODEL0012, "notices a missing recheck");
    ADD(&harness, MODEL0013, "notices an index that is published without release");
    ADD(&harness, MODEL0014, "notices a doorbell that is rung before waiting is cleared");
    ADD(&harness, MODEL0015, "notices a slot that is given back before the answer");
    ADD(&harness, MODEL0016, "notices a missing recheck in batches");
    ADD(&harness, MODEL0017, "notices a missing release in batches");
    ADD(&harness, MODEL0018, "notices a doorbell that overtakes the store before it");
    return harness_run("ring model", &harness);
}
