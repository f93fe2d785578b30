/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a function takes it gives back on each way out: SCOPED(f) on a local variable calls
 * f(&variable) where its scope ends.
 *
 *     SCOPED(block_lease_end) struct block_lease lease = { .client = client };
 *
 * Give it a value first; a variable that was never set is zero, so `f` of zeros does nothing.
 */
#define SCOPED(f) __attribute__((cleanup(f)))
