/* SPDX-License-Identifier: MIT */
#pragma once

#include "cell.h"

/*
 * Who gets which interrupt as an event.  A line, which several cells may share,
 * is masked from its interrupt until all of them have acknowledged it.  A
 * message has one receiver and is never masked; who gets more than its manifest
 * allows is stopped.
 */
#define IRQ_LINE_MAX 16u
#define IRQ_USER_MAX 64u
#define IRQ_MESSAGE IRQ_LINE_MAX /* instead of a line: a message of its own */
#define IRQ_MAX (IRQ_LINE_MAX + IRQ_USER_MAX)
#define SERIAL_IRQ_LINE 4u

/* Manifest slot `slot` of `cell` is for `line`, or for a message.  ST_QUOTA. */
enum status irq_bind(const struct cell *cell, uint32_t slot, uint32_t line);
void irq_unbind(uint32_t cell, uint32_t slot);
/* The interrupt's number: the line, or one that is only its own. */
uint32_t irq_number(const struct cell *cell, uint32_t slot);
void irq_acknowledge(const struct cell *cell, uint32_t slot);
void irq_arrived(uint32_t number);
