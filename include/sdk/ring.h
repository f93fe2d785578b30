/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/ring.h>
#include <sdk/shared.h>

/*
 * Both ends of a ring.  The rules and what a hostile peer can do stand in
 * abi/ring.h; test/model explores this very file.
 *
 * Producer                          Consumer
 *   ring_put, ring_put_many           ring_get, ring_get_many, or
 *   then ring_wants_doorbell:         ring_peek ... ring_advance
 *   true: mon_notify the peer         nothing left: ring_prepare_sleep;
 *                                     true: wait, false: look again
 *
 * ring_peek leaves the descriptor in the ring until ring_advance.  A server
 * that advances only after it has queued the answer loses no request when it
 * dies: its next instance finds in the ring what was not answered.
 */

#define RING_MASK (RING_SLOTS - 1u)
static_assert((RING_SLOTS & RING_MASK) == 0, "indices run free and are masked");

/* Private to the cell, one per end; see abi/ring.h for why nothing is read back. */
struct ring_producer {
    struct ring_shared SHARED *ring;
    uint32_t tail;
    uint32_t limit; /* head when last seen + RING_SLOTS; limit - tail <= RING_SLOTS, always */
    uint32_t bad;   /* looks at a head that cannot be */
};

struct ring_consumer {
    struct ring_shared SHARED *ring;
    uint32_t head;
    uint32_t tail_seen; /* tail_seen - head <= RING_SLOTS, always */
    uint32_t bad;       /* looks at a tail that cannot be */
};

/*
 * The pointers here are the cell's own and the slot index is masked, so the
 * profile's checks could only find what cannot happen, at a third of the price
 * of a message.
 */
#define RING_UNCHECKED \
    __attribute__((no_sanitize("bounds", "pointer-overflow", "null", "alignment", "object-size")))

/* Continues where a former instance left off; any index is as good as another. */
static inline void ring_producer_attach(struct ring_producer *producer, struct ring_shared SHARED *ring)
{
    uint32_t tail = shared_read32(&ring->tail);
    /* As if full: the first put looks. */
    *producer = (struct ring_producer){ .ring = ring, .tail = tail, .limit = tail };
}

static inline void ring_consumer_attach(struct ring_consumer *consumer, struct ring_shared SHARED *ring)
{
    uint32_t head = shared_read32(&ring->head);
    /* As if empty: the first get looks. */
    *consumer = (struct ring_consumer){ .ring = ring, .head = head, .tail_seen = head };
}

/* Free slots after a fresh look.  Acquires head: pairs with the releases in ring_get and ring_advance_by. */
RING_UNCHECKED static inline uint32_t ring_space(struct ring_producer *producer)
{
    uint32_t limit = shared_read32(&producer->ring->head) + RING_SLOTS;
    uint32_t space = limit - producer->tail;
    if (space > RING_SLOTS) {
        producer->bad++;
        return 0;
    }
    producer->limit = limit;
    return space;
}

/* Descriptors to take after a fresh look.  Acquires tail: pairs with the releases in ring_put(_many). */
RING_UNCHECKED static inline uint32_t ring_available(struct ring_consumer *consumer)
{
    uint32_t tail = shared_read32(&consumer->ring->tail);
    uint32_t available = tail - consumer->head;
    if (available > RING_SLOTS) {
        consumer->bad++;
        return 0;
    }
    consumer->tail_seen = tail;
    return available;
}

/* Gives `count` copied slots back.  Releases head: pairs with the acquire in ring_space. */
RING_UNCHECKED static inline void ring_advance_by(struct ring_consumer *consumer, uint32_t count)
{
    struct ring_shared SHARED *ring = consumer->ring;
    uint32_t head = consumer->head + count;
    consumer->head = head;
    shared_write32(&ring->head, head);
}

/* ST_FULL when there is no room; nothing has changed then. */
RING_UNCHECKED static inline enum status ring_put(struct ring_producer *producer, uint64_t descriptor)
{
    uint32_t tail = producer->tail;
    if (tail == producer->limit && ring_space(producer) == 0)
        return ST_FULL;
    struct ring_shared SHARED *ring = producer->ring; /* in a register: the stores below might change it */
    shared_write64(&ring->slots[tail & RING_MASK], descriptor);
    producer->tail = tail + 1;
    shared_write32(&ring->tail, tail + 1); /* releases the slot: pairs with the acquire in ring_available */
    return ST_OK;
}

/* The next descriptor, which stays in the ring until ring_advance; ST_EMPTY when there is none. */
RING_UNCHECKED static inline enum status ring_peek(struct ring_consumer *consumer, uint64_t *descriptor)
{
    struct ring_shared SHARED *ring = consumer->ring;
    uint32_t head = consumer->head;
    if (head == consumer->tail_seen) {
        uint32_t tail = shared_read32(&ring->tail); /* acquires, as in ring_available */
        if (tail - head - 1 >= RING_SLOTS) {        /* empty, or not a tail: one comparison for both */
            consumer->bad += tail != head;
            return ST_EMPTY;
        }
        consumer->tail_seen = tail;
    }
    *descriptor = shared_read64(&ring->slots[head & RING_MASK]);
    return ST_OK;
}

/*
 * The descriptor at `index`, which ring_available has shown to be there; it stays.
 * A server that answers out of order looks ahead like this and advances later.
 */
RING_UNCHECKED static inline uint64_t ring_look(const struct ring_consumer *consumer, uint32_t index)
{
    return shared_read64(&consumer->ring->slots[index & RING_MASK]);
}

