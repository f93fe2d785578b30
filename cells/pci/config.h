/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * Configuration space of every function of the machine.  Whatever is read may
 * be a lie of the device; what is not there, or refused, reads as all ones.
 */
void config_open(cap_handle pci);
uint32_t config_read(uint32_t bdf, uint32_t offset);
enum status config_write(uint32_t bdf, uint32_t offset, uint32_t value);

/* Something answers there. */
bool config_is_there(uint32_t bdf);

/* Offset of the first standard capability `id`, 0: none.  A list that is a loop ends.  [PCI 3.0 6.7] */
uint32_t config_capability(uint32_t bdf, uint32_t id);

/* How people write a function. */
#define BDF_FORMAT "%02x:%02x.%x"
#define BDF_WORDS(bdf) DEVICE_BUS(bdf), DEVICE_SLOT(bdf), DEVICE_FUNCTION(bdf)
