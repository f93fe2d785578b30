/* SPDX-License-Identifier: MIT */
/* PRF0338: a constant text that could be written
 * flag: -Wwrite-strings
 * says: discards qualifiers */
#include <stdint.h>

char *fire(void);

char *fire(void)
{
    return "text"; /* HERE */
}
