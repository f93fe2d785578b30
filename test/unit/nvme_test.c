/* SPDX-License-Identifier: MIT */

/* The NVMe driver against a simulated controller: honest, broken, hostile, gone. */

#include "harness.h"

#include "fake_jobs.h"
#include "nvme_driver.h"
#include "nvme_sim.h"

static struct nvme_sim sim;

static void sim_plug(void)
{
    nvme_forget();
    fake_device_plug(&sim.device);
    fake_jobs_reset();
}

static void sim_new(bool has_iommu)
{
    nvme_sim_free(&sim);
    nvme_sim_init(&sim, has_iommu);
}

static void sim_boot(void)
{
    sim_plug();
    assert_int_equal(nvme_start(), ST_OK);
}

/* An event as the monitor would send it. */
static void interrupt(void)
{
    block_device_notified(fake_device_irq(0));
}

static void kick_and_collect(void)
{
    fake_jobs.driver->kick();
    interrupt();
}

static void pattern(uint8_t *bytes, uint64_t count, uint32_t seed)
{
    for (uint64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(seed * 97 + i * 31 + (i >> 9));
}

static enum status job_now(enum block_operation operation, uint32_t unit, uint64_t block, uint32_t count,
                           uint32_t offset)
{
    uint32_t index = fake_job(operation, unit, block, count, offset);
    assert_int_not_equal(index, UINT32_MAX);
    if (fake_jobs.is_under_way[index])
        kick_and_collect();
    assert_false(fake_jobs.is_under_way[index]);
    return fake_jobs.answers[index];
}

static void transfer_check(uint32_t count, uint32_t seed)
{
    uint64_t bytes = count * 512ul;
    uint8_t *out = fake_pool(), *in = fake_pool() + MIB(1);
    pattern(out, bytes, seed);
    memset(in, 0, bytes);
    assert_int_equal(job_now(BLOCK_WRITE, 0, SIM_BLOCKS * 3, count, 0), ST_OK);
    assert_memory_equal(sim.namespaces[0].data, out, bytes);
    assert_int_equal(job_now(BLOCK_READ, 0, SIM_BLOCKS * 3, count, MIB(1)), ST_OK);
    assert_memory_equal(in, out, bytes);
}

TEST(NVME0001)
{
    static const uint32_t counts[] = { 1, 7, 8, 9, 15, 16, 17, 24, 25, 100, 511, 512, 513, 1023, 1024 };
    for (uint32_t has_iommu = 0; has_iommu < 2; has_iommu++) {
        sim_new(has_iommu);
        sim_boot();
        assert_int_equal(fake_jobs.unit_count, 1);
        assert_int_equal(fake_jobs.depth, 128);
        assert_int_equal(fake_jobs.units[0].transfer_blocks_max, 1024); /* MDTS 7 */
        for (uint32_t i = 0; i < ARRAY_COUNT(counts); i++)
            transfer_check(counts[i], i);
        assert_int_equal(sim.device.dma_faults, 0);
    }
}

/* Pages of a page each, so that what is read says where it was read to. */
TEST(NVME0002)
{
    sim_new(true);
    sim_boot();
    uint32_t seed = 12345, submitted = 0;
    sim.holds = true;
    for (uint32_t round = 0; round < 3000; round++) {
        seed = seed * 1664525 + 1013904223;
        if (fake_job(BLOCK_READ, 0, round % 1000, 1, (seed >> 8) % 256 * PAGE_BYTES) != UINT32_MAX)
            submitted++;
        fake_jobs.driver->kick();
        for (uint32_t i = 0; sim.held_count > 0 && i < (seed >> 20) % 3; i++)
            nvme_sim_answer(&sim, (seed >> 4) % sim.held_count);
        interrupt();
    }
    while (sim.held_count > 0)
        nvme_sim_answer(&sim, sim.held_count / 2);
    interrupt();
    assert_int_equal(fake_jobs.answered, submitted);
    assert_int_equal(fake_jobs.under_way, 0);
    assert_int_equal(fake_jobs.late, 0);
    assert_true(submitted > 2000);
}

TEST(NVME0003)
{
    sim_new(true);
    sim_boot();
    sim.holds = true;
    uint32_t before = sim.doorbells;
    for (uint32_t i = 0; i < 128; i++)
        assert_int_equal(fake_job(BLOCK_READ, 0, i, 1, i * PAGE_BYTES), i);
    assert_int_equal(sim.doorbells, before);
    fake_jobs.driver->kick();
    assert_int_equal(sim.doorbells, before + 1); /* one doorbell for the batch */
    assert_int_equal(sim.held_count, 128);
    assert_int_equal(fake_job(BLOCK_READ, 0, 0, 1, 0), UINT32_MAX);
}

TEST(NVME0004)
{
    sim_new(false);
    struct sim_namespace *second = nvme_sim_add(&sim, 7, 5000, 12);
    second->is_read_only = true;
    nvme_sim_add(&sim, 9, 100, 9)->metadata = 8; /* not for us */
    sim_boot();
    assert_int_equal(fake_jobs.unit_count, 2);
    const struct block_unit *units = fake_jobs.units;
    assert_int_equal(units[0].block_bytes, 512);
    assert_int_equal(units[0].block_count, 1u << 20);
    assert_false(units[0].is_read_only);
    assert_int_equal(units[1].block_bytes, 4096);
    assert_int_equal(units[1].block_count, 5000);
    assert_true(units[1].is_read_only);
    assert_string_equal(units[0].model, "Sim.disk");
    assert_string_equal(units[1].serial, "S123");
    memset(second->data + 3 * 4096, 0x5A, 4096);
    assert_int_equal(job_now(BLOCK_READ, 1, 3, 1, 0), ST_OK);
    assert_int_equal(fake_pool()[4095], 0x5A);
    assert_string_equal(fake_log_text, "namespace 9 not used: its format has metadata, "
                                       "or blocks not of 512 to 4096 bytes");
}

TEST(NVME0005)
{
    sim_new(true);
    sim_boot();
    assert_int_equal(fake_jobs.units[0].features,
                     BLOCK_CAN_FLUSH | BLOCK_CAN_DISCARD | BLOCK_CAN_WRITE_ZEROES);
    assert_int_equal(job_now(BLOCK_FLUSH, 0, 0, 0, 0), ST_OK);
    assert_int_equal(job_now(BLOCK_DISCARD, 0, 1000, 70000, 0), ST_OK);
    assert_int_equal(job_now(BLOCK_WRITE_ZEROES, 0, 1000, 65536, 0), ST_OK);
    assert_int_equal(job_now(BLOCK_WRITE_ZEROES, 0, 1000, 65537, 0), ST_RANGE);
    assert_int_equal(sim.flushes, 1);
    assert_int_equal(sim.discarded, 70000);
    assert_int_equal(sim.zeroed, 65536);

    sim_new(true);
    sim.identity.vwc = 0;
    sim.identity.oncs = 0;
    sim_boot();
    assert_int_equal(fake_jobs.units[0].features, BLOCK_CAN_FLUSH);
    assert_int_equal(job_now(BLOCK_FLUSH, 0, 0, 0, 0), ST_OK);
    assert_int_equal(sim.flushes, 0); /* nothing to flush: no command */
}

/* A controller with small queues: as many jobs as fit, one entry always free. */
TEST(NVME0006)
{
    sim_new(true);
    sim.cap_low = 1u << 24 | 15;
    sim_boot();
    assert_int_equal(fake_jobs.depth, 15);
    for (uint32_t i = 0; i < 100; i++)
        transfer_check(1 + i % 20, i);
    sim.holds = true;
    for (uint32_t i = 0; i < 15; i++)
        assert_int_equal(fake_job(BLOCK_READ, 0, i, 1, i * PAGE_BYTES), i);
    fake_jobs.driver->kick();
    assert_int_equal(sim.held_count, 15);
}

/* What a controller says of itself. */
struct identity_case {
    const char *name;
    void (*change)(void);
    enum status status; /* of the start */
    uint32_t units;     /* if that is ST_OK */
};

static void change_entry_size(void)
{
    sim.identity.sqes = 0x77;
}

static void change_completion_size(void)
{
    sim.identity.cqes = 0x66;
}

static void change_command_set(void)
{
    sim.cap_high = 0;
}

static void change_page(void)
{
    sim.cap_high |= 1u << 16;
}

static void change_doorbells(void)
{
    sim.cap_high |= 15;
}

static void change_entries(void)
{
    sim.cap_low &= ~0xFFFFu;
}

static void change_list(void)
{
    sim.forges_list = true;
}

static void change_format_small(void)
{
    sim.namespaces[0].block_log2 = 8;
}

static void change_format_large(void)
{
    sim.namespaces[0].block_log2 = 16;
}

static void change_format_absurd(void)
{
    sim.namespaces[0].block_log2 = 255;
}

static void change_size(void)
{
    sim.namespaces[0].blocks = UINT64_MAX;
}

static void change_empty(void)
{
    sim.namespaces[0].blocks = 0;
}

static void change_none(void)
{
    sim.namespaces[0].nsid = 200; /* beyond the list */
}

static void change_version(void)
{
    sim.version = NVME_VERSION(1, 0);
    nvme_sim_add(&sim, 32, 10, 9);
}

static void change_never_ready(void)
{
    sim.never_ready = true;
}

static void change_stuck(void)
{
    sim.cc = NVME_CC_EN;
    sim.csts = NVME_CSTS_RDY;
    sim.never_off = true;
}

static void change_deaf(void)
{
    sim.is_deaf = true;
}

static void change_gone(void)
{
    sim.device.is_gone = true;
}

static void change_no_registers(void)
{
    sim.device.bar_bytes[0] = 0;
}

static void change_few_registers(void)
{
    sim.device.bar_bytes[0] = 64;
}

static void change_queue_refused(void)
{
    sim.fail_opcode = NVME_CREATE_SUBMISSION + 0x100;
    sim.fail_status = 0x101;
}

static void change_no_interrupt(void)
{
    sim.device.messages = 0;
}

static void change_left_on(void)
{
    sim.cc = NVME_CC_EN;
    sim.csts = NVME_CSTS_RDY;
}

/* A driver that is killed leaves a controller whose accesses are refused. */
static void change_broken(void)
{
    sim.cc = NVME_CC_EN;
    sim.csts = NVME_CSTS_CFS;
}

static const struct identity_case identity_cases[] = {
    { "NVME0010: entries larger than the specification's", change_entry_size, ST_UNSUPPORTED, 0 },
    { "NVME0011: completions larger than the specification's", change_completion_size, ST_UNSUPPORTED, 0 },
    { "NVME0012: no NVM command set", change_command_set, ST_UNSUPPORTED, 0 },
    { "NVME0013: pages larger than ours", change_page, ST_UNSUPPORTED, 0 },
    { "NVME0014: doorbells beyond the registers", change_doorbells, ST_RANGE, 0 },
    { "NVME0015: queues of one entry", change_entries, ST_UNSUPPORTED, 0 },
    { "NVME0016: namespace ids do not ascend", change_list, ST_DEVICE, 0 },
    { "NVME0017: blocks of 256 bytes", change_format_small, ST_OK, 0 },
    { "NVME0018: blocks of 64 KiB", change_format_large, ST_OK, 0 },
    { "NVME0019: blocks of 2^255 bytes", change_format_absurd, ST_OK, 0 },
    { "NVME0020: more blocks than bytes can be counted", change_size, ST_OK, 0 },
    { "NVME0021: a namespace without blocks", change_empty, ST_OK, 0 },
    { "NVME0022: no namespace at all", change_none, ST_OK, 0 },
    { "NVME0023: version 1.0 has no list", change_version, ST_OK, 2 },
    { "NVME0024: never ready", change_never_ready, ST_TIMEOUT, 0 },
    { "NVME0025: does not switch off", change_stuck, ST_TIMEOUT, 0 },
    { "NVME0026: answers no command", change_deaf, ST_TIMEOUT, 0 },
    { "NVME0027: reads as all ones", change_gone, ST_GONE, 0 },
    { "NVME0028: no registers", change_no_registers, ST_NOT_FOUND, 0 },
    { "NVME0029: too few registers", change_few_registers, ST_DEVICE, 0 },
    { "NVME0030: no queue for us", change_queue_refused, ST_IO, 0 },
    { "NVME0031: no interrupt", change_no_interrupt, ST_NOT_FOUND, 0 },
    { "NVME0032: left on by an earlier driver", change_left_on, ST_OK, 1 },
    { "NVME0033: left broken by an earlier driver", change_broken, ST_OK, 1 },
};

static void identity_test(void **state)
{
    const struct identity_case *row = *state;
    sim_new(true);
    row->change();
    sim_plug();
    assert_int_equal(nvme_start(), row->status);
    if (row->status != ST_OK)
        return;
    assert_int_equal(fake_jobs.unit_count, row->units);
    assert_true(sim.status_reads < 100); /* waits for nothing that does not come */
}

/* Completions of what nobody waits for. */
TEST(NVME0040)
{
    sim_new(true);
    sim_boot();
    sim.holds = true;
    uint32_t index = fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    assert_int_equal(sim.held_count, 1);
    uint32_t cid = sim.held[0].cid;
    nvme_sim_post(&sim, 1, cid ^ 0x80, NVME_SUCCESS, 0); /* another generation */
    nvme_sim_post(&sim, 1, cid ^ 0x8000, NVME_SUCCESS, 0);
    nvme_sim_post(&sim, 1, cid ^ 1, NVME_SUCCESS, 0); /* another index */
    nvme_sim_post(&sim, 1, 0xFFFF, NVME_SUCCESS, 0);
    interrupt();
    assert_true(fake_jobs.is_under_way[index]);
    assert_int_equal(fake_jobs.late, 4);
    nvme_sim_answer(&sim, 0);
    nvme_sim_post(&sim, 1, cid, NVME_INTERNAL_ERROR, 0); /* twice */
    interrupt();
    assert_int_equal(fake_jobs.answers[index], ST_OK);
    assert_int_equal(fake_jobs.answered, 1);
    assert_int_equal(fake_jobs.late, 5);
    assert_false(fake_jobs.under_way > 0);

    /* The same index again: the old identifier is a stranger's. */
    assert_int_equal(fake_job(BLOCK_READ, 0, 0, 1, 0), index);
    fake_jobs.driver->kick();
    nvme_sim_post(&sim, 1, cid, NVME_SUCCESS, 0);
    interrupt();
    assert_true(fake_jobs.is_under_way[index]);
}

/* Entries with the old phase are not there; a whole queue of rubbish ends. */
TEST(NVME0041)
{
    sim_new(true);
    sim_boot();
    sim.holds = true;
    (void)fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    sim.queues[1].phase ^= 1;
    for (uint32_t i = 0; i < 10; i++)
        nvme_sim_post(&sim, 1, sim.held[0].cid, NVME_SUCCESS, 0);
    interrupt();
    assert_int_equal(fake_jobs.answered + fake_jobs.late, 0);

    sim.queues[1].put = 0;
    sim.queues[1].phase = 1;
    uint32_t entries = sim.queues[1].entries;
    for (uint32_t i = 0; i < entries * 5 / 2; i++)
        nvme_sim_post(&sim, 1, 0x7F80 + i % 128, NVME_SUCCESS, 0);
    for (uint32_t i = 0; i < 10; i++)
        interrupt();
    assert_int_equal(fake_jobs.answered, 0);
    assert_true(fake_jobs.late <= entries * 3);
}

TEST(NVME0042)
{
    static const struct {
        uint32_t nvme;
        enum status status;
    } rows[] = {
        { NVME_INVALID_FIELD, ST_INVALID },      { NVME_INTERNAL_ERROR, ST_DEVICE },
        { NVME_LBA_OUT_OF_RANGE, ST_RANGE },     { NVME_WRITE_PROTECTED, ST_DENIED },
        { NVME_READ_ONLY_RANGE, ST_DENIED },     { NVME_INVALID_NAMESPACE, ST_NOT_FOUND },
        { 0x281, ST_IO /* unrecovered read */ }, { 0x7FF, ST_IO },
    };
    sim_new(true);
    sim_boot();
    sim.fail_opcode = NVME_READ;
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        sim.fail_status = rows[i].nvme;
        assert_int_equal(job_now(BLOCK_READ, 0, 0, 8, 0), rows[i].status);
    }
    assert_int_equal(job_now(BLOCK_WRITE, 0, 0, 8, 0), ST_OK);
}

