/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>

/* The tables about devices; both are `bytes` long and their checksums are right.  Nothing in them is trusted. */
void dmar_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi);
void mcfg_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi);
