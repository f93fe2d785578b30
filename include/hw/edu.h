/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/* QEMU's educational device, BAR 0. [QEMU docs/specs/edu.txt] */
#define EDU_VENDOR 0x1234u
#define EDU_DEVICE 0x11E8u
#define EDU_BAR 0u
#define EDU_BAR_BYTES MIB(1)

#define EDU_ID 0x00u /* 0xRRrr00ED: version RR.rr */
#define EDU_ID_MASK UINT32_C(0x0000FFFF)
#define EDU_ID_VALUE UINT32_C(0x000000ED)
#define EDU_LIVENESS 0x04u /* reads as the inverse of what was written */
#define EDU_IRQ_STATUS 0x24u
#define EDU_IRQ_RAISE 0x60u
#define EDU_IRQ_ACK 0x64u
#define EDU_DMA_SOURCE 0x80u /* 64 bits, in one access, like the next two */
#define EDU_DMA_TARGET 0x88u
#define EDU_DMA_COUNT 0x90u
#define EDU_DMA_COMMAND 0x98u
#define EDU_DMA_RUN BIT32(0) /* reads 1 while it runs */
#define EDU_DMA_TO_MEMORY BIT32(1)
#define EDU_DMA_INTERRUPT BIT32(2)
#define EDU_IRQ_DMA BIT32(8)
#define EDU_BUFFER UINT64_C(0x40000) /* what the device calls its own memory */
#define EDU_ADDRESS_BITS 28u         /* of dma_mask, unless it was given another */
