/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The whole NVMe driver in one translation unit, so that a test can have a new
 * instance of it: nvme_forget() is what the end of a cell does to its memory.
 */
#include <cells/lib/block_device.c>
#include <cells/nvme/admin.c>
#include <cells/nvme/controller.c>
#include <cells/nvme/io.c>
#include <cells/nvme/life.c>
#include <cells/nvme/namespace.c>
#include <cells/nvme/nvme.c>
#include <cells/nvme/prp.c>
#include <cells/nvme/queue.c>

static inline void nvme_forget(void)
{
    frame = (struct frame){};
    admin = (struct admin){};
    controller = (struct controller){};
    io = (struct io){};
    life = (struct life){};
    namespaces = (struct namespaces){};
    lists = (struct dma_buffer){};
}