TEST(NVME0043)
{
    sim_new(true);
    sim_boot();
    block_server_corrupt(false);
    assert_int_equal(job_now(BLOCK_READ, 0, 0, 8, 0), ST_IO);
    assert_true(sim.device.dma_faults > 0);

    /* The monitor says so: the cell ends, and says why. */
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        block_device_notified(BIT64(EVENT_DEVICE));
        fail();
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
    assert_int_equal(fake_log_count, 2); /* the unit, and this */
}

/* Resets. */
TEST(NVME0050)
{
    sim_new(true);
    sim_boot();
    sim.holds = true;
    for (uint32_t i = 0; i < 20; i++)
        (void)fake_job(BLOCK_WRITE, 0, i, 1, i * PAGE_BYTES);
    fake_jobs.driver->kick();
    uint32_t old_cid = sim.held[3].cid;
    assert_int_equal(fake_jobs_timeout(), ST_OK);
    assert_int_equal(sim.enables, 2);
    assert_int_equal(sim.device.resets, 0);
    assert_int_equal(sim.held_count, 20);
    nvme_sim_post(&sim, 1, old_cid, NVME_SUCCESS, 0);
    interrupt();
    assert_int_equal(fake_jobs.answered, 0);
    assert_int_equal(fake_jobs.late, 1);
    while (sim.held_count > 0)
        nvme_sim_answer(&sim, 0);
    interrupt();
    assert_int_equal(fake_jobs.answered, 20);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
}

