/* SPDX-License-Identifier: MIT */
/* PRF0118: null from a function that never returns it
 * flag: -fsanitize=returns-nonnull-attribute
 * says: nonnull-return */
#include "../fires.h"

[[gnu::returns_nonnull, gnu::noinline]] static const void *something(void)
{
    const void *nothing = nullptr;
    keep(&nothing);
    return nothing;
} /* HERE */

uint64_t fire(uint64_t)
{
    const void *thing = something();
    keep(&thing);
    return 1;
}
