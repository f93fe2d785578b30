/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Interrupt lines: who gets the event.  A line is masked from its interrupt until MON_IRQ_ACK. */
#define IRQ_LINE_MAX 16u
#define SERIAL_IRQ_LINE 4u

void irq_bind(uint32_t line, uint32_t cell, uint32_t event);
void irq_arrived(uint32_t line);
