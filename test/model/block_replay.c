/* SPDX-License-Identifier: MIT */

/*
 * Every small schedule of the block class: the shipping client, the shipping
 * server and a disk that answers in any order, while the server's instance may
 * end at each of its accesses to shared memory, and while the client may be
 * overtaken by that at each of its own.  A state is entered once.
 *
 * What must hold: each request is answered, with success, and each is done
 * before; none is done again after its client has taken the answer, for then
 * its memory may be something else's.  Rules that were removed on purpose must
 * be noticed.
 */

#include <stdint.h>

#define SHARED_MODEL
#include <test/unit/block_disk.h>
#include <test/unit/harness.h>

enum {
    REQUESTS = 4,
    DEATHS_MAX = 3,
    ACCESSES_MAX = 4000, /* of one step: more than any has */
};

enum mutation {
    MUTATION_NONE = 0,
    MUTATION_LIVE_KEPT,       /* the client does not clear live */
    MUTATION_LIVE_LATE,       /* ... clears it after it has given the completion back */
    MUTATION_STANDING_UNSEEN, /* a new server does not look at the completion ring */
    MUTATION_HEAD_EARLY,      /* the server gives requests back when it takes them */
};

/* All there is, in one piece to copy. */
struct model {
    uint8_t memory[CHANNEL_POOL_OFFSET + PAGE_BYTES]; /* the rings and the requests */
    struct cell_info server, client_info;
    uint64_t server_events, client_events;
    struct block_server block_server;
    struct block_server_client served;
    struct block_job jobs[BLOCK_DEPTH_MAX];
    struct job_list held, submitted;
    uint8_t free_first;
    uint32_t used, submitted_count, cursor;
    uint64_t ready, dirty;
    struct block_job pending[REQUESTS];
    uint32_t pending_count;
    struct block_client client;
    uint32_t sent, deaths;
    uint32_t done;     /* bit n: request n was carried out at least once */
    uint32_t answered; /* bit n: its client has been told */
};

/* --- Access to shared memory ------------------------------------------------ */

static struct {
    enum mutation mutation;
    uint32_t left;         /* accesses until something happens; 0: nothing does */
    uint32_t made;         /* in this step */
    bool is_overtaken;     /* the client's step is interrupted there; else the server ends there */
    bool is_attaching;     /* the server is looking at what there is */
    uint64_t SHARED *late; /* MUTATION_LIVE_LATE: the write that waits */
    uint32_t answered, done;
    const char *violation;
} step;

static void overtake(void);

static void access_hook(void)
{
    step.made++;
    if (step.left == 0 || --step.left > 0)
        return;
    if (step.is_overtaken)
        overtake();
    else if (world.current == &world.server)
        longjmp(world_server_ended, 1);
}

static bool is_live_word(const void *at)
{
    uint64_t offset = (uint64_t)((const uint8_t *)at - world.memory[0]) - CHANNEL_POOL_OFFSET;
    return offset < WORLD_CHANNEL_BYTES &&
           offset % BLOCK_REQUEST_ALIGN == offsetof(struct block_request, live);
}

uint32_t shared_read32(const uint32_t SHARED *from)
{
    access_hook();
    return *(const uint32_t *)(const void *)from;
}

void shared_write32(uint32_t SHARED *to, uint32_t value)
{
    access_hook();
    *(uint32_t *)(void *)to = value;
    if (step.late != nullptr && world.current != &world.server) {
        *(uint64_t *)(void *)step.late = 0;
        step.late = nullptr;
    }
}

uint64_t shared_read64(const uint64_t SHARED *from)
{
    access_hook();
    const struct channel_layout *layout = (const struct channel_layout *)(const void *)world.memory[0];
    const uint64_t *word = (const uint64_t *)(const void *)from;
    bool is_completion = word >= layout->completion.slots && word < layout->completion.slots + RING_SLOTS;
    if (step.mutation == MUTATION_STANDING_UNSEEN && world.current == &world.server && is_completion)
        return UINT64_MAX;
    return *word;
}