/* Gives back the slot of the descriptor last peeked at; once per successful peek. */
static inline void ring_advance(struct ring_consumer *consumer)
{
    ring_advance_by(consumer, 1);
}

/* Takes the next descriptor; ST_EMPTY when there is none. */
RING_UNCHECKED static inline enum status ring_get(struct ring_consumer *consumer, uint64_t *descriptor)
{
    struct ring_shared SHARED *ring = consumer->ring;
    uint32_t head = consumer->head;
    if (ring_peek(consumer, descriptor) != ST_OK)
        return ST_EMPTY;
    consumer->head = head + 1;
    shared_write32(&ring->head, head + 1); /* releases the slot: pairs with the acquire in ring_space */
    return ST_OK;
}

/*
 * The copies of a batch, without wrap-around: the callers have cut the run at
 * the end of the ring.  Eight at a time, because a batch is all about the copy;
 * not inlined, or the compiler would check each step against the caller's array.
 */
#define RING_COPY_STEP 8u

[[gnu::noinline]] RING_UNCHECKED static inline void ring_copy_in(uint64_t SHARED *to, const uint64_t *from,
                                                                 uint32_t run)
{
    for (; run >= RING_COPY_STEP; run -= RING_COPY_STEP, to += RING_COPY_STEP, from += RING_COPY_STEP) {
#pragma clang loop unroll(full)
        for (uint32_t i = 0; i < RING_COPY_STEP; i++)
            shared_write64(to + i, from[i]);
    }
    for (; run > 0; run--)
        shared_write64(to++, *from++);
}

[[gnu::noinline]] RING_UNCHECKED static inline void ring_copy_out(uint64_t *to, const uint64_t SHARED *from,
                                                                  uint32_t run)
{
    for (; run >= RING_COPY_STEP; run -= RING_COPY_STEP, to += RING_COPY_STEP, from += RING_COPY_STEP) {
#pragma clang loop unroll(full)
        for (uint32_t i = 0; i < RING_COPY_STEP; i++)
            to[i] = shared_read64(from + i);
    }
    for (; run > 0; run--)
        *to++ = shared_read64(from++);
}

/* Slots from `index` to the end of the ring, at most `count`. */
static inline uint32_t ring_run(uint32_t index, uint32_t count)
{
    uint32_t to_end = RING_SLOTS - (index & RING_MASK);
    return count < to_end ? count : to_end;
}

/* Puts as many as fit and publishes them at once; returns how many. */
RING_UNCHECKED static inline uint32_t ring_put_many(struct ring_producer *producer,
                                                    const uint64_t *descriptors, uint32_t count)
{
    uint32_t tail = producer->tail;
    uint32_t space = producer->limit - tail;
    if (space < count)
        space = ring_space(producer);
    if (space < count)
        count = space;
    uint32_t run = ring_run(tail, count);
    ring_copy_in(&producer->ring->slots[tail & RING_MASK], descriptors, run);
    if (run < count)
        ring_copy_in(&producer->ring->slots[0], descriptors + run, count - run);
    producer->tail = tail + count;
    shared_write32(&producer->ring->tail, tail + count); /* pairs with ring_available, as above */
    return count;
}

/* Takes up to `count` and gives their slots back at once; returns how many. */
RING_UNCHECKED static inline uint32_t ring_get_many(struct ring_consumer *consumer, uint64_t *descriptors,
                                                    uint32_t count)
{
    uint32_t head = consumer->head;
    uint32_t available = consumer->tail_seen - head;
    if (available < count)
        available = ring_available(consumer);
    if (available < count)
        count = available;
    uint32_t run = ring_run(head, count);
    ring_copy_out(descriptors, &consumer->ring->slots[head & RING_MASK], run);
    if (run < count)
        ring_copy_out(descriptors + run, &consumer->ring->slots[0], count - run);
    ring_advance_by(consumer, count);
    return count;
}

/*
 * Consumer, before it waits: says so, then looks once more.  True: nothing
 * there, and the next put rings.  False: do not wait, there is something.
 *
 * The fence pairs with the one in ring_wants_doorbell.  Each side writes its
 * word, fences, then reads the other's; so either the producer sees `waiting`
 * or the consumer sees the new tail, and no wake-up is lost.
 *
 * `taken` is how far the consumer has looked ahead of its head.
 */
static inline bool ring_prepare_sleep_at(struct ring_consumer *consumer, uint32_t taken)
{
    shared_write32(&consumer->ring->waiting, 1);
    shared_fence();
    if (ring_available(consumer) <= taken - consumer->head)
        return true;
    shared_write32(&consumer->ring->waiting, 0);
    return false;
}

/* The same, for a consumer that has looked at nothing ahead of its head. */
static inline bool ring_prepare_sleep(struct ring_consumer *consumer)
{
    return ring_prepare_sleep_at(consumer, consumer->head);
}

/*
 * Producer, after a put: true if the consumer sleeps and must be notified.
 * `waiting` is cleared before the doorbell, never after it: the consumer may
 * be asleep again by then.  A producer that dies in between loses nothing, for
 * its next instance's EVENT_PEER wakes the consumer too.
 */
static inline bool ring_wants_doorbell(struct ring_producer *producer)
{
    shared_fence(); /* pairs with the one in ring_prepare_sleep */
    if (shared_read32(&producer->ring->waiting) == 0)
        return false;
    shared_write32(&producer->ring->waiting, 0);
    return true;
}
