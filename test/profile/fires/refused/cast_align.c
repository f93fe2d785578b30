/* SPDX-License-Identifier: MIT */
/* PRF0315: bytes taken for words
 * flag: -Wcast-align
 * says: increases required alignment from 1 to 8 */
#include <stdint.h>

const uint64_t *fire(const uint8_t *bytes);

const uint64_t *fire(const uint8_t *bytes)
{
    return (const uint64_t *)bytes; /* HERE */
}
