/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/*
 * 16550A UART, byte registers.
 * [NS16550D] National Semiconductor PC16550D data sheet, June 1995, section 8.0.
 */

/* Register offsets. [NS16550D table II] */
#define UART_DATA 0u /* RBR read, THR write; divisor low byte while LCR.DLAB */
#define UART_IER 1u  /* interrupt enable; divisor high byte while LCR.DLAB */
#define UART_IIR 2u  /* read: interrupt identification */
#define UART_FCR 2u  /* write: FIFO control */
#define UART_LCR 3u  /* line control */
#define UART_MCR 4u  /* modem control */
#define UART_LSR 5u  /* line status */
#define UART_MSR 6u  /* modem status */
#define UART_SCRATCH 7u
#define UART_PORTS 8u

/* What every register of an absent device reads as on a PC's bus. */
#define UART_ABSENT 0xFFu

/* Interrupt enable. [NS16550D 8.6] */
#define UART_IER_RECEIVED BIT32(0)
#define UART_IER_TRANSMIT_EMPTY BIT32(1)
#define UART_IER_LINE_STATUS BIT32(2)
#define UART_IER_RESERVED FIELD32(7, 4) /* read as 0 */

/* Interrupt identification. [NS16550D 8.5] */
#define UART_IIR_NONE BIT32(0)      /* 1: nothing pending */
#define UART_IIR_FIFO FIELD32(7, 6) /* 3: FIFOs work; 2: present and broken (16550 before the A) */
#define UART_IIR_FIFO_WORKS 3u

/* FIFO control. [NS16550D 8.4] */
#define UART_FCR_ENABLE BIT32(0)
#define UART_FCR_TRIGGER FIELD32(7, 6) /* received bytes that raise an interrupt: 1, 4, 8, 14 */
#define UART_FCR_TRIGGER_8 2u
#define UART_FIFO_BYTES 16u

/* Line control. [NS16550D 8.1] */
#define UART_LCR_8N1 0x03u
#define UART_LCR_DIVISOR_ACCESS BIT32(7)

/* Divisor for 115200 bit/s from the PC's 1.8432 MHz clock. [NS16550D table III] */
#define UART_DIVISOR_115200 1u

/* Modem control. [NS16550D 8.7] */
#define UART_MCR_DTR BIT32(0)
#define UART_MCR_RTS BIT32(1)
#define UART_MCR_OUT2 BIT32(3) /* on a PC: connects the interrupt line */

/* Line status; reading it clears the error bits. [NS16550D 8.3] */
#define UART_LSR_DATA_READY BIT32(0)
#define UART_LSR_OVERRUN BIT32(1)
#define UART_LSR_TRANSMIT_EMPTY BIT32(5) /* the FIFO (or the holding register) takes more */
#define UART_LSR_IDLE BIT32(6)           /* and the shift register is empty too */
