/* SPDX-License-Identifier: MIT */
/* PRF0319: two names for one number, by accident
 * flag: -Wduplicate-enum
 * says: element 'BLUE' has been implicitly assigned 1 which another element has been assigned */
#include <stdint.h>

enum colour { RED, GREEN = 1, YELLOW = 0, BLUE }; /* HERE */
