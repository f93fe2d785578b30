/* SPDX-License-Identifier: MIT */

/* The virtio block driver against a simulated disk: honest, broken, hostile, gone. */

#include "harness.h"

#include "virtio_disk.h"

/* GET_ID is asked for inside probe, which waits: the device answers in its bell. */
static void (*plain_write)(void *, uint32_t, uint32_t, uint32_t, uint64_t);
static bool serves_at_bell;

static void bell_write(void *context, uint32_t bar, uint32_t offset, uint32_t width, uint64_t value)
{
    plain_write(context, bar, offset, width, value);
    if (serves_at_bell && offset >= VIRTIO_DEVICE_NOTIFY)
        (void)disk_serve();
}

static enum status boot(void)
{
    disk_forget();
    virtio_device_plug(&device);
    plain_write = device.function.write;
    device.function.write = bell_write;
    serves_at_bell = true;
    fake_jobs_reset();
    enum status status = disk_init() ?: disk_probe() ?: disk_start();
    serves_at_bell = false;
    return status;
}

static void interrupt(void)
{
    block_device_notified(fake_device_irq(0));
}

static enum status job_now(enum block_operation operation, uint64_t block, uint32_t count, uint32_t offset)
{
    uint32_t index = fake_job(operation, 0, block, count, offset);
    assert_int_not_equal(index, UINT32_MAX);
    fake_jobs.driver->kick();
    (void)disk_serve();
    interrupt();
    assert_false(fake_jobs.is_under_way[index]);
    return fake_jobs.answers[index];
}

TEST(VBLK0001)
{
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    const struct block_unit *unit = &fake_jobs.units[0];
    assert_int_equal(unit->block_bytes, 512);
    assert_int_equal(unit->block_count, DISK_SECTORS);
    assert_int_equal(unit->transfer_blocks_max, 2048);
    assert_int_equal(unit->features, BLOCK_CAN_FLUSH | BLOCK_CAN_DISCARD | BLOCK_CAN_WRITE_ZEROES);
    assert_int_equal(unit->health, BLOCK_HEALTH_GOOD);
    assert_string_equal(unit->serial, "serial. with 20 byte");
    assert_false(unit->is_read_only);
}

/* Write, read back, zero, discard, flush; every request zero copy. */
static void data_check(void)
{
    for (uint32_t i = 0; i < 64 * 512; i++)
        fake_pool()[i] = (uint8_t)(i * 7 + (i >> 8));
    assert_int_equal(job_now(BLOCK_WRITE, 3, 64, 0), ST_OK);
    assert_memory_equal(disk_bytes + 3 * 512, fake_pool(), 64 * 512);
    assert_int_equal(job_now(BLOCK_READ, 3, 64, 64 * 1024), ST_OK);
    assert_memory_equal(fake_pool(), fake_pool() + 64 * 1024, 64 * 512);
    assert_int_equal(job_now(BLOCK_WRITE_ZEROES, 4, 2, 0), ST_OK);
    for (uint32_t i = 0; i < 4 * 512; i++)
        assert_int_equal(disk_bytes[3 * 512 + i], i / 512 == 1 || i / 512 == 2 ? 0 : fake_pool()[i]);
    assert_int_equal(job_now(BLOCK_DISCARD, 8, 1, 0), ST_OK);
    assert_int_equal(disk_bytes[8 * 512], 0xDD);
    assert_int_equal(disk_bytes[9 * 512 - 1], 0xDD);
    uint32_t flushes = disk_flushes;
    assert_int_equal(job_now(BLOCK_FLUSH, 0, 0, 0), ST_OK);
    assert_int_equal(disk_flushes, flushes + 1);
    assert_int_equal(device.function.dma_faults, 0);
}

TEST(VBLK0002)
{
    for (int way = 0; way < 4; way++) {
        disk_new(way & 1);
        if (way & 2)
            device.features &= ~VIRTIO_F_INDIRECT;
        assert_int_equal(boot(), ST_OK);
        data_check();
    }
}

TEST(VBLK0003)
{
    /* All slots at once, answered backwards; and one more than there is room for. */
    static struct virtio_device_chain chain;
    uint16_t ids[DISK_DEPTH];
    uint32_t bytes[DISK_DEPTH];
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    for (uint32_t i = 0; i < sizeof(disk_bytes); i++)
        disk_bytes[i] = (uint8_t)(i >> 9 ^ i);
    for (uint32_t i = 0; i < DISK_DEPTH; i++)
        assert_int_equal(fake_job(BLOCK_READ, 0, i, 8, i * 4096), i);
    assert_int_equal(fake_job(BLOCK_READ, 0, 0, 8, 0), UINT32_MAX);
    fake_jobs.driver->kick();
    assert_int_equal(device.notified[0], 2);
    for (uint32_t i = 0; i < DISK_DEPTH; i++) {
        assert_true(virtio_device_next(&device, 0, &chain));
        ids[i] = chain.id;
        bytes[i] = disk_do(&chain);
    }
    for (uint32_t i = DISK_DEPTH; i-- > 0;)
        virtio_device_answer(&device, 0, ids[i], bytes[i]);
    interrupt();
    assert_int_equal(fake_jobs.under_way, 0);
    for (uint32_t i = 0; i < DISK_DEPTH; i++) {
        assert_int_equal(fake_jobs.answers[i], ST_OK);
        assert_memory_equal(fake_pool() + i * 4096, disk_bytes + i * 512, 8 * 512);
    }
}

