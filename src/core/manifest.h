/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/manifest.h>

/*
 * The interface of `kind` (INTERFACE_GATE or INTERFACE_CHANNEL) in entry `uses` of the one
 * manifest, as the other provides it; null when they do not agree.  Both are in the bundle,
 * so the EFI stub has checked them.
 */
const struct manifest_provides *manifest_offer(const struct manifest *user, uint32_t uses,
                                               const struct manifest *provider, uint32_t kind);
