/* SPDX-License-Identifier: MIT */

/* The AHCI driver against a simulated adapter and disks: honest, broken, hostile, gone. */

#include "harness.h"

#include "ahci_driver.h"
#include "ahci_sim.h"
#include "fake_jobs.h"

#define PORT 1u

static struct ahci_sim sim;
static struct sim_port *const port = &sim.ports[PORT];

static uint32_t pauses;

/* In place of the weak one of fake_device.c. */
uint64_t cell_wait(uint64_t)
{
    pauses++;
    return 0;
}

static void sim_plug(void)
{
    ahci_forget();
    fake_device_plug(&sim.device);
    fake_jobs_reset();
}

static void sim_new(bool has_iommu)
{
    ahci_sim_free(&sim);
    ahci_sim_init(&sim, has_iommu);
}

static void sim_boot(void)
{
    sim_plug();
    assert_int_equal(adapter_start(), ST_OK);
}

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
    assert_int_equal(job_now(BLOCK_WRITE, 0, 77, count, 0), ST_OK);
    assert_memory_equal(port->data + 77 * 512, out, bytes);
    assert_int_equal(job_now(BLOCK_READ, 0, 77, count, MIB(1)), ST_OK);
    assert_memory_equal(in, out, bytes);
}

TEST(AHCI0001)
{
    static const uint32_t counts[] = { 1, 7, 8, 9, 16, 17, 255, 256, 257, 1000, 2047, 2048 };
    for (uint32_t row = 0; row < 4; row++) {
        sim_new(row & 1);
        if (row & 2)
            port->identity[ATA_WORD_SATA] = 0; /* no queued commands */
        sim_boot();
        assert_int_equal(fake_jobs.unit_count, 1);
        assert_int_equal(fake_jobs.depth, 32);
        for (uint32_t i = 0; i < ARRAY_COUNT(counts); i++)
            transfer_check(counts[i], i);
        assert_int_equal(sim.device.dma_faults, 0);
        assert_int_equal(sim.is | port->is, 0); /* all reasons acknowledged */
        assert_int_equal(port->queued, row & 2 ? 0 : 2 * ARRAY_COUNT(counts));
    }
}

TEST(AHCI0002)
{
    sim_new(true);
    (void)ahci_sim_add(&sim, 3, UINT64_C(1) << 33);
    sim_boot();
    const struct block_unit *units = fake_jobs.units;
    assert_int_equal(fake_jobs.unit_count, 2);
    assert_int_equal(fake_jobs.depth, 64);
    assert_int_equal(units[0].block_count, 1u << 20);
    assert_int_equal(units[1].block_count, UINT64_C(1) << 33);
    assert_int_equal(units[0].block_bytes, 512);
    assert_int_equal(units[0].transfer_blocks_max, 2048);
    assert_int_equal(units[0].features, BLOCK_CAN_FLUSH | BLOCK_CAN_DISCARD);
    assert_string_equal(units[0].model, "Sim disk");
    assert_string_equal(units[0].serial, "Z9");
    sim.ports[3].data[512 * 5] = 0x5A;
    assert_int_equal(job_now(BLOCK_READ, 1, 5, 1, 0), ST_OK);
    assert_int_equal(fake_pool()[0], 0x5A);
}

/* Queued commands in any order, never beside another kind. */
TEST(AHCI0003)
{
    sim_new(true);
    sim_boot();
    port->holds = true;
    uint32_t seed = 4711, submitted = 0;
    enum block_operation operation = BLOCK_READ;
    bool is_held = false; /* as the server does: what has no room keeps its place */
    for (uint32_t round = 0; round < 5000; round++) {
        seed = seed * 1664525 + 1013904223;
        if (!is_held)
            operation = (seed >> 9) % 13 == 0 ? BLOCK_FLUSH : BLOCK_READ;
        bool has_data = operation == BLOCK_READ;
        is_held = fake_job(operation, 0, has_data ? round % 1000 : 0, has_data,
                           (seed >> 12) % 256 * PAGE_BYTES) == UINT32_MAX;
        submitted += !is_held;
        fake_jobs.driver->kick();
        for (uint32_t i = 0; i < (seed >> 20) % 12; i++)
            ahci_sim_answer(&sim, PORT, (seed >> (4 + i)) % 32);
        interrupt();
    }
    for (uint32_t i = 0; i < 100 * 32 && fake_jobs.under_way > 0; i++) {
        ahci_sim_answer(&sim, PORT, i % 32);
        interrupt();
    }
    assert_int_equal(fake_jobs.under_way, 0);
    assert_int_equal(fake_jobs.answered, submitted);
    assert_int_equal(fake_jobs.late, 0);
    assert_int_equal(port->mixed, 0);
    assert_int_equal(port->link_resets, 1);
    assert_true(submitted > 1500 && port->flushes > 50);
}

