/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/mmio.h>

/* It is what it says it is, and answers. */
enum status transfer_probe(const struct mmio *registers);
/* Between memory at the device's address and the device's own buffer; interrupts when done. */
void transfer_begin(const struct mmio *registers, uint64_t address, uint64_t bytes, bool is_to_memory);
bool transfer_is_running(const struct mmio *registers);
