/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>

/* Digests a MADT of `bytes` whose header and checksum have been checked. */
void madt_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi);
