/* SPDX-License-Identifier: MIT */

/*
 * A cell that does nothing, with pages of text to put bytes into (load_test.py): scan-only, so
 * that nothing but the byte scan stands in the way.
 */

#include <sdk/cell.h>

static const struct cell_ops plain_ops = {};

/* One relocation in data, for those who want to build bytes by it. */
extern const struct cell_ops *plain_pointer;
const struct cell_ops *plain_pointer = &plain_ops;

CELL(plain_ops, ((struct manifest){
                    .name = "plain",
                    .vendor = "Comb",
                    .description = "room for bytes",
                    .version_major = 1,
                    .flags = MANIFEST_SCAN_ONLY,
                    .restart_policy = RESTART_NEVER,
                    .limits = { .memory_kib = 128 },
                }));
