/* SPDX-License-Identifier: MIT */

/*
 * The console: the only cell that touches the serial port.  Text of its clients
 * goes out, what is typed goes to the client that attached last.
 *
 * Nothing is lost on purpose: a client whose stream is full waits; when nobody
 * takes what is typed, the receiver is switched off and RTS falls, so that the
 * far end waits.  What the hardware dropped before we came is counted and logged.
 */
#include "uart.h"

#include <abi/stream.h>
#include <hw/uart16550.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/console_server.h>
#include <sdk/monitor.h>

#define CONSOLE_PORT_BASE 0x3F8u
#define CONSOLE_IRQ_LINE 4u
#define CONSOLE_ROUNDS_MAX 64u /* loads of the FIFO per event: then others may call in */
#define CONSOLE_DRAIN_BYTES 7u /* one MON_PORT_DRAIN */
#define CONSOLE_TYPED_BYTES 256u
#define CONSOLE_RETRY_MS 50u /* while typed bytes wait for a client that makes room */
#define CONSOLE_OVERRUN_LOG_MS 1000u

struct console {
    struct uart uart;
    cap_handle irq;
    uint32_t typed_count;
    uint8_t typed[CONSOLE_TYPED_BYTES]; /* received, not yet taken by a client */
    uint32_t load_count, load_at;
    uint8_t load[UART_FIFO_BYTES]; /* taken from a client, not yet written */
    uint64_t overruns_logged;
    uint64_t overruns_log_at; /* TSC before which no line about them is due */
};

static struct console console;

static enum status console_init(void)
{
    const struct cell_cap *ports = cell_cap_find(CAP_PORTS);
    const struct cell_cap *irq = cell_cap_find(CAP_IRQ);
    if (ports == nullptr || irq == nullptr || ports->size < UART_PORTS)
        return ST_DENIED;
    console.uart.ports = ports->handle;
    console.irq = irq->handle;
    return ST_OK;
}

static enum status console_probe(void)
{
    enum status status = uart_open(&console.uart, console.uart.ports);
    if (status == ST_NOT_FOUND)
        cell_log(LOG_ERROR, "no serial port at %03x", CONSOLE_PORT_BASE);
    else if (status != ST_OK)
        cell_log(LOG_ERROR, "the device at %03x is not a 16550: %s", CONSOLE_PORT_BASE, status_name(status));
    else if (console.uart.weakness != nullptr)
        cell_log(LOG_WARN, "serial port at %03x: %s", CONSOLE_PORT_BASE, console.uart.weakness);
    return status;
}

/* Hands typed bytes on; what no client takes moves to the front. */
static void console_give_typed(void)
{
    uint32_t given = console_server_input(console.typed, console.typed_count);
    if (given == 0)
        return;
    ASSERT(given <= console.typed_count);
    console.typed_count -= given;
    memmove(console.typed, console.typed + given, console.typed_count);
}

/* True while there may be more to receive and room for it. */
static bool console_receive(void)
{
    if (console.typed_count + CONSOLE_DRAIN_BYTES > CONSOLE_TYPED_BYTES)
        return false;
    uint8_t bytes[CONSOLE_DRAIN_BYTES];
    uint32_t count = uart_receive(&console.uart, bytes);
    if (count > CONSOLE_DRAIN_BYTES)
        count = CONSOLE_DRAIN_BYTES;
    memcpy(console.typed + console.typed_count, bytes, count);
    console.typed_count += count;
    return count > 0;
}

static bool console_load(void)
{
    if (console.load_at < console.load_count)
        return true;
    console.load_at = 0;
    console.load_count = console_server_output(console.load, sizeof(console.load));
    return console.load_count > 0;
}

/* True while there may be more to write and room for it. */
static bool console_transmit(void)
{
    if (!console_load())
        return false;
    uint32_t space = uart_space(&console.uart);
    uint32_t count = (uint32_t)u64_min(space, console.load_count - console.load_at);
    if (count == 0)
        return false;
    uart_send(&console.uart, console.load + console.load_at, count);
    console.load_at += count;
    return true;
}

static void console_log_overruns(void)
{
    if (console.uart.overruns == console.overruns_logged || tsc_read() < console.overruns_log_at)
        return;
    cell_log(LOG_WARN, "the serial port dropped input %llu times",
             (unsigned long long)(console.uart.overruns - console.overruns_logged));
    console.overruns_logged = console.uart.overruns;
    console.overruns_log_at = tsc_after_ms(CONSOLE_OVERRUN_LOG_MS);
}

/* Moves bytes both ways until neither moves, or the bound is met. */
static void console_pump(void)
{
    bool busy = true;
    for (uint32_t round = 0; round < CONSOLE_ROUNDS_MAX && busy; round++) {
        busy = console_receive();
        console_give_typed();
        busy |= console_transmit();
    }
    if (busy)
        cell_timer_set(tsc_read());
    else if (console.typed_count > 0)
        cell_timer_set(tsc_after_ms(CONSOLE_RETRY_MS));
}

static void console_interrupts_set(void)
{
    bool has_room = console.typed_count + CONSOLE_DRAIN_BYTES <= CONSOLE_TYPED_BYTES;
    bool has_text = console.load_at < console.load_count || console_server_has_output();
    uart_want(&console.uart, has_room, has_text);
}

static void console_interrupt_ack(void)
{
    enum status status = mon_irq_ack(console.irq);
    if (status != ST_OK)
        cell_log(LOG_ERROR, "cannot acknowledge the interrupt: %s", status_name(status));
    uart_rearm(&console.uart);
}

static void console_notified(uint64_t events)
{
    console_server_refresh();
    console_pump();
    console_server_close_drained();
    console_interrupts_set();
    if (events >> EVENT_IRQ)
        console_interrupt_ack();
    console_log_overruns();
}

/* The first acknowledgement enables the line; text may wait since before our time. */
static enum status console_start(void)
{
    console_server_refresh();
    console_pump();
    console_interrupts_set();
    console_interrupt_ack();
    return ST_OK;
}

static void console_stop(void)
{
    console_pump();
    uart_want(&console.uart, false, false);
}

static const struct cell_ops console_ops = {
    .init = console_init,
    .probe = console_probe,
    .start = console_start,
    .notified = console_notified,
    .stop = console_stop,
};

CELL(console_ops,
     ((struct manifest){
         .name = "console",
         .vendor = "comb",
         .description = "Serial port 1: what cells print, what people type",
         .version_minor = 1,
         .device_class = CLASS_CHAR,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 256, .priority = 24 },
         .provides = { { .name = CONSOLE_INTERFACE, .flags = INTERFACE_CHANNEL } },
         .caps = { { .type = CAP_PORTS,
                     .rights = RIGHT_READ | RIGHT_WRITE,
                     .base = CONSOLE_PORT_BASE,
                     .size = UART_PORTS },
                   { .type = CAP_IRQ, .rights = RIGHT_READ | RIGHT_WRITE, .base = CONSOLE_IRQ_LINE } },
     }));
