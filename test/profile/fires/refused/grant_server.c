/* SPDX-License-Identifier: MIT */
/* PRF0302: a job answered before the block server is there
 * flag: -Wthread-safety
 * says: calling function 'block_server_complete' requires holding grant 'block_server_grant' exclusively */
#include <sdk/block_server.h>

enum status fire(const struct block_driver *driver, struct block_unit *units);

enum status fire(const struct block_driver *driver, struct block_unit *units)
{
    block_server_complete(0, ST_OK); /* HERE */
    return block_server_init(driver, units, 1, 1, 0);
}
