/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/boot_info.h>

/* The tables about devices, `bytes` long; their checksums are right, nothing else in them is trusted. */
void dmar_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi);
void mcfg_digest(const uint8_t *table, uint32_t bytes, struct boot_acpi *acpi);
