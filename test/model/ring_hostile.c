/* SPDX-License-Identifier: MIT */
#include <rt/bits.h>
#include <test/unit/harness.h>

#define SHARED_MODEL
#include <sdk/ring.h>

/*
 * One end of a ring against a peer that may answer every read with anything.
 *
 * Each look at shared memory is answered with each number of a list of lies in turn:
 * all combinations, for a sequence of operations.  Whatever the answers, the honest
 * end must touch only the ring, write only its own words, make a bounded number of
 * accesses, and keep its private indices possible.
 */

enum { LIES = 12, READS_MAX = 8, OPERATION_ACCESS_MAX = 2 * RING_SLOTS + 4, BATCH = 2 * RING_SLOTS };

static struct ring_shared arena; /* gives addresses; never holds anything */
static struct ring_producer producer;
static struct ring_consumer consumer;
static bool is_producer;
static uint32_t base; /* index at which both ends stand at first */

/* The choices of this run, counted up like the digits of a number. */
static struct {
    uint32_t digits[READS_MAX];
    uint32_t used;
} choice;
static uint32_t accesses; /* of this operation */
static uint64_t runs;

static uint32_t lie(uint32_t which)
{
    uint32_t own = is_producer ? producer.tail : consumer.head;
    const uint32_t lies[LIES] = { 0,
                                  1,
                                  own,
                                  own + 1,
                                  own - 1,
                                  own + RING_SLOTS,
                                  own - RING_SLOTS,
                                  own + RING_SLOTS + 1,
                                  own - RING_SLOTS - 1,
                                  own + 0x80000000,
                                  0x7FFFFFFF,
                                  UINT32_MAX };
    return lies[which];
}

static uint32_t choose(void)
{
    assert_true(choice.used < READS_MAX);
    return lie(choice.digits[choice.used++]);
}

/* The next combination; false after the last.  Digits that were not used do not count. */
static bool choice_next(void)
{
    for (uint32_t i = choice.used; i > 0; i--) {
        if (++choice.digits[i - 1] < LIES)
            return true;
        choice.digits[i - 1] = 0;
    }
    return false;
}

static size_t address_check(const void *address, size_t bytes)
{
    size_t at = (size_t)((const uint8_t *)address - (const uint8_t *)&arena);
    assert_true(at < sizeof(arena) && at % bytes == 0 && sizeof(arena) - at >= bytes);
    assert_true(++accesses <= OPERATION_ACCESS_MAX);
    return at;
}

uint32_t shared_read32(const uint32_t SHARED *from)
{
    size_t at = address_check((const void *)from, 4);
    assert_true(at < offsetof(struct ring_shared, slots));
    return choose();
}

void shared_write32(uint32_t SHARED *to, [[maybe_unused]] uint32_t value)
{
    size_t at = address_check((void *)to, 4);
    size_t own = is_producer ? offsetof(struct ring_shared, tail) : offsetof(struct ring_shared, head);
    assert_true(at == own || at == offsetof(struct ring_shared, waiting));
}

uint64_t shared_read64(const uint64_t SHARED *from)
{
    size_t at = address_check((const void *)from, 8);
    assert_true(!is_producer && at >= offsetof(struct ring_shared, slots));
    return UINT64_MAX;
}

void shared_write64(uint64_t SHARED *to, [[maybe_unused]] uint64_t value)
{
    size_t at = address_check((void *)to, 8);
    assert_true(is_producer && at >= offsetof(struct ring_shared, slots));
}

void shared_fence(void)
{
    assert_true(++accesses <= OPERATION_ACCESS_MAX);
}

/* Every operation of one end; the canaries show a copy that is longer than asked for. */
enum { OPERATIONS = 4 };

static void producer_operate(uint32_t operation)
{
    static const uint64_t batch[BATCH];
    switch (operation) {
    case 0:
        (void)ring_put(&producer, 1);
        break;
    case 1:
        assert_true(ring_put_many(&producer, batch, 3) <= u64_min(3, RING_SLOTS));
        break;
    case 2:
        (void)ring_wants_doorbell(&producer);
        break;
    default:
        assert_true(ring_put_many(&producer, batch, BATCH) <= RING_SLOTS);
    }
    assert_true(producer.limit - producer.tail <= RING_SLOTS);
}

static void consumer_operate(uint32_t operation)
{
    uint64_t batch[BATCH + 1] = { [3] = 77, [BATCH] = 88 };
    switch (operation) {
    case 0:
        (void)ring_get(&consumer, batch);
        break;
    case 1:
        assert_true(ring_get_many(&consumer, batch, 3) <= u64_min(3, RING_SLOTS));
        assert_int_equal(batch[3], 77);
        break;
    case 2:
        (void)ring_prepare_sleep(&consumer);
        break;
    default:
        assert_true(ring_get_many(&consumer, batch, BATCH) <= RING_SLOTS);
        assert_int_equal(batch[BATCH], 88);
    }
    assert_true(consumer.tail_seen - consumer.head <= RING_SLOTS);
}

/* `length` operations, chosen by the digits of `program` to the base of OPERATIONS. */
static void program_run(uint32_t program, uint32_t length)
{
    struct ring_shared SHARED *ring = (struct ring_shared SHARED *)&arena;
    choice.used = 0;
    accesses = 0;
    producer = (struct ring_producer){ .tail = base };
    consumer = (struct ring_consumer){ .head = base };
    if (is_producer)
        ring_producer_attach(&producer, ring);
    else
        ring_consumer_attach(&consumer, ring);
    for (uint32_t i = 0; i < length; i++, program /= OPERATIONS) {
        accesses = 0;
        if (is_producer)
            producer_operate(program % OPERATIONS);
        else
            consumer_operate(program % OPERATIONS);
    }
    runs++;
}

/* All programs of three operations, each under all combinations of lies. */
static void all_run(void)
{
    static const uint32_t bases[] = { 0, UINT32_MAX };
    runs = 0;
    for (size_t b = 0; b < ARRAY_COUNT(bases); b++) {
        base = bases[b];
        for (uint32_t program = 0; program < OPERATIONS * OPERATIONS * OPERATIONS; program++) {
            memset(&choice, 0, sizeof(choice));
            do {
                program_run(program, 3);
            } while (choice_next());
        }
    }
    print_message("             %llu runs\n", (unsigned long long)runs);
    assert_true(runs > 100000);
}

TEST(MODEL0037)
{
    is_producer = true;
    all_run();
}

TEST(MODEL0038)
{
    is_producer = false;
    all_run();
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, MODEL0037, "a producer whose peer lies at every look");
    ADD(&harness, MODEL0038, "a consumer whose peer lies at every look");
    return harness_run("ring against a hostile peer", &harness);
}
