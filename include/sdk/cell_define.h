/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * CELL(operations, ((struct manifest){...}), entry, ...): once per cell, at file
 * scope.  `operations` names a struct cell_ops; the entries are gate_entry
 * functions in the order of manifest_provides.entry.
 *
 * The note is what the monitor reads before anything else of the cell counts,
 * the header is the ELF's entry point (ld -e cell_header_instance);
 * scripts/cell_image.py finds both in the ELF and says where in the image.  The
 * manifest's magic, version and size are filled in last, over what the
 * argument says; that is the one override meant here.
 */
#define CELL(operations, the_manifest, ...) \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"") \
        [[gnu::used, gnu::section(".note.comb")]] static const struct manifest_note cell_manifest_note = { \
            .name_bytes = sizeof("Comb"), \
            .descriptor_bytes = sizeof(struct manifest), \
            .type = MANIFEST_NOTE_TYPE, \
            .name = "Comb", \
            .manifest = the_manifest, \
            .manifest.magic = MANIFEST_MAGIC, \
            .manifest.version = MANIFEST_VERSION, \
            .manifest.bytes = sizeof(struct manifest), \
        }; \
    _Pragma("clang diagnostic pop") const struct cell_ops *const cell_operations = &(operations); \
    const struct manifest *const cell_manifest = &cell_manifest_note.manifest; \
    const struct cell_header cell_header_instance = { \
        .magic = CELL_HEADER_MAGIC, \
        .abi_version = CELL_ABI_VERSION, \
        .start = cell_start, \
        .entries = { __VA_ARGS__ }, \
    }; \
    static_assert(true, "takes the semicolon")

/* What CELL defines and cells/lib/cell.c runs. */
extern const struct cell_header cell_header_instance;
extern const struct cell_ops *const cell_operations;
extern const struct manifest *const cell_manifest; /* what it asked for; cell_info()->caps is what it got */
[[noreturn]] void cell_start(const struct cell_info *info);
