/* SPDX-License-Identifier: MIT */
#include "cell_check.h"

#include "image_check.h"
#include "manifest_check.h"

/* The relocations come last: even if their table lies over the manifest, it has its final values by then. */
const char *cell_check(void *image, uint64_t bytes, const char **part)
{
    const struct image_header *header = image;
    *part = "image";
    const char *wrong = image_check(header, bytes);
    if (wrong != nullptr)
        return wrong;
    *part = "manifest";
    struct manifest *manifest = (void *)((uint8_t *)image + header->manifest);
    wrong = manifest_check(manifest, image_end(header, IMAGE_ZERO));
    if (wrong != nullptr)
        return wrong;
    *part = "image";
    return image_relocations_check(header)
               ?: image_maps_check(header, (manifest->flags & MANIFEST_SCAN_ONLY) == 0);
}
