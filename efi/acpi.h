/* SPDX-License-Identifier: MIT */
#pragma once

#include "memory.h"

/*
 * Finds the static ACPI tables and digests them.  A table that is outside of
 * memory, too short, too long or fails its checksum is said so and left out.
 */
void acpi_read(const struct firmware *firmware, const struct memory_map *map, struct boot_acpi *acpi);
