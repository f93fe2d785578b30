/* SPDX-License-Identifier: MIT */
#include "nvme_sim.h"

#include <stdlib.h>
#include <string.h>

#define BAR_BYTES 0x2000u
#define DMA_ERROR 0x004u /* data transfer error [NVMe 4.6.1] */

void nvme_sim_post(struct nvme_sim *sim, uint32_t queue_id, uint32_t cid, uint32_t status, uint32_t result)
{
    struct sim_queue *queue = &sim->queues[queue_id];
    uint32_t *entry = queue->entries == 0
                          ? nullptr
                          : fake_device_memory(queue->completion +
                                                   queue->put * (uint64_t)NVME_COMPLETION_BYTES,
                                               NVME_COMPLETION_BYTES);
    if (entry == nullptr)
        return;
    entry[0] = result;
    entry[1] = 0;
    entry[2] = queue_id << 16 | queue->head;
    __atomic_store_n(&entry[3], status << 17 | queue->phase << 16 | cid, __ATOMIC_RELEASE);
    queue->put = (queue->put + 1) % queue->entries;
    if (queue->put == 0)
        queue->phase ^= 1;
}

static void answer(struct nvme_sim *sim, uint32_t queue, uint32_t cid, uint32_t status, uint32_t result)
{
    if (queue == 0 || !sim->holds) {
        nvme_sim_post(sim, queue, cid, status, result);
        return;
    }
    if (sim->held_count < SIM_HELD_MAX)
        sim->held[sim->held_count++] = (struct sim_answer){ queue, cid, status, result };
}

void nvme_sim_answer(struct nvme_sim *sim, uint32_t index)
{
    struct sim_answer held = sim->held[index];
    sim->held[index] = sim->held[--sim->held_count];
    nvme_sim_post(sim, held.queue, held.cid, held.status, held.result);
}

static struct sim_namespace *namespace_find(struct nvme_sim *sim, uint32_t nsid)
{
    for (uint32_t i = 0; i < SIM_NAMESPACES; i++)
        if (sim->namespaces[i].nsid == nsid && nsid != 0)
            return &sim->namespaces[i];
    return nullptr;
}

/* The page with number `page` of a command's data.  [NVMe 4.3] */
static uint64_t prp_page(const struct nvme_command *command, uint32_t page, uint32_t pages)
{
    if (page == 0)
        return command->prp1;
    if (pages == 2)
        return command->prp2;
    const uint64_t *entry = fake_device_memory(command->prp2 + (page - 1) * sizeof(uint64_t), 8);
    return entry == nullptr ? UINT64_MAX : *entry;
}

