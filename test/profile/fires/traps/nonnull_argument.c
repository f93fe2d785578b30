/* SPDX-License-Identifier: MIT */
/* PRF0117: null for an argument that must not be
 * flag: -fsanitize=nonnull-attribute
 * says: nonnull-argument */
#include "../fires.h"

[[gnu::nonnull, gnu::noinline]] static uint64_t is_there(const void *pointer)
{
    keep(&pointer);
    return 1;
}

uint64_t fire(uint64_t)
{
    const void *nothing = nullptr;
    keep(&nothing);
    return is_there(nothing); /* HERE */
}