TEST(VBLK0004)
{
    /* A queue of 8 without tables takes two transfers; the third waits. */
    disk_new(true);
    device.features &= ~VIRTIO_F_INDIRECT;
    device.queue_size = 8;
    assert_int_equal(boot(), ST_OK);
    assert_int_equal(fake_jobs.units[0].transfer_blocks_max, 6 * 8);
    assert_int_not_equal(fake_job(BLOCK_READ, 0, 0, 8, 0), UINT32_MAX);
    assert_int_not_equal(fake_job(BLOCK_READ, 0, 0, 8, 0), UINT32_MAX);
    assert_int_equal(fake_job(BLOCK_READ, 0, 0, 8, 0), UINT32_MAX);
    fake_jobs.driver->kick();
    assert_int_equal(disk_serve(), 2);
    interrupt();
    assert_int_not_equal(fake_job(BLOCK_READ, 0, 0, 8, 0), UINT32_MAX);
}

/* One read of 8 sectors; the status byte and the length the device answers with. */
struct answer {
    const char *name;
    int status; /* -1: writes none */
    int32_t short_by;
    enum status expected;
};

static const struct answer answers[] = {
    { "VBLK0020: good", VIRTIO_BLK_OK, 0, ST_OK },
    { "VBLK0021: an I/O error", VIRTIO_BLK_IOERR, 0, ST_IO },
    { "VBLK0022: unsupported", VIRTIO_BLK_UNSUPP, 0, ST_UNSUPPORTED },
    { "VBLK0023: a status that does not exist", 3, 0, ST_DEVICE },
    { "VBLK0024: all ones", 255, 0, ST_DEVICE },
    { "VBLK0025: no status at all", -1, 0, ST_DEVICE },
    { "VBLK0026: one byte short", VIRTIO_BLK_OK, 1, ST_IO },
    { "VBLK0027: it wrote nothing", VIRTIO_BLK_OK, 4097, ST_IO },
};

static void answer_check(void **state)
{
    static struct virtio_device_chain chain;
    const struct answer *answer = *state;
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    uint32_t index = fake_job(BLOCK_READ, 0, 0, 8, 0);
    fake_jobs.driver->kick();
    assert_true(virtio_device_next(&device, 0, &chain));
    if (answer->status >= 0)
        *chain.pieces[chain.count - 1].host = (uint8_t)answer->status;
    virtio_device_answer(&device, 0, chain.id, (uint32_t)(4097 - answer->short_by));
    interrupt();
    assert_false(fake_jobs.is_under_way[index]);
    assert_int_equal(fake_jobs.answers[index], answer->expected);
}

/* One field of the configuration is odd. */
struct oddity {
    const char *name;
    uint32_t offset, bytes;
    uint64_t value;
    enum status expected;
};

static const struct oddity oddities[] = {
    { "VBLK0040: no sectors", VIRTIO_BLK_CAPACITY, 8, 0, ST_OK },
    { "VBLK0041: more sectors than bytes can be counted", VIRTIO_BLK_CAPACITY, 8, UINT64_MAX,
      ST_UNSUPPORTED },
    { "VBLK0042: blocks of 0", VIRTIO_BLK_BLOCK_BYTES, 4, 0, ST_UNSUPPORTED },
    { "VBLK0043: blocks of 513", VIRTIO_BLK_BLOCK_BYTES, 4, 513, ST_UNSUPPORTED },
    { "VBLK0044: blocks of 1536", VIRTIO_BLK_BLOCK_BYTES, 4, 1536, ST_UNSUPPORTED },
    { "VBLK0045: blocks of 8192", VIRTIO_BLK_BLOCK_BYTES, 4, 8192, ST_UNSUPPORTED },
    { "VBLK0046: blocks of 4096", VIRTIO_BLK_BLOCK_BYTES, 4, 4096, ST_OK },
    { "VBLK0047: no segments", VIRTIO_BLK_SEG_MAX, 4, 0, ST_UNSUPPORTED },
    { "VBLK0048: all segments", VIRTIO_BLK_SEG_MAX, 4, UINT32_MAX, ST_OK },
};

