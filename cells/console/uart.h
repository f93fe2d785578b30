/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * The 16550 behind a port capability.  One instance, used by the console's
 * event loop only.  Everything the device answers is untrusted: counts are
 * bounded here, bytes are passed on as they are.
 */
struct uart {
    cap_handle ports;
    uint32_t fifo_bytes;  /* what one load may hold: 16, or 1 without working FIFOs */
    uint8_t enabled;      /* interrupts we want: UART_IER_* */
    uint64_t overruns;    /* received bytes the device says it dropped */
    const char *weakness; /* what is missing, null: nothing */
};

/*
 * Finds out what is there and programs it: 115200 8N1, FIFOs on, interrupts
 * off.  Bytes that already wait in the FIFOs stay.
 *
 *   ST_OK         usable; see fifo_bytes and weakness
 *   ST_NOT_FOUND  every register reads as on an empty bus
 *   ST_DEVICE     answers, but not like a 16550
 */
enum status uart_open(struct uart *uart, cap_handle ports);

/* Takes up to 7 received bytes; 0: none wait. */
uint32_t uart_receive(struct uart *uart, uint8_t bytes[7]);

/* Bytes the device takes now: 0 or fifo_bytes. */
uint32_t uart_space(struct uart *uart);

/* Hands over `count` <= what uart_space just said. */
void uart_send(struct uart *uart, const uint8_t *bytes, uint32_t count);

/* Which interrupts may come.  Receiving off also lowers RTS: the far end should pause. */
void uart_want(struct uart *uart, bool receive, bool transmit);

/*
 * Lowers and raises the interrupt output.  The line is edge triggered: a reason
 * that appeared while the monitor kept it masked would otherwise never be seen.
 */
void uart_rearm(struct uart *uart);