void shared_write64(uint64_t SHARED *to, uint64_t value)
{
    access_hook();
    bool is_client = world.current != &world.server;
    if (is_client && is_live_word((const void *)to)) {
        if (step.mutation == MUTATION_LIVE_KEPT)
            return;
        if (step.mutation == MUTATION_LIVE_LATE) {
            step.late = to;
            return;
        }
    }
    *(uint64_t *)(void *)to = value;
}

void shared_fence(void)
{
    access_hook();
}

void shared_copy_in(void *restrict to, const void SHARED *from, uint64_t bytes)
{
    access_hook();
    memcpy(to, (const void *)from, bytes);
}

void shared_copy_out(void SHARED *to, const void *restrict from, uint64_t bytes)
{
    access_hook();
    memcpy((void *)to, from, bytes);
}

/* --- States -------------------------------------------------------------------- */

static struct block_client client;
static uint32_t sent, deaths;

static void model_save(struct model *model)
{
    memcpy(model->memory, world.memory[0], sizeof(model->memory));
    model->server = world.server;
    model->client_info = world.clients[0];
    model->server_events = world.server_events;
    model->client_events = world.client_events[0];
    model->block_server = block_server;
    model->served = clients[0];
    memcpy(model->jobs, jobs, sizeof(jobs));
    model->held = held;
    model->submitted = submitted;
    model->free_first = free_first;
    model->used = used;
    model->submitted_count = submitted_count;
    model->cursor = cursor;
    model->ready = ready;
    model->dirty = dirty;
    memcpy(model->pending, disk.pending, sizeof(model->pending));
    model->pending_count = disk.count;
    model->client = client;
    model->sent = sent;
    model->deaths = deaths;
    model->done = step.done;
    model->answered = step.answered;
}

static void model_load(const struct model *model)
{
    memcpy(world.memory[0], model->memory, sizeof(model->memory));
    world.server = model->server;
    world.clients[0] = model->client_info;
    world.server_events = model->server_events;
    world.client_events[0] = model->client_events;
    block_server = model->block_server;
    clients[0] = model->served;
    memcpy(jobs, model->jobs, sizeof(jobs));
    held = model->held;
    submitted = model->submitted;
    free_first = model->free_first;
    used = model->used;
    submitted_count = model->submitted_count;
    cursor = model->cursor;
    ready = model->ready;
    dirty = model->dirty;
    memcpy(disk.pending, model->pending, sizeof(model->pending));
    disk.count = model->pending_count;
    client = model->client;
    sent = model->sent;
    deaths = model->deaths;
    step.done = model->done;
    step.answered = model->answered;
}

/* --- Steps ------------------------------------------------------------------------ */

static void note_execution(const struct block_job *job)
{
    uint32_t bit = BIT32(job->block);
    if (step.answered & bit)
        step.violation = "a request is done after its client was answered";
    step.done |= bit;
}

static void server_boot(void)
{
    deaths++;
    world_boot();
}

/* The server's instance ends, and the next one begins and does what it can, while the client is in a step. */
static void overtake(void)
{
    const struct cell_info *before = world.current;
    step.is_overtaken = false;
    server_boot();
    disk_server_run();
    while (disk_interrupt(0, ST_OK)) /* and the device is quick */
        ;
    world.current = before;
}

enum kind { STEP_SUBMIT = 0, STEP_POLL, STEP_SERVE, STEP_DEVICE };

static void client_submit(void)
{
    uint32_t ticket;
    world.current = &world.clients[0];
    struct block_request request = { .operation = BLOCK_READ,
                                     .block = sent,
                                     .count = 1,
                                     .segment_count = 1,
                                     .segments = { { 8 * PAGE_BYTES, DISK_BLOCK_BYTES } } };
    if (block_submit(&client, &request, &ticket) != ST_OK)
        step.violation = "a request is refused";
    sent++;
    block_kick(&client);
}

