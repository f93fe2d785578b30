/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The whole AHCI driver in one translation unit, so that a test can have a new
 * instance of it: ahci_forget() is what the end of a cell does to its memory.
 */
#include <cells/ahci/adapter.c>
#include <cells/ahci/ahci.c>
#include <cells/ahci/command.c>
#include <cells/ahci/disk.c>
#include <cells/ahci/hba.c>
#include <cells/ahci/identify.c>
#include <cells/ahci/port.c>
#include <cells/lib/block_device.c>

static inline void ahci_forget(void)
{
    frame = (struct frame){};
    adapter = (struct adapter){};
    hba = (struct hba){};
    tables = identify_page = (struct dma_buffer){};
}