static uint32_t data_move(const struct nvme_command *command, uint8_t *data, uint64_t bytes, bool to_host)
{
    uint32_t pages = (uint32_t)((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t part = bytes - i * PAGE_BYTES < PAGE_BYTES ? bytes - i * PAGE_BYTES : PAGE_BYTES;
        void *host = fake_device_memory(prp_page(command, i, pages), part);
        if (host == nullptr)
            return DMA_ERROR;
        if (to_host)
            memcpy(host, data + i * PAGE_BYTES, part);
        else
            memcpy(data + i * PAGE_BYTES, host, part);
    }
    return NVME_SUCCESS;
}

static uint32_t identify_namespace(struct nvme_sim *sim, uint32_t nsid, void *page)
{
    const struct sim_namespace *namespace = namespace_find(sim, nsid);
    struct nvme_identify_namespace *data = page;
    if (namespace == nullptr)
        return NVME_SUCCESS; /* all zero: not active */
    data->nsze = namespace->blocks;
    data->nlbaf = 1;
    data->flbas = 1;
    data->nsattr = namespace->is_read_only;
    data->lbaf[1] = namespace->block_log2 << 16 | namespace->metadata;
    return NVME_SUCCESS;
}

static uint32_t identify_list(struct nvme_sim *sim, uint32_t *nsids)
{
    uint32_t count = 0;
    for (uint32_t nsid = 1; nsid < 100; nsid++)
        if (namespace_find(sim, nsid) != nullptr)
            nsids[count++] = nsid;
    if (sim->forges_list)
        nsids[count] = 1;
    return NVME_SUCCESS;
}

static uint32_t admin_identify_of(struct nvme_sim *sim, const struct nvme_command *command)
{
    void *page = fake_device_memory(command->prp1, NVME_IDENTIFY_BYTES);
    if (page == nullptr)
        return DMA_ERROR;
    memset(page, 0, NVME_IDENTIFY_BYTES);
    switch (command->cdw10 & 0xFF) {
    case NVME_CNS_CONTROLLER:
        memcpy(page, &sim->identity, sizeof(sim->identity));
        return NVME_SUCCESS;
    case NVME_CNS_NAMESPACE:
        return identify_namespace(sim, command->nsid, page);
    case NVME_CNS_ACTIVE_LIST:
        return identify_list(sim, page);
    default:
        return NVME_INVALID_FIELD;
    }
}

static uint32_t queue_create(struct nvme_sim *sim, const struct nvme_command *command)
{
    struct sim_queue *queue = &sim->queues[1];
    if ((command->cdw10 & 0xFFFF) != 1 || !(command->cdw11 & NVME_QUEUE_CONTIGUOUS))
        return NVME_INVALID_FIELD;
    queue->entries = (command->cdw10 >> 16) + 1;
    if ((command->opcode_cid & 0xFF) == NVME_CREATE_COMPLETION) {
        queue->completion = command->prp1;
        queue->put = 0;
        queue->phase = 1;
    } else {
        queue->submission = command->prp1;
        queue->head = queue->tail = 0;
    }
    return NVME_SUCCESS;
}

static void admin_execute(struct nvme_sim *sim, const struct nvme_command *command)
{
    uint32_t opcode = command->opcode_cid & 0xFF, cid = command->opcode_cid >> 16;
    uint32_t status = NVME_SUCCESS;
    switch (opcode) {
    case NVME_IDENTIFY:
        status = admin_identify_of(sim, command);
        break;
    case NVME_CREATE_COMPLETION:
    case NVME_CREATE_SUBMISSION:
        status = queue_create(sim, command);
        break;
    case NVME_SET_FEATURES:
    case NVME_GET_LOG_PAGE:
        break;
    case NVME_ASYNC_EVENT:
        sim->has_event_request = true;
        sim->event_cid = cid;
        return;
    default:
        status = NVME_INVALID_OPCODE;
    }
    answer(sim, 0, cid, sim->fail_opcode == opcode + 0x100 ? sim->fail_status : status, 0);
}

static uint32_t discard(struct nvme_sim *sim, const struct nvme_command *command, uint64_t blocks)
{
    const uint32_t *range = fake_device_memory(command->prp1, 16);
    if (range == nullptr || command->cdw10 != 0 || command->cdw11 != NVME_DSM_DEALLOCATE)
        return DMA_ERROR;
    uint64_t start;
    memcpy(&start, range + 2, sizeof(start));
    if (!is_range_inside(start, range[1], blocks))
        return NVME_LBA_OUT_OF_RANGE;
    sim->discarded += range[1];
    return NVME_SUCCESS;
}

static uint32_t io_execute_on(struct nvme_sim *sim, const struct nvme_command *command,
                              struct sim_namespace *namespace)
{
    uint64_t block = (uint64_t)command->cdw11 << 32 | command->cdw10;
    uint32_t opcode = command->opcode_cid & 0xFF, count = (command->cdw12 & 0xFFFF) + 1;
    if (opcode == NVME_FLUSH) {
        sim->flushes++;
        return NVME_SUCCESS;
    }
    if (opcode == NVME_DATASET_MANAGEMENT)
        return discard(sim, command, namespace->blocks);
    if (!is_range_inside(block, count, namespace->blocks))
        return NVME_LBA_OUT_OF_RANGE;
    uint64_t at = (block % SIM_BLOCKS) << namespace->block_log2;
    uint64_t bytes = (uint64_t)count << namespace->block_log2;
    if (opcode == NVME_WRITE_ZEROES) {
        sim->zeroed += count;
        return NVME_SUCCESS;
    }
    if (!is_range_inside(at, bytes, (uint64_t)SIM_BLOCKS << namespace->block_log2))
        return NVME_INTERNAL_ERROR;
    return data_move(command, namespace->data + at, bytes, opcode == NVME_READ);
}

static void io_execute(struct nvme_sim *sim, const struct nvme_command *command)
{
    struct sim_namespace *namespace = namespace_find(sim, command->nsid);
    uint64_t block = (uint64_t)command->cdw11 << 32 | command->cdw10;
    bool is_failing = sim->fail_status != 0 && sim->fail_opcode == (command->opcode_cid & 0xFF) &&
                      (sim->fail_block == UINT64_MAX || sim->fail_block == block);
    uint32_t status = is_failing             ? sim->fail_status
                      : namespace == nullptr ? (uint32_t)NVME_INVALID_NAMESPACE
                                             : io_execute_on(sim, command, namespace);
    answer(sim, 1, command->opcode_cid >> 16, status, 0);
}

static void doorbell(struct nvme_sim *sim, uint32_t queue_id, uint32_t tail)
{
    struct sim_queue *queue = &sim->queues[queue_id];
    sim->doorbells++;
    if (!(sim->csts & NVME_CSTS_RDY) || tail >= queue->entries)
        return;
    for (queue->tail = tail; queue->head != queue->tail; queue->head = (queue->head + 1) % queue->entries) {
        struct nvme_command command;
        const void *entry = fake_device_memory(queue->submission + queue->head * sizeof(command),
                                               sizeof(command));
        if (entry == nullptr)
            return;
        memcpy(&command, entry, sizeof(command));
        sim->fetched++;
        if (sim->is_deaf)
            continue;
        if (queue_id == 0)
            admin_execute(sim, &command);
        else
            io_execute(sim, &command);
    }
}

static void config_write(struct nvme_sim *sim, uint32_t value)
{
    bool was_on = sim->cc & NVME_CC_EN, is_on = value & NVME_CC_EN;
    sim->cc = value;
    if (!was_on && is_on && !sim->never_ready) {
        sim->queues[0] = (struct sim_queue){ sim->asq, sim->acq, (sim->aqa & 0xFFF) + 1, 0, 0, 0, 1 };
        sim->queues[1] = (struct sim_queue){};
        sim->csts = NVME_CSTS_RDY;
        sim->enables++;
    }
    if (!is_on && !sim->never_off) {
        sim->csts = 0;
        sim->held_count = 0;
        sim->has_event_request = false;
    }
    if (is_on && field32_get(value, NVME_CC_SHN) == NVME_CC_SHN_NORMAL) {
        sim->csts |= field32_set(0, NVME_CSTS_SHST, NVME_CSTS_SHST_COMPLETE);
        sim->shutdowns++;
    }
}

static uint64_t sim_read(void *context, uint32_t, uint32_t offset, uint32_t)
{
    struct nvme_sim *sim = context;
    switch (offset) {
    case NVME_CAP_LOW:
        return sim->cap_low;
    case NVME_CAP_HIGH:
        return sim->cap_high;
    case NVME_VS:
        return sim->version;
    case NVME_CC:
        return sim->cc;
    case NVME_CSTS:
        sim->status_reads++;
        return sim->csts;
    default:
        return 0;
    }
}

static void sim_write(void *context, uint32_t, uint32_t offset, uint32_t, uint64_t value)
{
    struct nvme_sim *sim = context;
    switch (offset) {
    case NVME_CC:
        config_write(sim, (uint32_t)value);
        break;
    case NVME_AQA:
        sim->aqa = (uint32_t)value;
        break;
    case NVME_ASQ:
        sim->asq = value;
        break;
    case NVME_ASQ + 4:
        sim->asq |= value << 32;
        break;
    case NVME_ACQ:
        sim->acq = value;
        break;
    case NVME_ACQ + 4:
        sim->acq |= value << 32;
        break;
    case NVME_DOORBELLS:
        doorbell(sim, 0, (uint32_t)value);
        break;
    case NVME_DOORBELLS + 8:
        doorbell(sim, 1, (uint32_t)value);
        break;
    default: /* heads of completion queues */
        break;
    }
}

static void sim_function_reset(void *context)
{
    struct nvme_sim *sim = context;
    sim->cc = sim->csts = 0;
    sim->held_count = 0;
    if (sim->function_resets_heal)
        sim->never_ready = sim->never_off = sim->is_deaf = false;
}

struct sim_namespace *nvme_sim_add(struct nvme_sim *sim, uint32_t nsid, uint64_t blocks, uint32_t block_log2)
{
    for (uint32_t i = 0; i < SIM_NAMESPACES; i++) {
        struct sim_namespace *namespace = &sim->namespaces[i];
        if (namespace->nsid != 0)
            continue;
        *namespace = (struct sim_namespace){ .nsid = nsid, .blocks = blocks, .block_log2 = block_log2 };
        namespace->data = calloc(SIM_BLOCKS, (size_t)1 << block_log2);
        return namespace;
    }
    return nullptr;
}

void nvme_sim_free(struct nvme_sim *sim)
{
    for (uint32_t i = 0; i < SIM_NAMESPACES; i++)
        free(sim->namespaces[i].data);
    memset(sim->namespaces, 0, sizeof(sim->namespaces));
}

void nvme_sim_init(struct nvme_sim *sim, bool has_iommu)
{
    *sim = (struct nvme_sim){
        .device = { .context = sim,
                    .read = sim_read,
                    .write = sim_write,
                    .reset = sim_function_reset,
                    .bar_bytes = { BAR_BYTES },
                    .irq = DEVICE_IRQ_MSIX,
                    .messages = 1,
                    .has_iommu = has_iommu },
        .cap_low = 1u << 24 | 1023, /* ready within 500 ms; 1024 entries */
        .cap_high = NVME_CAP_CSS_NVM,
        .version = NVME_VERSION(1, 4),
        .fail_block = UINT64_MAX,
        .identity = { .mdts = 7,
                      .oaes = NVME_EVENT_NAMESPACES,
                      .sqes = 0x66,
                      .cqes = 0x44,
                      .nn = 4,
                      .oncs = NVME_ONCS_DATASET_MANAGEMENT | NVME_ONCS_WRITE_ZEROES,
                      .vwc = 1 },
    };
    memset(sim->identity.serial, ' ', sizeof(sim->identity.serial));
    memset(sim->identity.model, ' ', sizeof(sim->identity.model));
    memcpy(sim->identity.serial, "S123", 4);
    memcpy(sim->identity.model,
           "Sim\x01"
           "disk",
           8);
    fake_config_put(&sim->device, 0, 4, 0x00101B36);
    fake_config_put(&sim->device, 4, 4, BIT32(20)); /* a list of capabilities */
    fake_config_put(&sim->device, 0x34, 1, 0x40);
    fake_config_capability(&sim->device, 0x40, 0x01, 0);
    (void)nvme_sim_add(sim, 1, 1u << 20, 9);
}
