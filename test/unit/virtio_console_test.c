/* SPDX-License-Identifier: MIT */

/* The virtio console driver between a simulated device and a client. */

#include "harness.h"

#include "virtio_device.h"

#include <abi/channel.h>
#include <cells/virtio_console/port.c>
#include <cells/virtio_console/virtio_console.c>
#include <sdk/channel.h>

#define CHANNEL_BYTES (KIB(CONSOLE_CHANNEL_KIB))
#define TEXT_BYTES 60000u

static struct virtio_device device;
static struct virtio_device_chain chain;
static alignas(PAGE_BYTES) uint8_t memory[CHANNEL_BYTES];
static struct stream_end client_out, client_in;
static uint8_t shown[TEXT_BYTES];
static uint32_t shown_count;

static enum status boot(uint16_t queue_size)
{
    static uint64_t base_was; /* the console keeps its clients: a new base makes a new client */
    device = (struct virtio_device){ .features = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM,
                                     .queue_count = 2,
                                     .queue_size = queue_size };
    device.function.has_iommu = true;
    virtio_device_plug(&device);
    memset(memory, 0, sizeof(memory));
    console_server_refresh();
    struct cell_channel *channel = fake_device_channel(memory, sizeof(memory), CONSOLE_INTERFACE);
    channel->epoch = (uint32_t)++base_was;
    struct console_pool SHARED *pool = channel_console_pool(channel);
    stream_sender_attach(&client_out, &pool->output);
    stream_receiver_attach(&client_in, &pool->input);
    port = (struct port){};
    shown_count = 0;
    return console_init() ?: port_open() ?: console_start();
}

/* The far end takes what is written, and answers for each buffer. */
static void device_show(void)
{
    while (virtio_device_next(&device, VIRTIO_CONSOLE_TRANSMIT, &chain)) {
        shown_count += virtio_device_gather(&chain, shown + shown_count, TEXT_BYTES - shown_count);
        virtio_device_answer(&device, VIRTIO_CONSOLE_TRANSMIT, chain.id, 0);
    }
}

/* -> how much it could type. */
static uint32_t device_type(const uint8_t *text, uint32_t count)
{
    uint32_t typed = 0;
    while (typed < count && virtio_device_next(&device, VIRTIO_CONSOLE_RECEIVE, &chain)) {
        uint32_t done = virtio_device_scatter(&chain, text + typed, count - typed);
        virtio_device_answer(&device, VIRTIO_CONSOLE_RECEIVE, chain.id, done);
        typed += done;
    }
    return typed;
}

static void both(void)
{
    console_notified(fake_device_irq(0) | BIT64(EVENT_SELF));
    device_show();
}

TEST(VCON0001)
{
    /* A long text comes out whole and in order, through any queue. */
    static uint8_t text[TEXT_BYTES];
    static const uint16_t sizes[] = { 1, 2, 8, 64 };
    for (uint32_t i = 0; i < TEXT_BYTES; i++)
        text[i] = i % 61 == 60 ? '\n' : (uint8_t)(' ' + i % 90);
    for (size_t s = 0; s < ARRAY_COUNT(sizes); s++) {
        assert_int_equal(boot(sizes[s]), ST_OK);
        uint32_t sent = 0;
        for (uint32_t i = 0; i < 100000 && shown_count < TEXT_BYTES; i++) {
            sent += stream_send(&client_out, text + sent, TEXT_BYTES - sent);
            both();
        }
        assert_int_equal(shown_count, TEXT_BYTES);
        assert_memory_equal(shown, text, TEXT_BYTES);
    }
}

TEST(VCON0002)
{
    /* What is typed arrives; nobody reads: it waits, and nothing is lost. */
    static uint8_t text[20000], got[20000];
    assert_int_equal(boot(16), ST_OK);
    for (uint32_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 13 + (i >> 8));
    uint32_t typed = 0, taken = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        typed += device_type(text + typed, (uint32_t)sizeof(text) - typed);
        both();
    }
    assert_true(typed >= STREAM_BYTES && typed < sizeof(text));
    assert_int_not_equal(fake_timer_deadline, UINT64_MAX);
    for (uint32_t i = 0; i < 2000 && taken < sizeof(text); i++) {
        taken += stream_receive(&client_in, got + taken, (uint32_t)sizeof(got) - taken);
        typed += device_type(text + typed, (uint32_t)sizeof(text) - typed);
        both();
    }
    assert_int_equal(taken, sizeof(text));
    assert_memory_equal(got, text, sizeof(text));
}

static void expect_end(void)
{
    if (setjmp(fake_exit) == 0) {
        fake_exit_is_caught = true;
        console_notified(fake_device_irq(0));
        fail_msg("the driver goes on");
    }
    assert_int_equal(fake_exit_status, ST_DEVICE);
}

TEST(VCON0003)
{
    assert_int_equal(boot(16), ST_OK);
    virtio_device_answer(&device, VIRTIO_CONSOLE_RECEIVE, 0, 257);
    expect_end();
    assert_int_equal(boot(16), ST_OK);
    virtio_device_answer(&device, VIRTIO_CONSOLE_TRANSMIT, 0, 0);
    expect_end();
    assert_int_equal(boot(16), ST_OK);
    virtio_device_used_index(&device, VIRTIO_CONSOLE_RECEIVE, 17);
    expect_end();
}

TEST(VCON0004)
{
    /* Empty buffers, all at once, for ever: each event has its bound. */
    assert_int_equal(boot(16), ST_OK);
    for (uint32_t i = 0; i < 100; i++) {
        while (virtio_device_next(&device, VIRTIO_CONSOLE_RECEIVE, &chain))
            virtio_device_answer(&device, VIRTIO_CONSOLE_RECEIVE, chain.id, 0);
        both();
    }
    assert_int_equal(device_type((const uint8_t *)"x", 1), 1);
    both();
    uint8_t byte = 0;
    assert_int_equal(stream_receive(&client_in, &byte, 1), 1);
    assert_int_equal(byte, 'x');
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, VCON0001, "text comes out whole");
    ADD(&harness, VCON0002, "what is typed waits for who reads it");
    ADD(&harness, VCON0003, "a device that breaks the rules ends the instance");
    ADD(&harness, VCON0004, "empty buffers do no harm");
    return harness_run("virtio_console", &harness);
}
