/* SPDX-License-Identifier: MIT */
/* PRF0341: a format that comes from elsewhere
 * flag: -Wformat=2
 * says: format string is not a string literal */
#include <stdint.h>

#include <sdk/cell.h>

void fire(const char *text);

void fire(const char *text)
{
    cell_log(LOG_INFO, text, 1); /* HERE */
}
