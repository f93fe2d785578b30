/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/*
 * AHCI host bus adapter and the ATA commands it carries.
 * [AHCI] Serial ATA Advanced Host Controller Interface, revision 1.3.1.
 * [ACS-3] ATA/ATAPI Command Set 3, T13/2161-D revision 5.
 * [SATA] Serial ATA, revision 3.2.
 */

/* Generic host control. [AHCI 3.1] */
#define AHCI_CAP 0x00u
#define AHCI_GHC 0x04u
#define AHCI_IS 0x08u
#define AHCI_PI 0x0Cu
#define AHCI_CAP2 0x24u
#define AHCI_BOHC 0x28u
#define AHCI_GENERIC_BYTES 0x100u

#define AHCI_CAP_NCS FIELD32(12, 8) /* command slots, less one */
#define AHCI_CAP_SNCQ BIT32(30)
#define AHCI_CAP_S64A BIT32(31)
#define AHCI_GHC_HR BIT32(0) /* reset; reads 0 when it is over */
#define AHCI_GHC_IE BIT32(1)
#define AHCI_GHC_AE BIT32(31)
#define AHCI_CAP2_BOH BIT32(0)
#define AHCI_BOHC_BOS BIT32(0) /* the firmware owns it */
#define AHCI_BOHC_OOS BIT32(1) /* we do */

/* Ports. [AHCI 3.3] */
#define AHCI_PORTS_MAX 32u
#define AHCI_PORT(number) (0x100u + 0x80u * (number))
#define AHCI_PORT_BYTES 0x80u
#define AHCI_PXCLB 0x00u /* 64 bits */
#define AHCI_PXFB 0x08u  /* 64 bits */
#define AHCI_PXIS 0x10u
#define AHCI_PXIE 0x14u
#define AHCI_PXCMD 0x18u
#define AHCI_PXTFD 0x20u
#define AHCI_PXSIG 0x24u
#define AHCI_PXSSTS 0x28u
#define AHCI_PXSCTL 0x2Cu
#define AHCI_PXSERR 0x30u
#define AHCI_PXSACT 0x34u
#define AHCI_PXCI 0x38u

/* Interrupt status and enable. [AHCI 3.3.5, 3.3.6] */
#define AHCI_PXI_DHRS BIT32(0) /* register FIS: a command is over */
#define AHCI_PXI_SDBS BIT32(3) /* set device bits FIS: queued commands are over */
#define AHCI_PXI_PCS BIT32(6)  /* something was plugged */
#define AHCI_PXI_PRCS BIT32(22)
#define AHCI_PXI_IFS BIT32(27)
#define AHCI_PXI_HBDS BIT32(28)
#define AHCI_PXI_HBFS BIT32(29)
#define AHCI_PXI_TFES BIT32(30)
#define AHCI_PXI_ERRORS (AHCI_PXI_IFS | AHCI_PXI_HBDS | AHCI_PXI_HBFS | AHCI_PXI_TFES)
#define AHCI_PXI_LINK (AHCI_PXI_PCS | AHCI_PXI_PRCS)

/* Command and status. [AHCI 3.3.7] */
#define AHCI_PXCMD_ST BIT32(0)
#define AHCI_PXCMD_SUD BIT32(1)
#define AHCI_PXCMD_POD BIT32(2)
#define AHCI_PXCMD_FRE BIT32(4)
#define AHCI_PXCMD_FR BIT32(14)
#define AHCI_PXCMD_CR BIT32(15)
#define AHCI_PXCMD_ICC_ACTIVE BIT32(28)

#define AHCI_PXTFD_ERR BIT32(0)
#define AHCI_PXTFD_DRQ BIT32(3)
#define AHCI_PXTFD_BSY BIT32(7)

/* Signature. [AHCI 3.3.9] */
#define AHCI_SIGNATURE_ATA 0x00000101u
#define AHCI_SIGNATURE_ATAPI 0xEB140101u
#define AHCI_SIGNATURE_MULTIPLIER 0x96690101u

/* SATA status and control. [AHCI 3.3.10, 3.3.11] */
#define AHCI_DET FIELD32(3, 0)
#define AHCI_DET_UP 3u
#define AHCI_PXSCTL_RESET 0x301u /* COMRESET; no power saving states of the link */
#define AHCI_PXSCTL_RUN 0x300u

/* Memory: received FISes, command list, command tables. [AHCI 4.2] */
#define AHCI_FIS_BYTES 256u
#define AHCI_SLOTS_MAX 32u
#define AHCI_LIST_ALIGN 1024u
#define AHCI_TABLE_PRDT 0x80u
#define AHCI_TABLE_ALIGN 128u
#define AHCI_PRD_COUNT_MAX 0x400000u /* bytes of one */