static void client_poll(void)
{
    uint32_t ticket;
    enum status result;
    world.current = &world.clients[0];
    while (block_poll(&client, &ticket, &result) == ST_OK) {
        uint32_t bit = BIT32(client.tickets[ticket].request.block);
        if (result != ST_OK)
            step.violation = "a request fails";
        if (step.answered & bit)
            step.violation = "a request is answered twice";
        if ((step.done & bit) == 0)
            step.violation = "a request is answered but not done";
        step.answered |= bit;
    }
}

/* `at`: 0, or the number of the access at which the server ends. */
static void step_run(enum kind kind, uint32_t choice, uint32_t at)
{
    bool is_client = kind == STEP_SUBMIT || kind == STEP_POLL;
    step.made = 0;
    step.left = at;
    step.is_overtaken = is_client;
    step.late = nullptr;
    if (setjmp(world_server_ended) != 0)
        server_boot();
    else if (kind == STEP_SUBMIT)
        client_submit();
    else if (kind == STEP_POLL)
        client_poll();
    else if (kind == STEP_SERVE)
        disk_server_run();
    else
        (void)disk_interrupt(choice, ST_OK);
    step.left = 0;
    if (step.mutation == MUTATION_HEAD_EARLY)
        ((struct channel_layout *)(void *)world.memory[0])->request.head = clients[0].taken;
}

/* --- The search -------------------------------------------------------------------- */

struct digest {
    uint64_t low, high;
};

static struct {
    struct digest *table;
    size_t slots, used, steps;
} seen;

static void digest_bytes(struct digest *digest, const void *bytes, size_t count)
{
    const uint64_t *words = bytes;
    for (size_t i = 0; i < count / sizeof(*words); i++) {
        digest->low = (digest->low ^ words[i]) * UINT64_C(0x9E3779B97F4A7C15);
        digest->low ^= digest->low >> 29;
        digest->high = (digest->high + words[i]) * UINT64_C(0xC2B2AE3D27D4EB4F) + 1;
        digest->high ^= digest->high >> 31;
    }
}

/* What decides about the future: rings and requests, both sides' indices, jobs, and what has happened. */
static struct digest model_digest(const struct model *model)
{
    static uint64_t words[64];
    struct digest digest = { 1, 2 };
    const struct channel_layout *layout = (const struct channel_layout *)(const void *)model->memory;
    digest_bytes(&digest, layout, offsetof(struct ring_shared, slots) + 8 * REQUESTS * (DEATHS_MAX + 1));
    digest_bytes(&digest, &layout->completion,
                 offsetof(struct ring_shared, slots) + 8 * REQUESTS * (DEATHS_MAX + 1));
    digest_bytes(&digest, layout->pool, 8 * BLOCK_REQUEST_ALIGN);
    uint32_t n = 0;
    words[n++] = model->server_events;
    words[n++] = model->client_events;
    words[n++] = (uint64_t)model->served.answered << 32 | model->served.taken;
    words[n++] = (uint64_t)model->served.end.get.head << 32 | model->served.end.put.tail;
    words[n++] = (uint64_t)model->served.replay_end << 32 | model->served.under_way;
    words[n++] = model->served.done[0];
    words[n++] = model->served.standing[0];
    words[n++] = model->served.is_attached;
    words[n++] = model->block_server.must_update;
    words[n++] = model->ready << 1 | model->dirty << 33;
    words[n++] = (uint64_t)model->used << 32 | model->pending_count;
    for (uint32_t i = 0; i < model->pending_count; i++)
        words[n++] = (uint64_t)model->pending[i].index << 32 | model->pending[i].sequence;
    words[n++] = (uint64_t)model->client.end.put.tail << 32 | model->client.end.get.head;
    words[n++] = (uint64_t)model->client.in_flight << 32 | model->client.end.epoch;
    words[n++] = (uint64_t)model->sent << 48 | (uint64_t)model->deaths << 32 | model->done << 8 |
                 model->answered;
    digest_bytes(&digest, words, n * sizeof(words[0]));
    digest.low |= digest.low == 0; /* 0 marks a free slot */
    return digest;
}

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
    seen.slots = old_slots == 0 ? 4096 : old_slots * 2;
    seen.table = calloc(seen.slots, sizeof(struct digest));
    assert_non_null(seen.table);
    seen.used = 0;
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].low != 0)
            seen_insert(old[i]);
    free(old);
}

