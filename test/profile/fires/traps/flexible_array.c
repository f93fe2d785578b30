/* SPDX-License-Identifier: MIT */
/* PRF0120: a last member of one element used as if it had more
 * flag: -fstrict-flex-arrays=3
 * says: bounds */
#include "../fires.h"

struct last {
    uint32_t count;
    uint32_t items[1];
};
static struct last lasts[2];

uint64_t fire(uint64_t one)
{
    keep(lasts);
    return lasts[0].items[one]; /* HERE */
}