TEST(NVME0051)
{
    sim_new(true);
    sim_boot();
    sim.never_ready = sim.never_off = true;
    sim.function_resets_heal = 1;
    assert_int_equal(fake_jobs_timeout(), ST_OK);
    assert_int_equal(sim.device.resets, 1);
    transfer_check(8, 1);

    sim.device.reset = nullptr;
    sim.never_ready = true;
    assert_int_equal(fake_jobs_timeout(), ST_UNSUPPORTED);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_FAILED);
}

/* Pulled: nothing is answered, nothing is said. */
TEST(NVME0052)
{
    sim_new(true);
    sim_boot();
    sim.holds = true;
    (void)fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    uint32_t logged = fake_log_count;
    sim.device.is_gone = true;
    memset(sim.device.config, 0xFF, sizeof(sim.device.config));
    interrupt();
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        (void)fake_jobs_timeout();
        fail();
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        block_device_notified(BIT64(EVENT_DEVICE));
        fail();
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
    assert_int_equal(fake_jobs.answered, 0);
    assert_int_equal(fake_log_count, logged);
}

/* Power states. */
TEST(NVME0060)
{
    sim_new(true);
    sim_boot();
    sim.holds = true;
    (void)fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    assert_int_equal(fake_jobs.hooks->power(3), ST_AGAIN);
    nvme_sim_answer(&sim, 0);
    interrupt();
    sim.holds = false;
    assert_int_equal(fake_jobs.hooks->power(3), ST_OK);
    assert_int_equal(sim.shutdowns, 1);
    assert_int_equal(device_power(), 3);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_SUSPENDED);
    assert_true(fake_jobs.is_paused);
    interrupt();
    assert_int_equal(fake_jobs.hooks->power(0), ST_OK);
    assert_int_equal(device_power(), 0);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
    assert_false(fake_jobs.is_paused);
    transfer_check(9, 3);

    sim.device.config[6] = 0; /* no list: no power management */
    assert_int_equal(fake_jobs.hooks->power(3), ST_UNSUPPORTED);
    transfer_check(9, 4);
}

