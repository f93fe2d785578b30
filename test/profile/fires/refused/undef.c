/* SPDX-License-Identifier: MIT */
/* PRF0333: a misspelt condition
 * flag: -Wundef
 * says: 'NOWHERE' is not defined, evaluates to 0 */
#include <stdint.h>

#if NOWHERE /* HERE */
#endif
extern const uint64_t fire;