/* Command header: an entry of the list. [AHCI 4.2.2] */
struct ahci_header {
    uint32_t flags; /* AHCI_HEADER_* */
    uint32_t moved; /* bytes, the adapter says */
    uint64_t table; /* address */
    uint32_t reserved[4];
};
static_assert(sizeof(struct ahci_header) == 32, "[AHCI 4.2.2]");
#define AHCI_HEADER_CFL FIELD32(4, 0) /* length of the command FIS in words of 4 bytes */
#define AHCI_HEADER_WRITE BIT32(6)
#define AHCI_HEADER_PRDTL FIELD32(31, 16)
#define AHCI_LIST_BYTES (AHCI_SLOTS_MAX * sizeof(struct ahci_header))

/* Physical region descriptor: an entry of a table, from AHCI_TABLE_PRDT. [AHCI 4.2.3.3] */
struct ahci_prd {
    uint64_t address;
    uint32_t reserved;
    uint32_t count; /* bytes, less one */
};
static_assert(sizeof(struct ahci_prd) == 16, "[AHCI 4.2.3.3]");

/* Register FIS, host to device. [SATA 10.5.5] */
struct ata_fis {
    uint8_t type; /* ATA_FIS_H2D */
    uint8_t flags;
    uint8_t command;
    uint8_t features_low;
    uint8_t lba_low[3];
    uint8_t device;
    uint8_t lba_high[3];
    uint8_t features_high;
    uint8_t count_low, count_high;
    uint8_t icc, control;
    uint8_t reserved[4];
};
static_assert(sizeof(struct ata_fis) == 20, "[SATA 10.5.5]");
#define ATA_FIS_H2D 0x27u
#define ATA_FIS_IS_COMMAND 0x80u
#define ATA_DEVICE_LBA 0x40u

/* Commands. [ACS-3 7] */
enum ata_command {
    ATA_DATA_SET_MANAGEMENT = 0x06,
    ATA_READ_DMA_EXT = 0x25,
    ATA_WRITE_DMA_EXT = 0x35,
    ATA_READ_FPDMA_QUEUED = 0x60,
    ATA_WRITE_FPDMA_QUEUED = 0x61,
    ATA_STANDBY_IMMEDIATE = 0xE0,
    ATA_FLUSH_CACHE_EXT = 0xEA,
    ATA_IDENTIFY_DEVICE = 0xEC,
};
#define ATA_TAG_SHIFT 3u /* in the low byte of a queued command's count */
#define ATA_TRIM 1u      /* feature of data set management */
#define ATA_TRIM_BYTES 512u
#define ATA_TRIM_RANGE_MAX 0xFFFFu /* blocks of one range; 64 ranges in 512 bytes */
#define ATA_TRIM_RANGES (ATA_TRIM_BYTES / 8u)
#define ATA_TRIM_RANGE(block, count) ((uint64_t)(count) << 48 | (uint64_t)(block))

/* Words of IDENTIFY DEVICE. [ACS-3 7.12.7] */
#define ATA_IDENTIFY_WORDS 256u
#define ATA_WORD_GENERAL 0u /* bit 15: not an ATA device */
#define ATA_WORD_SERIAL 10u
#define ATA_SERIAL_BYTES 20u
#define ATA_WORD_MODEL 27u
#define ATA_MODEL_BYTES 40u
#define ATA_WORD_CAPABILITIES 49u
#define ATA_CAPABILITIES_LBA_DMA (BIT32(9) | BIT32(8))
#define ATA_WORD_QUEUE_DEPTH 75u
#define ATA_QUEUE_DEPTH FIELD32(4, 0) /* less one */
#define ATA_WORD_SATA 76u
#define ATA_SATA_NCQ BIT32(8)
#define ATA_WORD_COMMANDS_82 82u
#define ATA_COMMANDS_82_WRITE_CACHE BIT32(5)
#define ATA_WORD_COMMANDS_83 83u
#define ATA_COMMANDS_83_VALID FIELD32(15, 14)
#define ATA_COMMANDS_83_LBA48 BIT32(10)
#define ATA_COMMANDS_83_FLUSH_EXT BIT32(13)
#define ATA_WORD_SECTORS 100u /* 4 words */
#define ATA_WORD_SECTOR_SIZE 106u
#define ATA_SECTOR_SIZE_VALID FIELD32(15, 14)
#define ATA_SECTOR_SIZE_LONG BIT32(12)
#define ATA_VALID 1u
#define ATA_WORD_SECTOR_WORDS 117u /* 2 words: size in words */
#define ATA_WORD_DATA_SET 169u
#define ATA_DATA_SET_TRIM BIT32(0)
#define ATA_BLOCKS_MAX (UINT64_C(1) << 48)
