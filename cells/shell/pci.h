/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* How people write PCI functions and classes.  Pure. */

#define BDF_TEXT_BYTES 8u /* "00:1f.2" */
void bdf_text(uint32_t bdf, char text[BDF_TEXT_BYTES]);
/* Exactly BB:DD.F in hexadecimal; false for anything else. */
bool bdf_parse(const char *text, uint32_t *bdf);

/* A word or two for class << 16 | subclass << 8 | interface.  [PCI Code and ID Assignment 1.11] */
const char *pci_class_name(uint32_t class_code);