TEST(NVME0061)
{
    sim_new(true);
    sim_boot();
    block_device_stop();
    assert_int_equal(sim.shutdowns, 1);
}

static void event_send(uint32_t event)
{
    assert_true(sim.has_event_request);
    sim.has_event_request = false;
    nvme_sim_post(&sim, 0, sim.event_cid, NVME_SUCCESS, event);
    interrupt();
}

/* Namespaces change under way. */
TEST(NVME0070)
{
    sim_new(true);
    nvme_sim_add(&sim, 2, 777, 9);
    sim_boot();
    sim.namespaces[0].blocks = 4096;
    sim.namespaces[1].nsid = 0;
    event_send(0x040002);
    assert_int_equal(fake_jobs.units[0].block_count, 4096);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
    assert_int_equal(fake_jobs.units[1].health, BLOCK_HEALTH_ABSENT);
    assert_int_equal(job_now(BLOCK_READ, 1, 0, 1, 0), ST_GONE);
    transfer_check(3, 1);
    sim.namespaces[1].nsid = 2;
    sim.namespaces[1].block_log2 = 12; /* formatted anew: another disk to its clients */
    event_send(0x040002);
    assert_int_equal(fake_jobs.units[1].health, BLOCK_HEALTH_ABSENT);
    sim.namespaces[1].block_log2 = 9;
    event_send(0x040002);
    assert_int_equal(fake_jobs.units[1].health, BLOCK_HEALTH_GOOD);
}