static void explore(const struct model *model);

/* The state after that step and, one after the other, after its interruption at each access. */
static void explore_step(const struct model *model, enum kind kind, uint32_t choice)
{
    struct model *next = aligned_alloc(alignof(struct model), sizeof(*next));
    assert_non_null(next);
    uint32_t accesses = 0;
    for (uint32_t at = 0; at <= accesses && step.violation == nullptr; at++) {
        model_load(model);
        if (at > 0 && model->deaths == DEATHS_MAX)
            break;
        step_run(kind, choice, at);
        seen.steps++;
        if (at == 0)
            accesses = step.made;
        assert_true(accesses < ACCESSES_MAX);
        if (step.violation != nullptr)
            break;
        model_save(next);
        if (seen.used * 2 >= seen.slots)
            seen_grow();
        if (seen_insert(model_digest(next)))
            explore(next);
    }
    free(next);
}

static void explore(const struct model *model)
{
    if (model->sent < REQUESTS)
        explore_step(model, STEP_SUBMIT, 0);
    explore_step(model, STEP_POLL, 0);
    if (model->server_events != 0)
        explore_step(model, STEP_SERVE, 0);
    for (uint32_t i = 0; i < model->pending_count; i++)
        explore_step(model, STEP_DEVICE, i);
    bool is_at_rest = model->server_events == 0 && model->pending_count == 0 && model->sent == REQUESTS;
    if (is_at_rest && step.violation == nullptr) {
        model_load(model);
        step_run(STEP_POLL, 0, 0);
        if (step.violation == nullptr && step.answered != BIT32(REQUESTS) - 1)
            step.violation = "a request is never answered";
    }
}

/* What went wrong in some schedule; null: nothing in any. */
static const char *model_run(enum mutation mutation)
{
    free(seen.table);
    memset(&seen, 0, sizeof(seen));
    memset(&step, 0, sizeof(step));
    step.mutation = mutation;
    sent = deaths = 0;
    disk_reset_all();
    disk.depth = REQUESTS - 1; /* one more than the device takes */
    disk.on_execute = note_execution;
    world_reset(disk_start, disk_server_run);
    for (uint32_t i = 1; i < WORLD_CLIENTS; i++)
        world.server.channels[i] = (struct cell_channel){}; /* one client is enough */
    disk_server_run();
    world.current = &world.clients[0];
    assert_int_equal(block_open(&client, &world_edge, UINT64_MAX), ST_OK);
    struct model *start = aligned_alloc(alignof(struct model), sizeof(*start));
    assert_non_null(start);
    model_save(start);
    seen_grow();
    explore(start);
    free(start);
    print_message("             %zu steps, %zu states: %s\n", seen.steps, seen.used,
                  step.violation == nullptr ? "sound" : step.violation);
    return step.violation;
}

TEST(REPLAY0001)
{
    assert_null(model_run(MUTATION_NONE));
    assert_true(seen.used > 1000); /* it did search */
}

#define MUTANT(id, removed) \
    TEST(id) \
    { \
        assert_non_null(model_run(removed)); \
    }

MUTANT(REPLAY0010, MUTATION_LIVE_KEPT)
MUTANT(REPLAY0011, MUTATION_LIVE_LATE)
MUTANT(REPLAY0012, MUTATION_STANDING_UNSEEN)
MUTANT(REPLAY0013, MUTATION_HEAD_EARLY)

int main(void)
{
    struct harness harness = {};
    ADD(&harness, REPLAY0001, "wherever the server ends: nothing lost, nothing done after it was answered");
    ADD(&harness, REPLAY0010, "notices a client that does not say what it has taken");
    ADD(&harness, REPLAY0011, "notices a client that says so too late");
    ADD(&harness, REPLAY0012, "notices a server that does not look at what stands");
    ADD(&harness, REPLAY0013, "notices a server that gives requests back too early");
    return harness_run("block replay", &harness);
}
