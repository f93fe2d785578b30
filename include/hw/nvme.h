/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>
#include <stddef.h>

/*
 * NVM Express controller: registers, queue entries, identify data.
 * [NVMe] NVM Express Base Specification, revision 1.4, June 10, 2019.
 */

/* Registers. [NVMe 3.1] */
#define NVME_CAP_LOW 0x00u
#define NVME_CAP_HIGH 0x04u
#define NVME_VS 0x08u
#define NVME_CC 0x14u
#define NVME_CSTS 0x1Cu
#define NVME_AQA 0x24u
#define NVME_ASQ 0x28u /* 64 bits */
#define NVME_ACQ 0x30u /* 64 bits */

/* Controller capabilities, bits 31:0. [NVMe 3.1.1] */
#define NVME_CAP_MQES FIELD32(15, 0) /* entries of one queue, less one */
#define NVME_CAP_TO FIELD32(31, 24)  /* time until ready, in units of 500 ms */
#define NVME_CAP_TO_MS 500u
/* Bits 63:32. */
#define NVME_CAP_DSTRD FIELD32(3, 0)    /* doorbells lie 4 << DSTRD bytes apart */
#define NVME_CAP_CSS_NVM BIT32(5)       /* knows the NVM command set */
#define NVME_CAP_MPSMIN FIELD32(19, 16) /* smallest page: 4096 << MPSMIN */

#define NVME_VERSION(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor) << 8)

/* Controller configuration. [NVMe 3.1.5] */
#define NVME_CC_EN BIT32(0)
#define NVME_CC_SHN FIELD32(15, 14)
#define NVME_CC_SHN_NORMAL 1u
#define NVME_CC_IOSQES FIELD32(19, 16)
#define NVME_CC_IOCQES FIELD32(23, 20)

/* Controller status. [NVMe 3.1.6] */
#define NVME_CSTS_RDY BIT32(0)
#define NVME_CSTS_CFS BIT32(1) /* fatal */
#define NVME_CSTS_SHST FIELD32(3, 2)
#define NVME_CSTS_SHST_COMPLETE 2u

/* Admin queue attributes: entries, less one. [NVMe 3.1.8] */
#define NVME_AQA_ASQS FIELD32(11, 0)
#define NVME_AQA_ACQS FIELD32(27, 16)

/* Doorbells: tail of submission queue y, head of completion queue y. [NVMe 3.1.24, 3.1.25] */
#define NVME_DOORBELLS 0x1000u

/* Submission queue entry. [NVMe 4.2] */
struct nvme_command {
    uint32_t opcode_cid; /* identifier << 16 | opcode */
    uint32_t nsid;
    uint64_t reserved;
    uint64_t metadata;
    uint64_t prp1, prp2; /* [NVMe 4.3] */
    uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};
static_assert(sizeof(struct nvme_command) == 64, "[NVMe 4.2]");
#define NVME_SUBMISSION_LOG2 6u

#define NVME_COMMAND(opcode, cid) ((uint32_t)(cid) << 16 | (uint32_t)(opcode))

/* Completion queue entry, 16 bytes. [NVMe 4.6] */
#define NVME_COMPLETION_BYTES 16u
#define NVME_COMPLETION_LOG2 4u
#define NVME_COMPLETION_RESULT 0u /* offset of DW0 */
#define NVME_COMPLETION_DW3 12u
#define NVME_DW3_CID FIELD32(15, 0)
#define NVME_DW3_PHASE BIT32(16)
#define NVME_DW3_SC FIELD32(24, 17)
#define NVME_DW3_SCT FIELD32(27, 25)

/* Status code type << 8 | status code. [NVMe 4.6.1] */
enum nvme_status {
    NVME_SUCCESS = 0x000,
    NVME_INVALID_OPCODE = 0x001,
    NVME_INVALID_FIELD = 0x002,
    NVME_INTERNAL_ERROR = 0x006,
    NVME_INVALID_NAMESPACE = 0x00B,
    NVME_WRITE_PROTECTED = 0x020,
    NVME_LBA_OUT_OF_RANGE = 0x080,
    NVME_READ_ONLY_RANGE = 0x182,
};

/* Admin commands. [NVMe 5] */
enum nvme_admin_opcode {
    NVME_CREATE_SUBMISSION = 0x01,
    NVME_GET_LOG_PAGE = 0x02,
    NVME_CREATE_COMPLETION = 0x05,
    NVME_IDENTIFY = 0x06,
    NVME_SET_FEATURES = 0x09,
    NVME_ASYNC_EVENT = 0x0C,
};

/* Create I/O queue: CDW10 is id | (entries - 1) << 16. [NVMe 5.3, 5.4] */
#define NVME_QUEUE_CONTIGUOUS BIT32(0)
#define NVME_QUEUE_INTERRUPTS BIT32(1)
#define NVME_QUEUE_COMPLETION FIELD32(31, 16) /* of a submission queue: where its answers go */

