/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <abi/cell.h>
#include <efi/cell_check.h>
#include <efi/image_check.h>
#include <stdlib.h>
#include <string.h>
#include <verify/verify.h>

/*
 * A cell's image that may say anything.  Beyond memory safety: what cell_check lets through
 * is as the monitor's loader believes it to be without another look.
 */

#define PROMISE(expression) ((expression) ? (void)0 : __builtin_trap())

static const void *image_at(const struct image_header *image, uint64_t offset)
{
    return (const uint8_t *)image + offset;
}

static void parts_check(const struct image_header *image, size_t size)
{
    PROMISE(image_end(image, IMAGE_DATA) <= size);
    PROMISE(image_end(image, IMAGE_ZERO) <= IMAGE_PAGES_MAX * (uint64_t)PAGE_BYTES);
    PROMISE(image->cell >= image_end(image, IMAGE_TEXT));
    PROMISE(image->cell + sizeof(struct cell_header) <= image_end(image, IMAGE_RELRO));
    PROMISE(image->manifest >= sizeof(*image));
    PROMISE(image->manifest + sizeof(struct manifest) <= image_end(image, IMAGE_CONSTANT));
    PROMISE(image->relocations + image->relocation_count * sizeof(uint32_t) <=
            image_end(image, IMAGE_CONSTANT));
}

static void relocations_check(const struct image_header *image)
{
    const uint32_t *relocations = image_at(image, image->relocations);
    for (uint32_t i = 0; i < image->relocation_count; i++) {
        PROMISE(is_aligned(relocations[i], 8) && relocations[i] >= image_end(image, IMAGE_TEXT));
        PROMISE(relocations[i] + UINT64_C(8) <= image_end(image, IMAGE_DATA));
        const uint64_t *place = image_at(image, relocations[i]);
        PROMISE(*place < image_end(image, IMAGE_ZERO));
    }
}

/* What is written into them, once the image is accepted, changes nothing that has been checked. */
static void maps_check(const struct image_header *image)
{
    const struct manifest *manifest = image_at(image, image->manifest);
    uint64_t end = image->maps +
                   VERIFY_MAP_BYTES(image_end(image, IMAGE_TEXT) - image_end(image, IMAGE_CONSTANT));
    if ((manifest->flags & MANIFEST_SCAN_ONLY) != 0) {
        PROMISE(image->maps == 0);
        return;
    }
    PROMISE(is_aligned(image->maps, 16) && image->maps >= image_end(image, IMAGE_TEXT));
    PROMISE(end > image->maps && end <= image_end(image, IMAGE_RELRO));
    PROMISE(image->cell >= end || image->cell + sizeof(struct cell_header) <= image->maps);
    const uint32_t *relocations = image_at(image, image->relocations);
    for (uint32_t i = 0; i < image->relocation_count; i++)
        PROMISE(relocations[i] >= end || relocations[i] + UINT64_C(8) <= image->maps);
}

static void capabilities_check(const struct manifest *manifest)
{
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX && manifest->caps[i].type != CAP_NONE; i++) {
        const struct manifest_cap *cap = &manifest->caps[i];
        PROMISE(cap->type > CAP_NOTIFY && cap->type < CAP_TYPE_COUNT);
        PROMISE(cap->rights != 0 && cap->rights <= RIGHT_ALL);
        PROMISE(cap->type != CAP_PORTS || cap->base + cap->size <= 0x10000);
    }
}

static void manifest_settled_check(const struct image_header *image)
{
    const struct manifest *manifest = image_at(image, image->manifest);
    const struct manifest_limits *limits = &manifest->limits;
    PROMISE(manifest_is_name(manifest->name));
    PROMISE(limits->memory_kib != 0 && limits->cpu_percent != 0 && limits->concurrent_requests != 0);
    PROMISE(limits->irq_per_second != 0 && limits->operation_timeout_ms != 0);
    PROMISE(limits->stack_kib >= 4 && limits->priority >= 1 && limits->priority <= 31);
    PROMISE(image_end(image, IMAGE_ZERO) / 1024 + UINT64_C(2) * limits->stack_kib <= limits->memory_kib);
    capabilities_check(manifest);
}

/* The steps by themselves, so that a broken manifest does not keep the relocations from being looked at. */
static void steps_check(const struct image_header *image, size_t size)
{
    if (image_check(image, size) != nullptr)
        return;
    parts_check(image, size);
    if (image_relocations_check(image) == nullptr)
        relocations_check(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *part = nullptr;
    uint8_t *copy = malloc(size); /* its end is guarded */
    if (copy == nullptr)
        return 0;
    memcpy(copy, data, size);
    const struct image_header *image = (const struct image_header *)(void *)copy;
    steps_check(image, size);
    if (cell_check(copy, size, &part) == nullptr) {
        parts_check(image, size);
        relocations_check(image);
        maps_check(image);
        manifest_settled_check(image);
    }
    PROMISE(part != nullptr);
    free(copy);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed)
{
    return mutate_fields(data, size, size_max, seed, 1024);
}
