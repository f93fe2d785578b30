/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Structured files are mostly payload.  This mutator writes numbers that hurt (limits,
 * the file's own offsets, small steps) into aligned fields, four times out of five
 * within the first `hot` bytes, where the structure is.
 */
size_t mutate_fields(uint8_t *data, size_t size, size_t size_max, unsigned seed, size_t hot);

/* What libFuzzer offers and wants. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
