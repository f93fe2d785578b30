/* SPDX-License-Identifier: MIT */
/* PRF0342: a negative number compared as a large one
 * flag: -Wextra
 * says: comparison of integers of different signs */
#include <stdint.h>

bool fire(int64_t number, uint64_t limit);

bool fire(int64_t number, uint64_t limit)
{
    return number < limit; /* HERE */
}
