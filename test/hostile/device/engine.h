/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/dma.h>
#include <sdk/mmio.h>

/*
 * The device as a weapon: it copies between memory, by any address, and its own
 * buffer.  A transfer is waited for, in the call, by looking at its registers.
 */
enum status engine_open(void);   /* registers and memory; nothing of the device is touched */
enum status engine_decode(void); /* its registers answer; it is the device we know */

/* Bus mastering on, and whatever ran is over. */
enum status engine_ready(void);

/* The device writes (reads) `bytes` at its address `target`; ST_TIMEOUT: it does not end. */
enum status engine_write(uint64_t target, uint64_t bytes);
enum status engine_read(uint64_t source, uint64_t bytes);

/* Begins to write and does not wait. */
void engine_begin(uint64_t target, uint64_t bytes);
bool engine_is_running(void);

/* The device's buffer gets `word`, over and over; and what it has now, its first word. */
enum status engine_load(uint64_t word);
enum status engine_unload(uint64_t *word);

/* Interrupts, once. */
void engine_interrupt(void);

const struct dma_buffer *engine_memory(void); /* what the device may reach */
