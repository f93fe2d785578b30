/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/capability.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a cell is and all that it may do; nothing else gives a cell authority.  It stands
 * in the cell's ELF as the one note of owner "Comb", type 1, in section .note.comb, and
 * the header of the cell's image says where (abi/image.h).  Untrusted: the EFI stub checks
 * every field (efi/manifest_check.h) before there is any cell.
 */

#define MANIFEST_MAGIC UINT32_C(0x464E4D43) /* "CMNF" */
#define MANIFEST_VERSION 2u
#define MANIFEST_NOTE_TYPE 1u

#define CELL_NAME_BYTES 16u
#define MANIFEST_PROVIDES_MAX 4u
#define MANIFEST_USES_MAX 8u
#define MANIFEST_CAP_MAX 12u
#define MANIFEST_MATCH_MAX 4u
#define CELL_ENTRY_MAX 4u /* gate entry points a cell may have */

/* A name that can be printed, typed and compared: 1..15 of a-z 0-9 _ -, then zeros. */
static inline bool manifest_is_name(const char name[CELL_NAME_BYTES])
{
    uint32_t length = 0;
    while (length < CELL_NAME_BYTES && ((name[length] >= 'a' && name[length] <= 'z') || name[length] == '_' ||
                                        (name[length] >= '0' && name[length] <= '9') || name[length] == '-'))
        length++;
    uint32_t end = length;
    while (end < CELL_NAME_BYTES && name[end] == '\0')
        end++;
    return length > 0 && length < end && end == CELL_NAME_BYTES;
}

enum device_class {
    CLASS_NONE = 0,
    CLASS_BLOCK,
    CLASS_NET,
    CLASS_GRAPHICS,
    CLASS_INPUT,
    CLASS_CHAR,
    CLASS_ENTROPY,
    CLASS_KV,
    CLASS_COUNT
};

enum restart_policy {
    RESTART_NEVER = 0,
    RESTART_ON_CRASH = 1,
    RESTART_ALWAYS = 2, /* also after it exits by itself */
};

enum interface_flags {
    INTERFACE_GATE = 1,     /* synchronous calls through an edge */
    INTERFACE_CHANNEL = 2,  /* rings and a buffer pool in a shared domain */
    INTERFACE_MANY = 4,     /* uses: one edge or channel to every provider */
    INTERFACE_OPTIONAL = 8, /* uses: start even when nobody provides it */
    INTERFACE_DMA = 16,     /* provides, with CHANNEL and CAP_DMA: the device reaches the channels' pools */
};

enum manifest_flags {
    MANIFEST_SCAN_ONLY = 1, /* control flow inside the cell is not verified (src/verify/verify.h); the
                               wall around it is the same.  Absent: strict */
};

struct manifest_provides {
    char name[CELL_NAME_BYTES];
    uint32_t flags;
    uint32_t entry; /* index into cell_header.entries, for INTERFACE_GATE */
};

struct manifest_uses {
    char name[CELL_NAME_BYTES];
    uint32_t flags;
    uint32_t channel_kib; /* size of the shared domain, for INTERFACE_CHANNEL */
};

/* Meaning of base and size by type: see abi/capability.h. */
struct manifest_cap {
    uint32_t type;   /* enum capability_type */
    uint32_t rights; /* enum capability_right */
    uint64_t base;
    uint64_t size;
};

#define MATCH_ANY UINT32_C(0xFFFFFFFF)

struct manifest_match {
    uint32_t vendor, device;
    uint32_t class_code; /* class << 16 | subclass << 8 | interface */
    uint32_t class_mask;
};

/* 0 means the default in the comment; the EFI stub puts it there. */
struct manifest_limits {
    uint32_t memory_kib;           /* image, stacks and heap; 1024 */
    uint32_t cpu_percent;          /* of one CPU per budget period; 100 */
    uint32_t concurrent_requests;  /* 64 */
    uint32_t irq_per_second;       /* 100000 */
    uint32_t operation_timeout_ms; /* CPU time without coming back to wait or to the caller; 1000 */
    uint32_t bandwidth_kib_per_s;  /* 0: no limit */
    uint32_t stack_kib;            /* each of the two stacks; 16 */
    uint32_t priority;             /* 1 lowest .. 31; 8 */
};

struct manifest {
    uint32_t magic;
    uint16_t version; /* MANIFEST_VERSION */
    uint16_t bytes;   /* sizeof(struct manifest) */
    char name[CELL_NAME_BYTES];
    char vendor[32];
    char description[64];
    uint16_t version_major, version_minor;
    uint32_t device_class;
    uint32_t restart_policy;
    uint32_t flags; /* enum manifest_flags */
    struct manifest_limits limits;
    struct manifest_provides provides[MANIFEST_PROVIDES_MAX]; /* first empty name ends it */
    struct manifest_uses uses[MANIFEST_USES_MAX];
    struct manifest_cap caps[MANIFEST_CAP_MAX]; /* CAP_NONE ends it */
    struct manifest_match match[MANIFEST_MATCH_MAX];
};

/* Laid out by the 8-byte-aligned note rule, so that the manifest is aligned. */
struct manifest_note {
    uint32_t name_bytes;       /* 5 */
    uint32_t descriptor_bytes; /* sizeof(struct manifest) */
    uint32_t type;             /* MANIFEST_NOTE_TYPE */
    char name[8];              /* "Comb" */
    alignas(8) struct manifest manifest;
};
static_assert(offsetof(struct manifest_note, manifest) == 24, "8-byte note rule");
