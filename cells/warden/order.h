/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <stdint.h>

/*
 * Whom a cell depends on, as sets of cells: bit n of a set is cell n.  An
 * optional provider is only preferred to be there first.
 */
struct order_needs {
    uint64_t required;
    uint64_t optional;
};

/*
 * Puts 0 .. count - 1 (count <= CELL_MAX) into `order`, providers before clients.
 * Where nothing decides, lower numbers come first.  A cycle is opened at an
 * optional need if it has one.  Returns the set of cells that cannot be ordered:
 * members of cycles of required needs and all that depend on them; they stand at
 * the end of `order`.
 */
uint64_t order_compute(const struct order_needs *needs, uint32_t count, uint8_t order[CELL_MAX]);
