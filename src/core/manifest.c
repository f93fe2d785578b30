/* SPDX-License-Identifier: MIT */
#include "manifest.h"

#include <rt/text.h>

const struct manifest_provides *manifest_offer(const struct manifest *user, uint32_t uses,
                                               const struct manifest *provider, uint32_t kind)
{
    const struct manifest_uses *wanted = &user->uses[uses];
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX && (wanted->flags & kind) != 0; i++) {
        const struct manifest_provides *offered = &provider->provides[i];
        if ((offered->flags & kind) != 0 && text_equal(offered->name, wanted->name))
            return offered;
    }
    return nullptr;
}