TEST(AHCI0004)
{
    sim_new(true);
    sim_boot();
    assert_int_equal(job_now(BLOCK_FLUSH, 0, 0, 0, 0), ST_OK);
    assert_int_equal(port->flushes, 1);
    assert_int_equal(job_now(BLOCK_DISCARD, 0, 1000, 200000, 0), ST_OK);
    assert_int_equal(port->trimmed, 200000);
    assert_int_equal(job_now(BLOCK_DISCARD, 0, 0, 64 * 65535 + 1, 0), ST_RANGE);
    sim_new(true);
    port->identity[ATA_WORD_COMMANDS_82] = 0;
    port->identity[ATA_WORD_DATA_SET] = 0;
    sim_boot();
    assert_int_equal(fake_jobs.units[0].features, BLOCK_CAN_FLUSH);
    assert_int_equal(job_now(BLOCK_FLUSH, 0, 0, 0, 0), ST_OK);
    assert_int_equal(port->flushes, 0); /* no cache: no command */
}

/* A link that the firmware has put to sleep is woken and given its time; an empty port costs none. */
TEST(AHCI0005)
{
    for (uint32_t is_asleep = 0; is_asleep < 2; is_asleep++) {
        sim_new(true);
        ahci_sim_plug(&sim, PORT, false);
        for (uint32_t i = 0; i < SIM_PORTS; i++)
            sim.ports[i].cmd = is_asleep ? 0 : AHCI_PXCMD_SUD;
        pauses = 0;
        sim_boot();
        assert_int_equal(pauses > 0, is_asleep);
        assert_int_equal(fake_jobs.unit_count, 0);
        assert_int_equal(sim.resets, 0);
    }
    sim_new(true);
    port->cmd = 0;
    port->sctl = 4; /* off */
    sim_boot();
    assert_int_equal(fake_jobs.unit_count, 1);
    transfer_check(8, 1);
}

/* What disks and adapters say of themselves. */
struct identity_case {
    const char *name;
    void (*change)(void);
    enum status status; /* of the start */
    uint32_t units;
};

static void change_atapi(void)
{
    port->signature = AHCI_SIGNATURE_ATAPI;
}

static void change_multiplier(void)
{
    port->signature = AHCI_SIGNATURE_MULTIPLIER;
}

static void change_not_ata(void)
{
    port->identity[ATA_WORD_GENERAL] = 0x8000;
}

static void change_lba28(void)
{
    port->identity[ATA_WORD_COMMANDS_83] = 0x4000;
}

static void change_words_invalid(void)
{
    port->identity[ATA_WORD_COMMANDS_83] |= 0xC000;
}

static void change_no_dma(void)
{
    port->identity[ATA_WORD_CAPABILITIES] = 0;
}

static void change_no_blocks(void)
{
    memset(&port->identity[ATA_WORD_SECTORS], 0, 8);
}

static void change_too_many_blocks(void)
{
    memset(&port->identity[ATA_WORD_SECTORS], 0xFF, 8);
}

static void sector_words_set(uint32_t words)
{
    port->identity[ATA_WORD_SECTOR_SIZE] = 0x4000 | ATA_SECTOR_SIZE_LONG;
    port->identity[ATA_WORD_SECTOR_WORDS] = (uint16_t)words;
    port->identity[ATA_WORD_SECTOR_WORDS + 1] = (uint16_t)(words >> 16);
}