/* A controller that chatters is not listened to for ever; one that falls silent is reset. */
TEST(NVME0071)
{
    sim_new(true);
    sim_boot();
    uint32_t sent = 0;
    for (; sim.has_event_request; sent++)
        event_send(0x010001);
    assert_int_equal(sent, EVENTS_MAX);
    transfer_check(3, 1);

    sim_new(true);
    sim_boot();
    sim.is_deaf = true;
    event_send(0x010001);
    assert_true(fake_jobs.is_reset_asked);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, NVME0001, "transfers of every size arrive whole, with and without an IOMMU");
    ADD(&harness, NVME0002, "completions in any order");
    ADD(&harness, NVME0003, "128 commands under way, one doorbell for a batch");
    ADD(&harness, NVME0004, "namespaces are units; formats with metadata are refused");
    ADD(&harness, NVME0005, "flush, discard, write zeroes as offered");
    ADD(&harness, NVME0006, "small queues");
    ADD_TABLE(&harness, identity_cases, identity_test);
    ADD(&harness, NVME0040, "completions of nothing under way are dropped and counted");
    ADD(&harness, NVME0041, "old phases and floods of completions");
    ADD(&harness, NVME0042, "what the controller's errors mean to a client");
    ADD(&harness, NVME0043, "a refused access ends the cell");
    ADD(&harness, NVME0050, "after a timeout: reset, everything again, late answers dropped");
    ADD(&harness, NVME0051, "reset ladder: controller, function, failure");
    ADD(&harness, NVME0052, "a controller that is pulled");
    ADD(&harness, NVME0060, "suspend waits for commands; resume starts anew");
    ADD(&harness, NVME0061, "a polite end shuts the controller down");
    ADD(&harness, NVME0070, "namespaces that change, go and come back");
    ADD(&harness, NVME0071, "a chattering and a silent controller");
    return harness_run("nvme", &harness);
}