static void oddity_check(void **state)
{
    const struct oddity *row = *state;
    for (int has_iommu = 0; has_iommu < 2; has_iommu++) {
        disk_new(has_iommu);
        disk_config_put(row->offset, row->bytes, row->value);
        assert_int_equal(boot(), row->expected);
    }
}

TEST(VBLK0060)
{
    disk_new(true);
    device.features |= VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_RO;
    disk_config_put(VIRTIO_BLK_SIZE_MAX, 4, 4095);
    assert_int_equal(boot(), ST_UNSUPPORTED);
    disk_config_put(VIRTIO_BLK_SIZE_MAX, 4, 9000);
    assert_int_equal(boot(), ST_OK);
    assert_int_equal(fake_jobs.units[0].transfer_blocks_max, 16);
    assert_true(fake_jobs.units[0].is_read_only);
    disk_config_put(VIRTIO_BLK_SEG_MAX, 4, 1);
    disk_config_put(VIRTIO_BLK_DISCARD_MAX, 4, 7);
    disk_config_put(VIRTIO_BLK_ZEROES_MAX, 4, 8);
    assert_int_equal(boot(), ST_OK);
    assert_int_equal(fake_jobs.units[0].transfer_blocks_max, 8);
    assert_int_equal(fake_jobs.units[0].features, BLOCK_CAN_FLUSH | BLOCK_CAN_WRITE_ZEROES);
}

TEST(VBLK0061)
{
    /* Without FLUSH, what has completed is durable: nothing to ask the device for. */
    disk_new(true);
    device.features &= ~VIRTIO_BLK_F_FLUSH;
    assert_int_equal(boot(), ST_OK);
    uint32_t index = fake_job(BLOCK_FLUSH, 0, 0, 0, 0);
    assert_int_equal(fake_jobs.answers[index], ST_OK);
    assert_int_equal(fake_jobs.answered, 1);
    assert_int_equal(device.queues[0].avail_seen, 1);
}

TEST(VBLK0062)
{
    /* The capacity changes; what cannot change must not. */
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    disk_config_put(VIRTIO_BLK_CAPACITY, 8, 2 * DISK_SECTORS);
    block_device_notified(fake_device_irq(1));
    assert_int_equal(fake_jobs.units[0].block_count, 2 * DISK_SECTORS);
    disk_config_put(VIRTIO_BLK_BLOCK_BYTES, 4, 1024);
    block_device_notified(fake_device_irq(1));
    disk_config_put(VIRTIO_BLK_BLOCK_BYTES, 4, 512);
    disk_config_put(VIRTIO_BLK_CAPACITY, 8, UINT64_MAX);
    block_device_notified(fake_device_irq(1));
    assert_int_equal(fake_jobs.units[0].block_count, 2 * DISK_SECTORS);
    assert_int_equal(fake_jobs.units[0].block_bytes, 512);
    assert_false(fake_jobs.is_reset_asked);
    device.status |= VIRTIO_STATUS_NEEDS_RESET;
    block_device_notified(fake_device_irq(1));
    assert_true(fake_jobs.is_reset_asked);
}

TEST(VBLK0063)
{
    /* A device that breaks the rules is reset once, and everything under way is done after all. */
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    uint32_t index = fake_job(BLOCK_WRITE, 0, 0, 8, 0);
    fake_jobs.driver->kick();
    virtio_device_answer(&device, 0, 77, 0);
    interrupt();
    assert_true(fake_jobs.is_reset_asked);
    uint32_t logged = fake_log_count;
    interrupt();
    assert_int_equal(fake_log_count, logged);
    assert_true(fake_jobs.is_under_way[index]);
    assert_int_equal(fake_jobs_timeout(), ST_OK);
    memset(fake_pool(), 0x3C, 4096);
    assert_int_equal(disk_serve(), 1);
    interrupt();
    assert_int_equal(fake_jobs.answers[index], ST_OK);
    assert_int_equal(disk_bytes[4095], 0x3C);
}

TEST(VBLK0064)
{
    /* An answer of before the reset is nobody's after it. */
    static struct virtio_device_chain chain;
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    uint32_t index = fake_job(BLOCK_READ, 0, 0, 8, 0);
    fake_jobs.driver->kick();
    assert_true(virtio_device_next(&device, 0, &chain));
    assert_int_equal(fake_jobs_timeout(), ST_OK);
    interrupt();
    assert_true(fake_jobs.is_under_way[index]);
    assert_int_equal(disk_serve(), 1);
    interrupt();
    assert_int_equal(fake_jobs.answers[index], ST_OK);
}