/* Identify, CDW10. [NVMe 5.15.1] */
enum nvme_identify { NVME_CNS_NAMESPACE = 0, NVME_CNS_CONTROLLER = 1, NVME_CNS_ACTIVE_LIST = 2 };
#define NVME_IDENTIFY_BYTES 4096u
#define NVME_LIST_ENTRIES 1024u

/* Features. [NVMe 5.21.1.7, 5.21.1.11] */
enum nvme_feature { NVME_FEATURE_QUEUES = 0x07, NVME_FEATURE_EVENTS = 0x0B };
#define NVME_EVENT_NAMESPACES BIT32(8)

/* Log pages: CDW10 is id | retain << 15 | (dwords - 1) << 16. [NVMe 5.14] */
#define NVME_LOG_DWORDS FIELD32(27, 16)

/* Asynchronous event, DW0 of its completion. [NVMe 5.2.1] */
#define NVME_EVENT_TYPE FIELD32(2, 0)
#define NVME_EVENT_TYPE_NOTICE 2u
#define NVME_EVENT_INFORMATION FIELD32(15, 8)
#define NVME_EVENT_LOG_PAGE FIELD32(23, 16)

/* Identify controller, as far as it is used. [NVMe 5.15.2.2] */
struct nvme_identify_controller {
    uint16_t vendor, subsystem_vendor;
    char serial[20]; /* padded with blanks */
    char model[40];
    char firmware[8];
    uint8_t unused_72[5];
    uint8_t mdts; /* transfer at most 2^mdts smallest pages; 0: no limit */
    uint8_t unused_78[14];
    uint32_t oaes; /* asynchronous events it can send */
    uint8_t unused_96[416];
    uint8_t sqes, cqes; /* log2 of entry sizes, least in bits 3:0 */
    uint16_t unused_514;
    uint32_t nn; /* largest namespace id */
    uint16_t oncs;
    uint16_t fuses;
    uint8_t fna;
    uint8_t vwc; /* bit 0: a volatile write cache is there */
    uint8_t unused_526[2];
};
static_assert(offsetof(struct nvme_identify_controller, mdts) == 77, "[NVMe 5.15.2.2]");
static_assert(offsetof(struct nvme_identify_controller, oaes) == 92, "[NVMe 5.15.2.2]");
static_assert(offsetof(struct nvme_identify_controller, sqes) == 512, "[NVMe 5.15.2.2]");
static_assert(offsetof(struct nvme_identify_controller, vwc) == 525, "[NVMe 5.15.2.2]");

#define NVME_ENTRY_LOG2_MIN FIELD32(3, 0)
#define NVME_ONCS_DATASET_MANAGEMENT BIT32(2)
#define NVME_ONCS_WRITE_ZEROES BIT32(3)
#define NVME_VWC_PRESENT BIT32(0)

/* Identify namespace, as far as it is used. [NVMe 5.15.2.1] */
struct nvme_identify_namespace {
    uint64_t nsze; /* blocks; 0: not active */
    uint64_t ncap, nuse;
    uint8_t nsfeat;
    uint8_t nlbaf; /* formats, less one */
    uint8_t flbas; /* bits 3:0: the format in use */
    uint8_t unused_27[72];
    uint8_t nsattr; /* bit 0: write protected */
    uint8_t unused_100[28];
    uint32_t lbaf[16];
};
static_assert(offsetof(struct nvme_identify_namespace, nsattr) == 99, "[NVMe 5.15.2.1]");
static_assert(offsetof(struct nvme_identify_namespace, lbaf) == 128, "[NVMe 5.15.2.1]");

#define NVME_FLBAS_FORMAT FIELD32(3, 0)
#define NVME_NSATTR_WRITE_PROTECTED BIT32(0)
#define NVME_LBAF_METADATA FIELD32(15, 0)
#define NVME_LBAF_LBADS FIELD32(23, 16) /* log2 of the block's bytes */

/* NVM commands. [NVMe 6] */
enum nvme_opcode {
    NVME_FLUSH = 0x00,
    NVME_WRITE = 0x01,
    NVME_READ = 0x02,
    NVME_WRITE_ZEROES = 0x08,
    NVME_DATASET_MANAGEMENT = 0x09,
};
#define NVME_BLOCKS_MAX 65536u /* of one read, write or write zeroes: a field of 16 bits, less one */

/* Dataset management: CDW11, and a range of 16 bytes. [NVMe 6.7] */
#define NVME_DSM_DEALLOCATE BIT32(2)
#define NVME_DSM_RANGE_BLOCKS 4u /* offset of the length; attributes before it */
#define NVME_DSM_RANGE_START 8u
