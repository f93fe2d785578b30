/* SPDX-License-Identifier: MIT */
/* PRF0301: memory for the device, taken before any is open
 * flag: -Wthread-safety
 * says: calling function 'dma_take' requires holding grant 'dma_grant' exclusively */
#include <sdk/dma.h>

enum status fire(struct dma_buffer *buffer);

enum status fire(struct dma_buffer *buffer)
{
    return dma_take(64, 64, DMA_BOTH, buffer); /* HERE */
}