static void expect_exit(uint64_t events, uint32_t logged)
{
    uint32_t before = fake_log_count;
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        block_device_notified(events);
        fail_msg("the driver goes on");
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
    assert_int_equal(fake_log_count - before, logged);
}

TEST(VBLK0065)
{
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    uint32_t index = fake_job(BLOCK_READ, 0, 0, 8, 0);
    expect_exit(BIT64(EVENT_DEVICE), 1);
    assert_true(fake_jobs.is_under_way[index]);
    device.function.is_gone = true;
    expect_exit(BIT64(EVENT_DEVICE), 0);
    assert_true(fake_jobs.is_under_way[index]);
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        (void)fake_jobs_timeout();
        fail_msg("the driver goes on");
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
}

TEST(VBLK0066)
{
    /* Interrupts are off while it looks by itself and on when it sleeps. */
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    (void)fake_job(BLOCK_READ, 0, 0, 8, 0);
    fake_jobs.driver->kick();
    interrupt();
    assert_true(virtio_device_may_interrupt(&device, 0));
    assert_int_equal(disk_serve(), 1);
    interrupt();
    assert_int_equal(fake_jobs.under_way, 0);
    assert_true(virtio_device_may_interrupt(&device, 0));
}

TEST(VBLK0067)
{
    disk_new(true);
    assert_int_equal(boot(), ST_OK);
    /* A function that cannot sleep is not touched: what is under way goes on. */
    uint32_t reading = fake_job(BLOCK_READ, 0, 0, 8, 0);
    fake_jobs.driver->kick();
    for (uint32_t state = 1; state <= 3; state++)
        assert_int_equal(fake_jobs.hooks->power(state), ST_UNSUPPORTED);
    assert_int_equal(fake_jobs.hooks->power(0), ST_OK);
    assert_true(device.status & VIRTIO_STATUS_DRIVER_OK);
    assert_false(fake_jobs.is_paused);
    assert_int_equal(disk_serve(), 1);
    interrupt();
    assert_int_equal(fake_jobs.answers[reading], ST_OK);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
    fake_config_put(&device.function, VIRTIO_DEVICE_CAP(4) + 1, 1, 0xC0);
    fake_config_capability(&device.function, 0xC0, CAPABILITY_POWER, 0);
    uint32_t index = fake_job(BLOCK_WRITE, 0, 0, 8, 0);
    fake_jobs.driver->kick();
    assert_int_equal(fake_jobs.hooks->power(3), ST_AGAIN);
    assert_int_equal(disk_serve(), 1);
    interrupt();
    assert_false(fake_jobs.is_under_way[index]);
    assert_int_equal(fake_jobs.hooks->power(3), ST_OK);
    assert_int_equal(device_power(), 3);
    assert_int_equal(device.status, 0);
    assert_int_equal(device.function.enabled & DEVICE_MASTER, 0);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_SUSPENDED);
    assert_int_equal(fake_jobs.hooks->power(0), ST_OK);
    assert_int_equal(device_power(), 0);
    assert_int_equal(fake_jobs.units[0].health, BLOCK_HEALTH_GOOD);
    assert_false(fake_jobs.is_paused);
    data_check();
}

TEST(VBLK0068)
{
    /* A device that answers nothing is not announced; one that fails GET_ID has no serial. */
    disk_new(true);
    disk_forget();
    virtio_device_plug(&device);
    fake_jobs_reset();
    assert_int_equal(disk_init() ?: disk_probe(), ST_TIMEOUT);
    disk_new(true);
    device.queue_count = 0;
    assert_int_equal(boot(), ST_NOT_FOUND);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, VBLK0001, "the device's configuration is the unit's");
    ADD(&harness, VBLK0002, "data arrives, with and without IOMMU and tables");
    ADD(&harness, VBLK0003, "full depth, answered backwards, one bell");
    ADD(&harness, VBLK0004, "a short queue holds jobs back");
    ADD_TABLE(&harness, answers, answer_check);
    ADD_TABLE(&harness, oddities, oddity_check);
    ADD(&harness, VBLK0060, "segment limits bound the transfer; ranges too small are not offered");
    ADD(&harness, VBLK0061, "flush without FLUSH");
    ADD(&harness, VBLK0062, "a new capacity, and changes that must not be");
    ADD(&harness, VBLK0063, "rules broken: one reset, nothing lost");
    ADD(&harness, VBLK0064, "no answer survives a reset");
    ADD(&harness, VBLK0065, "refused by the IOMMU, or gone: requests stay in the ring");
    ADD(&harness, VBLK0066, "interrupts are on whenever it sleeps");
    ADD(&harness, VBLK0067, "suspend waits for what is under way; resume starts afresh");
    ADD(&harness, VBLK0068, "a device that never answers");
    return harness_run("virtio_blk", &harness);
}
