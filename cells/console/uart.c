/* SPDX-License-Identifier: MIT */

/*
 * 16550A at a PC's serial port [NS16550D].  Not supported: 64-byte FIFOs of
 * later parts (used as 16), automatic flow control, other speeds.
 */
#include "uart.h"

#include <hw/uart16550.h>
#include <sdk/cell.h>
#include <sdk/monitor.h>

#define UART_IDLE_WAIT_MS 20u /* 17 bytes at 115200 bit/s take 1.5 ms */

/*
 * The handle is this cell's own for life, so an access cannot be refused; if it
 * is after all (the capability was revoked), the device reads as absent.
 */
static uint8_t uart_read(const struct uart *uart, uint32_t offset)
{
    uint8_t byte = UART_ABSENT;
    if (mon_port_read(uart->ports, offset, &byte) != ST_OK)
        return UART_ABSENT;
    return byte;
}

static void uart_write(const struct uart *uart, uint32_t offset, uint32_t value)
{
    uint8_t byte = (uint8_t)value;
    (void)mon_port_write(uart->ports, offset, &byte, 1);
}

static bool uart_is_absent(const struct uart *uart)
{
    for (uint32_t offset = UART_IER; offset < UART_PORTS; offset++)
        if (uart_read(uart, offset) != UART_ABSENT)
            return false;
    return true;
}

static bool uart_keeps_scratch(const struct uart *uart)
{
    static const uint8_t patterns[] = { 0x5A, 0xA5 };
    for (uint32_t i = 0; i < ARRAY_COUNT(patterns); i++) {
        uart_write(uart, UART_SCRATCH, patterns[i]);
        if (uart_read(uart, UART_SCRATCH) != patterns[i])
            return false;
    }
    return true;
}

/* Lets the last bytes of whoever had the device before us leave in one piece. */
static void uart_wait_idle(const struct uart *uart)
{
    uint64_t deadline = tsc_after_ms(UART_IDLE_WAIT_MS);
    while (!(uart_read(uart, UART_LSR) & UART_LSR_IDLE) && tsc_read() < deadline)
        ;
}

static void uart_set_line(const struct uart *uart)
{
    uart_wait_idle(uart);
    uart_write(uart, UART_LCR, UART_LCR_8N1 | UART_LCR_DIVISOR_ACCESS);
    uart_write(uart, UART_DATA, UART_DIVISOR_115200 & 0xFFu);
    uart_write(uart, UART_IER, UART_DIVISOR_115200 >> 8);
    uart_write(uart, UART_LCR, UART_LCR_8N1);
}

/*
 * No reset bits: when the FIFOs are on already, what they hold survives a
 * restart of this cell; switching them on empties them by itself.
 */
static bool uart_enable_fifo(const struct uart *uart)
{
    uart_write(uart, UART_FCR, UART_FCR_ENABLE | field32_set(0, UART_FCR_TRIGGER, UART_FCR_TRIGGER_8));
    return field32_get(uart_read(uart, UART_IIR), UART_IIR_FIFO) == UART_IIR_FIFO_WORKS;
}

enum status uart_open(struct uart *uart, cap_handle ports)
{
    *uart = (struct uart){ .ports = ports, .fifo_bytes = 1 };
    if (uart_is_absent(uart))
        return ST_NOT_FOUND;
    uart_write(uart, UART_LCR, UART_LCR_8N1);
    uart_write(uart, UART_IER, 0);
    if (uart_read(uart, UART_IER) & UART_IER_RESERVED || uart_read(uart, UART_LCR) != UART_LCR_8N1)
        return ST_DEVICE;
    uart_set_line(uart);
    if (uart_enable_fifo(uart))
        uart->fifo_bytes = UART_FIFO_BYTES;
    else
        uart->weakness = "no working FIFO: one byte at a time";
    if (!uart_keeps_scratch(uart))
        uart->weakness = "no scratch register: an 8250 or not a UART";
    uart_want(uart, true, false);
    return ST_OK;
}

/*
 * The error bits go away with the first look at LSR.  This is that look, except
 * for an overrun that happens between it and the looks inside the drain.
 */
uint32_t uart_receive(struct uart *uart, uint8_t bytes[7])
{
    uint8_t status = uart_read(uart, UART_LSR);
    if (status == UART_ABSENT)
        return 0;
    if (status & UART_LSR_OVERRUN)
        uart->overruns++;
    if (!(status & UART_LSR_DATA_READY))
        return 0;
    uint32_t count = 0;
    if (mon_port_drain(uart->ports, UART_DATA, UART_LSR, UART_LSR_DATA_READY, bytes, &count) != ST_OK)
        return 0;
    return count;
}

uint32_t uart_space(struct uart *uart)
{
    uint8_t status = uart_read(uart, UART_LSR);
    if (status == UART_ABSENT)
        return 0;
    if (status & UART_LSR_OVERRUN)
        uart->overruns++;
    return status & UART_LSR_TRANSMIT_EMPTY ? uart->fifo_bytes : 0;
}

void uart_send(struct uart *uart, const uint8_t *bytes, uint32_t count)
{
    ASSERT(count <= uart->fifo_bytes);
    (void)mon_port_write(uart->ports, UART_DATA, bytes, count);
}

void uart_want(struct uart *uart, bool receive, bool transmit)
{
    uint32_t wanted = (receive ? UART_IER_RECEIVED | UART_IER_LINE_STATUS : 0u) |
                      (transmit ? UART_IER_TRANSMIT_EMPTY : 0u);
    if (wanted == uart->enabled)
        return;
    bool receive_before = uart->enabled & UART_IER_RECEIVED;
    uart->enabled = (uint8_t)wanted;
    uart_write(uart, UART_IER, wanted);
    if (receive != receive_before)
        uart_write(uart, UART_MCR, UART_MCR_DTR | UART_MCR_OUT2 | (receive ? UART_MCR_RTS : 0u));
}

void uart_rearm(struct uart *uart)
{
    uart_write(uart, UART_IER, 0);
    uart_write(uart, UART_IER, uart->enabled);
}
