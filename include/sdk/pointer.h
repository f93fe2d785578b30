/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Three kinds of memory that are not ours alone, each a pointer type of its own.
 *
 *   struct ring_shared SHARED *ring;    another cell writes it at any moment
 *   uint32_t MMIO *registers;           every access is an action of a device
 *   struct descriptor DMA *table;       a device reads and writes it
 *
 * None converts into another or into an ordinary pointer, and none can be
 * dereferenced: `ring->tail` does not compile, `shared_read32(&ring->tail)`
 * does.  So no number of a peer's is ever read twice by accident.  The casts
 * stand in sdk/shared.h and in cells/lib and nowhere else.
 */
#define SHARED __attribute__((noderef, address_space(1)))
#define MMIO __attribute__((noderef, address_space(2)))
#define DMA __attribute__((noderef, address_space(3)))
