/* SPDX-License-Identifier: MIT */
/* PRF0314: a constant that is no value of its enumeration
 * flag: -Wassign-enum
 * says: integer constant not in range of enumerated type 'enum colour' */
#include <stdint.h>

enum colour { RED = 1, GREEN = 2 };

enum colour fire(void);

enum colour fire(void)
{
    return (enum colour){ 7 }; /* HERE */
}