static void change_sector_4096(void)
{
    sector_words_set(2048);
}

static void change_sector_zero(void)
{
    sector_words_set(0);
}

static void change_sector_odd(void)
{
    sector_words_set(260);
}

static void change_sector_large(void)
{
    sector_words_set(UINT32_MAX);
}

/* Doubled, it is 512 in 32 bits. */
static void change_sector_wraps(void)
{
    sector_words_set(UINT32_C(0x80000100));
}

static void change_busy(void)
{
    port->stays_busy = true;
}

static void change_stuck(void)
{
    port->cmd = AHCI_PXCMD_ST | AHCI_PXCMD_CR;
    port->never_stops = true;
}

static void change_stuck_for_good(void)
{
    change_stuck();
    sim.never_resets = true;
}

static void change_empty(void)
{
    ahci_sim_plug(&sim, PORT, false);
}

static void change_no_answer(void)
{
    port->holds = true;
}

static void change_gone(void)
{
    sim.device.is_gone = true;
}

static void change_registers(void)
{
    sim.device.bar_bytes[5] = 0;
}

static void change_few_registers(void)
{
    sim.device.bar_bytes[5] = 0x180; /* port 0 and nothing more */
}

static void change_firmware(void)
{
    sim.cap2 = AHCI_CAP2_BOH;
    sim.bohc = AHCI_BOHC_BOS;
}

static void change_32_bits(void)
{
    sim.cap &= ~AHCI_CAP_S64A; /* the pool lies above 4 GiB, the tables below */
    sim.device.has_iommu = false;
}

static const struct identity_case identity_cases[] = {
    { "AHCI0010: an ATAPI drive is no disk", change_atapi, ST_OK, 0 },
    { "AHCI0011: a port multiplier is no disk", change_multiplier, ST_OK, 0 },
    { "AHCI0012: says it is no ATA device", change_not_ata, ST_OK, 0 },
    { "AHCI0013: no 48-bit addresses", change_lba28, ST_OK, 0 },
    { "AHCI0014: word 83 is not valid", change_words_invalid, ST_OK, 0 },
    { "AHCI0015: no DMA", change_no_dma, ST_OK, 0 },
    { "AHCI0016: no blocks", change_no_blocks, ST_OK, 0 },
    { "AHCI0017: more blocks than addresses", change_too_many_blocks, ST_OK, 0 },
    { "AHCI0018: sectors of 4096 bytes", change_sector_4096, ST_OK, 1 },
    { "AHCI0019: sectors of no bytes", change_sector_zero, ST_OK, 0 },
    { "AHCI0020: sectors of 520 bytes", change_sector_odd, ST_OK, 0 },
    { "AHCI0021: sectors of 8 GiB", change_sector_large, ST_OK, 0 },
    { "AHCI0032: sectors of 4 GiB and 512 bytes", change_sector_wraps, ST_OK, 0 },
    { "AHCI0022: a disk that stays busy", change_busy, ST_OK, 0 },
    { "AHCI0023: a port that stops only with the adapter", change_stuck, ST_OK, 1 },
    { "AHCI0024: a port that never stops", change_stuck_for_good, ST_TIMEOUT, 0 },
    { "AHCI0025: no disk", change_empty, ST_OK, 0 },
    { "AHCI0026: a disk that does not answer", change_no_answer, ST_OK, 0 },
    { "AHCI0027: reads as all ones", change_gone, ST_GONE, 0 },
    { "AHCI0028: no registers", change_registers, ST_NOT_FOUND, 0 },
    { "AHCI0029: a port beyond the registers", change_few_registers, ST_DEVICE, 0 },
    { "AHCI0030: the firmware hands over", change_firmware, ST_OK, 1 },
    { "AHCI0031: an adapter of 32 bits", change_32_bits, ST_OK, 1 },
};

static void identity_test(void **state)
{
    const struct identity_case *row = *state;
    sim_new(true);
    row->change();
    sim_plug();
    assert_int_equal(adapter_start(), row->status);
    assert_int_equal(fake_jobs.unit_count, row->units);
    if (row->change == change_32_bits)
        assert_int_equal(job_now(BLOCK_READ, 0, 0, 1, 0), ST_UNSUPPORTED);
    assert_int_equal(sim.bohc & AHCI_BOHC_BOS, 0);
}

