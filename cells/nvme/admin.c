/* SPDX-License-Identifier: MIT */

#include "admin.h"

#include "controller.h"

#include <sdk/cell.h>
#include <sdk/device.h>

#define ADMIN_ENTRIES 16u
#define ADMIN_TIMEOUT_MS 5000u
#define ADMIN_SPIN_US 200u      /* an emulated controller answers within it */
#define ADMIN_CID_EVENT 0x8000u /* set in the identifier of a request for an event; the rest is a sequence */

struct admin {
    struct queue queue;
    struct dma_buffer page; /* what identify and log pages are read into */
    uint32_t sequence;      /* of the last command */
    uint32_t cid;           /* of the command waited for */
    uint32_t event_cid;     /* of the request for an event */
    uint32_t event;
    bool is_waiting, is_event_requested, is_event_here;
    uint32_t dw3, result; /* of the answer, once is_waiting is false */
};

static struct admin admin;

enum status status_of(uint32_t nvme_status)
{
    switch (nvme_status) {
    case NVME_SUCCESS:
        return ST_OK;
    case NVME_INVALID_OPCODE:
    case NVME_INVALID_FIELD:
        return ST_INVALID;
    case NVME_INTERNAL_ERROR:
        return ST_DEVICE;
    case NVME_INVALID_NAMESPACE:
        return ST_NOT_FOUND;
    case NVME_WRITE_PROTECTED:
    case NVME_READ_ONLY_RANGE:
        return ST_DENIED;
    case NVME_LBA_OUT_OF_RANGE:
        return ST_RANGE;
    default:
        return ST_IO;
    }
}

enum status admin_init(void)
{
    return queue_init(&admin.queue, 0, ADMIN_ENTRIES)
               ?: dma_take(NVME_IDENTIFY_BYTES, PAGE_BYTES, DMA_FROM_DEVICE, &admin.page);
}

enum status admin_enable(void)
{
    queue_reset(&admin.queue);
    admin.is_waiting = admin.is_event_requested = admin.is_event_here = false;
    return controller_enable(admin.queue.submission.device, admin.queue.completion.device, ADMIN_ENTRIES);
}

static void admin_completion(uint32_t dw3, uint32_t result)
{
    uint32_t cid = field32_get(dw3, NVME_DW3_CID);
    if (admin.is_waiting && cid == admin.cid) {
        admin.is_waiting = false;
        admin.dw3 = dw3;
        admin.result = result;
    } else if (admin.is_event_requested && cid == admin.event_cid) {
        admin.is_event_requested = false;
        admin.is_event_here = completion_status(dw3) == NVME_SUCCESS;
        admin.event = result;
    } /* else: late, twice or out of nothing */
}

/* Everything there is, but no more than a queue holds. */
static void admin_collect(void)
{
    uint32_t dw3, result;
    for (uint32_t i = 0; i < ADMIN_ENTRIES && queue_take(&admin.queue, &dw3, &result); i++)
        admin_completion(dw3, result);
    queue_acknowledge(&admin.queue);
}

static uint32_t admin_cid_next(void)
{
    admin.sequence = (admin.sequence + 1) % ADMIN_CID_EVENT;
    return admin.sequence;
}

static enum status admin_wait(void)
{
    uint64_t deadline = tsc_after_ms(ADMIN_TIMEOUT_MS);
    uint64_t spin_end = tsc_read() + tsc_from_ns(ADMIN_SPIN_US * 1000ul);
    for (;;) {
        uint64_t now = tsc_read();
        admin_collect();
        if (!admin.is_waiting)
            return status_of(completion_status(admin.dw3));
        if (now >= deadline)
            break;
        if (now < spin_end)
            continue;
        if (controller_is_broken())
            return ST_GONE;
        device_pause();
    }
    admin.is_waiting = false;
    return ST_TIMEOUT;
}

static enum status admin_command(struct nvme_command *command)
{
    admin.cid = admin_cid_next();
    admin.is_waiting = true;
    command->opcode_cid |= NVME_COMMAND(0, admin.cid);
    queue_put(&admin.queue, command);
    queue_ring(&admin.queue);
    return admin_wait();
}

enum status admin_identify(enum nvme_identify what, uint32_t nsid, void *to, uint64_t bytes)
{
    struct nvme_command command = {
        .opcode_cid = NVME_IDENTIFY,
        .nsid = nsid,
        .prp1 = admin.page.device,
        .cdw10 = what,
    };
    /* What a controller does not write is zero, not what it wrote before. */
    dma_fill(&admin.page, 0, 0, admin.page.bytes);
    enum status status = admin_command(&command);
    if (status == ST_OK)
        dma_copy_in(to, &admin.page, 0, bytes);
    return status;
}

enum status admin_set_feature(enum nvme_feature feature, uint32_t value)
{
    struct nvme_command command = {
        .opcode_cid = NVME_SET_FEATURES,
        .cdw10 = feature,
        .cdw11 = value,
    };
    return admin_command(&command);
}

enum status admin_create_queue(const struct queue *queue)
{
    uint32_t size = (queue->entries - 1) << 16 | queue->id;
    struct nvme_command completion = {
        .opcode_cid = NVME_CREATE_COMPLETION,
        .prp1 = queue->completion.device,
        .cdw10 = size,
        .cdw11 = NVME_QUEUE_CONTIGUOUS | NVME_QUEUE_INTERRUPTS, /* message 0 */
    };
    struct nvme_command submission = {
        .opcode_cid = NVME_CREATE_SUBMISSION,
        .prp1 = queue->submission.device,
        .cdw10 = size,
        .cdw11 = field32_set(NVME_QUEUE_CONTIGUOUS, NVME_QUEUE_COMPLETION, queue->id),
    };
    return admin_command(&completion) ?: admin_command(&submission);
}

enum status admin_clear_log(uint32_t page)
{
    struct nvme_command command = {
        .opcode_cid = NVME_GET_LOG_PAGE,
        .nsid = UINT32_MAX,
        .prp1 = admin.page.device,
        .cdw10 = field32_set(page, NVME_LOG_DWORDS, NVME_IDENTIFY_BYTES / 4 - 1),
    };
    return admin_command(&command);
}

void admin_request_event(void)
{
    admin.event_cid = ADMIN_CID_EVENT | admin_cid_next();
    admin.is_event_requested = true;
    struct nvme_command command = { .opcode_cid = NVME_COMMAND(NVME_ASYNC_EVENT, admin.event_cid) };
    queue_put(&admin.queue, &command);
    queue_ring(&admin.queue);
}

bool admin_take_event(uint32_t *event)
{
    admin_collect();
    *event = admin.event;
    bool is_here = admin.is_event_here;
    admin.is_event_here = false;
    return is_here;
}
