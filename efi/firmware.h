/* SPDX-License-Identifier: MIT */
#pragma once

#include <efi.h>
#include <rt/bits.h>
#include <rt/status.h>
#include <stddef.h>

/* The firmware as the stub sees it.  Everything it answers is untrusted input. */
struct firmware {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *system;
    EFI_BOOT_SERVICES *boot;
    EFI_LOADED_IMAGE *loaded; /* null: the firmware did not say */
};

/* The first protocol instance of that kind, null: none. */
void *firmware_protocol(const struct firmware *firmware, EFI_GUID guid);

/* The vendor table of that kind in the configuration table, 0: none. */
uint64_t firmware_table(const struct firmware *firmware, EFI_GUID guid);