/* One bad block among 32 queued reads: only its own read fails. */
static void failure_check(bool is_hidden)
{
    sim_new(true);
    port->hides_failure = is_hidden;
    sim_boot();
    port->fail_block = 17;
    port->fail_times = 2; /* queued, and alone */
    for (uint32_t i = 0; i < 32; i++)
        assert_int_equal(fake_job(BLOCK_READ, 0, i, 1, i * PAGE_BYTES), i);
    kick_and_collect();
    for (uint32_t i = 0; i < 100 && fake_jobs.under_way > 0; i++)
        interrupt();
    assert_int_equal(fake_jobs.answered, 32);
    for (uint32_t i = 0; i < 32; i++)
        assert_int_equal(fake_jobs.answers[i], i == 17 ? ST_IO : ST_OK);
    assert_int_equal(port->mixed, 0);
    assert_int_equal(port->link_resets, 3);
    transfer_check(100, 1); /* and queued again */
    assert_int_equal(sim.ports[PORT].fail_times, 0);
}

TEST(AHCI0040)
{
    failure_check(false);
    failure_check(true);
}

/* An error that does not come again costs nobody anything. */
TEST(AHCI0041)
{
    sim_new(true);
    sim_boot();
    port->fail_block = 3;
    port->fail_times = 1;
    for (uint32_t i = 0; i < 20; i++)
        (void)fake_job(BLOCK_READ, 0, i, 1, i * PAGE_BYTES);
    assert_int_equal(fake_job(BLOCK_FLUSH, 0, 0, 0, 0), UINT32_MAX); /* not beside queued ones */
    kick_and_collect();
    for (uint32_t i = 0; i < 100 && fake_jobs.under_way > 0; i++)
        interrupt();
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(fake_jobs.answers[i], ST_OK);
    assert_int_equal(fake_jobs.answered, 20);
    assert_int_equal(port->mixed, 0);
}

TEST(AHCI0042)
{
    sim_new(true);
    sim_boot();
    port->identity[ATA_WORD_SATA] = 0;
    block_server_corrupt(false);
    assert_int_equal(fake_job(BLOCK_READ, 0, 0, 1, 0), 0);
    kick_and_collect();
    for (uint32_t i = 0; i < 10; i++)
        interrupt();
    assert_int_equal(fake_jobs.answers[0], ST_IO);
    assert_true(sim.device.dma_faults > 0);
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        block_device_notified(BIT64(EVENT_DEVICE));
        fail();
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
}

/* Completion bits of slots that were never issued. */
TEST(AHCI0043)
{
    sim_new(true);
    sim_boot();
    port->holds = true;
    (void)fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    port->sact |= 0xFFFF0000;
    interrupt();
    port->sact &= 1;
    port->is |= AHCI_PXI_SDBS;
    sim.is = UINT32_MAX;
    interrupt();
    assert_int_equal(fake_jobs.answered + fake_jobs.late, 0);
    ahci_sim_answer(&sim, PORT, 0);
    interrupt();
    assert_int_equal(fake_jobs.answered, 1);
}

TEST(AHCI0050)
{
    sim_new(true);
    (void)ahci_sim_add(&sim, 2, 5000);
    sim_boot();
    port->holds = true;
    for (uint32_t i = 0; i < 40; i++)
        (void)fake_job(BLOCK_READ, i % 2, 0, 1, i * PAGE_BYTES);
    assert_int_equal(fake_job(BLOCK_FLUSH, 0, 0, 0, 0), UINT32_MAX);
    fake_jobs.driver->kick();
    interrupt();
    uint32_t answered = fake_jobs.answered;
    port->holds = false;
    assert_int_equal(fake_jobs_timeout(), ST_OK);
    assert_int_equal(sim.resets, 1);
    for (uint32_t i = 0; i < 100 && fake_jobs.under_way > 0; i++)
        interrupt();
    assert_true(answered < 40);
    assert_int_equal(fake_jobs.answered, 40);
    assert_int_equal(fake_jobs.late, 0);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);

    sim.never_resets = true; /* and no function level reset */
    assert_int_equal(fake_jobs_timeout(), ST_UNSUPPORTED);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_FAILED);
}

