/* SPDX-License-Identifier: MIT */

#include "life.h"

#include "admin.h"
#include "controller.h"
#include "io.h"

#include <sdk/block_device.h>
#include <sdk/cell.h>
#include <sdk/device.h>

#define SHUTDOWN_MS 1500u
#define EVENTS_MAX 100u /* of one instance: a controller that reports more is not listened to */

struct life {
    struct namespaces *namespaces;
    struct controller_limits limits;
    uint32_t events;
};

static struct life life;

/* From any state to empty queues. */
static enum status life_begin_queues(void)
{
    return controller_disable()
        ?: device_enable(DEVICE_DECODE | DEVICE_MASTER)
        ?: device_irq_enable(device_irq_cap(0))
        ?: admin_enable()
        ?: admin_set_feature(NVME_FEATURE_QUEUES, 0) /* one of each, less one */
        ?: io_start();
}

/* A controller without events works without them. */
static enum status life_listen(void)
{
    if (!life.namespaces->tells_changes || life.events >= EVENTS_MAX)
        return ST_OK;
    enum status status = admin_set_feature(NVME_FEATURE_EVENTS, NVME_EVENT_NAMESPACES);
    if (status == ST_OK)
        admin_request_event();
    return status == ST_TIMEOUT || status == ST_GONE ? status : ST_OK;
}

static enum status life_take_memory(void)
{
    return dma_open(cell_cap_find(CAP_DMA))
        ?: admin_init()
        ?: io_init(life.namespaces, life.limits.entries_max);
}

enum status life_begin(struct namespaces *namespaces)
{
    life.namespaces = namespaces;
    return block_device_wake()
        ?: controller_open(&life.limits)
        ?: life_take_memory()
        ?: life_begin_queues()
        ?: namespaces_find(namespaces, life.limits.version)
        ?: life_listen();
}

enum status life_restart(void)
{
    return life_begin_queues() ?: namespaces_refresh(life.namespaces) ?: life_listen();
}

enum status life_suspend(void)
{
    return controller_shutdown(SHUTDOWN_MS) ?: controller_disable();
}

void life_end(void)
{
    if (controller_shutdown(SHUTDOWN_MS) == ST_TIMEOUT)
        cell_log(LOG_WARN, "the controller does not finish its shutdown");
}

/* Not ST_OK: the controller does not answer any more. */
static enum status life_event(uint32_t event)
{
    life.events++;
    cell_log(LOG_INFO, "the controller reports event 0x%x", event);
    enum status status = admin_clear_log(field32_get(event, NVME_EVENT_LOG_PAGE));
    if (status == ST_TIMEOUT || status == ST_GONE)
        return status;
    /* A namespace that is new is found by the next instance: units are fixed. */
    return namespaces_refresh(life.namespaces) ?: life_listen();
}

void life_interrupt(uint64_t)
{
    uint32_t event;
    (void)io_collect();
    if (admin_take_event(&event) && life_event(event) != ST_OK)
        block_server_reset();
}
