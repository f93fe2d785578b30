/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The bundle: everything an image carries besides the EFI stub.  Written by
 * scripts/bundle.py, embedded in comb.efi.  One header, `count` entries, then
 * the payloads, each at a page-aligned offset from the start of the bundle.
 * Untrusted like any input: the EFI stub checks the bundle (efi/bundle_check.h), the sums,
 * and each cell in it (efi/cell_check.h), all before there is a cell.  Afterwards nobody
 * writes it any more, and the monitor believes it.
 */

#define BUNDLE_MAGIC UINT64_C(0x4C444E42424D4F43) /* "COMBBNDL" */
#define BUNDLE_VERSION 1u
#define BUNDLE_ENTRY_MAX 1024u
#define BUNDLE_NAME_BYTES 16u

enum bundle_kind {
    BUNDLE_MONITOR = 1,   /* the monitor's ELF; exactly one */
    BUNDLE_CELL = 2,      /* a cell's image (abi/image.h) */
    BUNDLE_APPLIANCE = 3, /* text: which cells, how wired (docs/abi.md) */
};

struct bundle_entry {
    char name[BUNDLE_NAME_BYTES]; /* terminated */
    uint32_t kind;
    uint32_t crc32; /* IEEE 802.3, of the payload as it is in the file */
    uint64_t offset;
    uint64_t bytes; /* not 0 in a file; the stub makes it 0 for a cell that it refuses */
};

struct bundle_header {
    uint64_t magic;
    uint32_t version;
    uint32_t count;
    uint64_t bytes; /* of the whole bundle */
    char build[40]; /* version string of the build, terminated */
    struct bundle_entry entries[];
};