/* A disk that is pulled: what it owes is answered, the other goes on; the same disk may come back. */
TEST(AHCI0051)
{
    sim_new(true);
    (void)ahci_sim_add(&sim, 2, 5000);
    sim_boot();
    port->holds = true;
    for (uint32_t i = 0; i < 32; i++)
        (void)fake_job(BLOCK_READ, 0, i, 1, i * PAGE_BYTES);
    assert_int_equal(fake_job(BLOCK_READ, 0, 0, 1, 0), UINT32_MAX); /* no room */
    fake_jobs.driver->kick();
    ahci_sim_plug(&sim, PORT, false);
    interrupt();
    assert_int_equal(fake_jobs.answered, 32);
    for (uint32_t i = 0; i < 32; i++)
        assert_int_equal(fake_jobs.answers[i], ST_GONE);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_ABSENT);
    assert_int_equal(job_now(BLOCK_READ, 0, 0, 1, 0), ST_GONE);
    assert_int_equal(job_now(BLOCK_READ, 1, 0, 1, 0), ST_OK);

    port->holds = false;
    port->identity[ATA_WORD_SERIAL] ^= 1; /* another one */
    ahci_sim_plug(&sim, PORT, true);
    interrupt();
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_ABSENT);
    port->identity[ATA_WORD_SERIAL] ^= 1;
    ahci_sim_plug(&sim, PORT, true);
    interrupt();
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
    transfer_check(10, 1);
}

/* The adapter itself is pulled: nothing is answered, nothing is said. */
TEST(AHCI0052)
{
    sim_new(true);
    sim_boot();
    port->holds = true;
    (void)fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    uint32_t logged = fake_log_count;
    sim.device.is_gone = true;
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        interrupt();
        fail();
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        (void)fake_jobs_timeout();
        fail();
    }
    assert_int_equal(fake_jobs.answered, 0);
    assert_int_equal(fake_log_count, logged);
}

TEST(AHCI0060)
{
    sim_new(true);
    sim_boot();
    port->holds = true;
    (void)fake_job(BLOCK_READ, 0, 0, 1, 0);
    fake_jobs.driver->kick();
    assert_int_equal(fake_jobs.hooks->power(3), ST_AGAIN);
    ahci_sim_answer(&sim, PORT, 0);
    interrupt();
    port->holds = false;
    assert_int_equal(fake_jobs.hooks->power(3), ST_OK);
    assert_int_equal(port->standbys, 1);
    assert_int_equal(device_power(), 3);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_SUSPENDED);
    assert_int_equal(fake_jobs.hooks->power(0), ST_OK);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
    transfer_check(9, 3);
    block_device_stop();
    assert_int_equal(port->flushes, 1);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, AHCI0001, "transfers of every size arrive whole, queued or not, with and without an IOMMU");
    ADD(&harness, AHCI0002, "disks are units");
    ADD(&harness, AHCI0003, "completions in any order, queued commands never beside others");
    ADD(&harness, AHCI0004, "flush and trim as offered");
    ADD(&harness, AHCI0005, "sleeping links are woken, empty ports not waited for");
    ADD_TABLE(&harness, identity_cases, identity_test);
    ADD(&harness, AHCI0040, "of queued commands only the guilty one fails");
    ADD(&harness, AHCI0041, "a passing error fails nobody");
    ADD(&harness, AHCI0042, "a refused access ends the cell");
    ADD(&harness, AHCI0043, "completions of nothing issued");
    ADD(&harness, AHCI0050, "after a timeout: reset, everything again");
    ADD(&harness, AHCI0051, "a disk that is pulled and comes back");
    ADD(&harness, AHCI0052, "an adapter that is pulled");
    ADD(&harness, AHCI0060, "suspend, resume, polite end");
    return harness_run("ahci", &harness);
}
