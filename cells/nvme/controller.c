/* SPDX-License-Identifier: MIT */

#include "controller.h"

#include <hw/nvme.h>
#include <sdk/cell.h>
#include <sdk/device.h>
#include <sdk/mmio.h>

#define CONTROLLER_BAR 0u
#define CONTROLLER_QUEUES 2u /* admin and I/O: so many pairs of doorbells */

MMIO_REGISTER_RO(nvme_cap_low, NVME_CAP_LOW)
MMIO_REGISTER_RO(nvme_cap_high, NVME_CAP_HIGH)
MMIO_REGISTER_RO(nvme_version, NVME_VS)
MMIO_REGISTER_RW(nvme_config, NVME_CC)
MMIO_REGISTER_RO(nvme_status, NVME_CSTS)
MMIO_REGISTER_RW(nvme_admin_attributes, NVME_AQA)

struct controller {
    struct mmio registers;
    struct mmio doorbells;
    uint32_t doorbell_bytes; /* from one to the next */
    uint32_t ready_ms;       /* the longest change of CSTS.RDY */
};

static struct controller controller;

/* Until (CSTS & mask) == wanted. */
static enum status controller_wait(uint32_t mask, uint32_t wanted, uint32_t limit_ms)
{
    return mmio_wait32(&controller.registers, NVME_CSTS, mask, wanted, limit_ms);
}

/* The doorbells lie as far apart as the device says; they must all be in the registers there are. */
static enum status controller_open_doorbells(uint32_t cap_high)
{
    controller.doorbell_bytes = 4u << field32_get(cap_high, NVME_CAP_DSTRD);
    uint64_t bytes = 2ul * CONTROLLER_QUEUES * controller.doorbell_bytes;
    return mmio_part(&controller.registers, NVME_DOORBELLS, bytes, &controller.doorbells);
}

enum status controller_open(struct controller_limits *limits)
{
    const struct cell_cap *cap = device_mmio_cap(CONTROLLER_BAR);
    enum status status = cap == nullptr ? ST_NOT_FOUND : mmio_open(cap, &controller.registers);
    if (status != ST_OK)
        return status;
    if (controller.registers.bytes < NVME_DOORBELLS)
        return ST_DEVICE;

    uint32_t low = nvme_cap_low_read(&controller.registers);
    uint32_t high = nvme_cap_high_read(&controller.registers);
    if (low == MMIO_GONE || high == MMIO_GONE)
        return ST_GONE;
    if (!(high & NVME_CAP_CSS_NVM) || field32_get(high, NVME_CAP_MPSMIN) != 0)
        return ST_UNSUPPORTED; /* not for blocks, or pages larger than ours */
    controller.ready_ms = (field32_get(low, NVME_CAP_TO) + 1) * NVME_CAP_TO_MS;
    limits->entries_max = field32_get(low, NVME_CAP_MQES) + 1;
    limits->version = nvme_version_read(&controller.registers);
    return controller_open_doorbells(high);
}

bool controller_is_broken(void)
{
    uint32_t value = nvme_status_read(&controller.registers);
    return value == MMIO_GONE || (value & NVME_CSTS_CFS) != 0;
}

enum status controller_disable(void)
{
    uint32_t config = nvme_config_read(&controller.registers);
    if (config == MMIO_GONE)
        return ST_GONE;
    /* Switched off while it still switches on, it may not notice [NVMe 3.1.5]; a broken one stays so. */
    if ((config & NVME_CC_EN) && !controller_is_broken()) {
        enum status status = controller_wait(NVME_CSTS_RDY, NVME_CSTS_RDY, controller.ready_ms);
        if (status == ST_GONE)
            return status;
    }
    nvme_config_write(&controller.registers, 0);
    return controller_wait(NVME_CSTS_RDY, 0, controller.ready_ms);
}

enum status controller_enable(uint64_t submission, uint64_t completion, uint32_t entries)
{
    const struct mmio *registers = &controller.registers;
    uint32_t sizes = field32_set(0, NVME_AQA_ASQS, entries - 1);
    nvme_admin_attributes_write(registers, field32_set(sizes, NVME_AQA_ACQS, entries - 1));
    mmio_write64(registers, NVME_ASQ, submission);
    mmio_write64(registers, NVME_ACQ, completion);
    uint32_t config = field32_set(NVME_CC_EN, NVME_CC_IOSQES, NVME_SUBMISSION_LOG2);
    nvme_config_write(registers, field32_set(config, NVME_CC_IOCQES, NVME_COMPLETION_LOG2));
    return controller_wait(NVME_CSTS_RDY | NVME_CSTS_CFS, NVME_CSTS_RDY, controller.ready_ms);
}

enum status controller_shutdown(uint32_t limit_ms)
{
    uint32_t config = nvme_config_read(&controller.registers);
    if (config == MMIO_GONE)
        return ST_GONE;
    if (!(config & NVME_CC_EN))
        return ST_OK; /* not on: nothing is cached */
    nvme_config_write(&controller.registers, field32_set(config, NVME_CC_SHN, NVME_CC_SHN_NORMAL));
    uint32_t wanted = field32_set(0, NVME_CSTS_SHST, NVME_CSTS_SHST_COMPLETE);
    return controller_wait(NVME_CSTS_SHST, wanted, limit_ms);
}

void controller_ring_submission(uint32_t queue, uint32_t tail)
{
    mmio_write32(&controller.doorbells, 2 * queue * controller.doorbell_bytes, tail);
}

void controller_ring_completion(uint32_t queue, uint32_t head)
{
    mmio_write32(&controller.doorbells, (2 * queue + 1) * controller.doorbell_bytes, head);
}
