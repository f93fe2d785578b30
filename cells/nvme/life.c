/* SPDX-License-Identifier: MIT */

#include "life.h"

#include "admin.h"
#include "controller.h"
#include "io.h"

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

static enum status power_up(void)
{
    return device_power() == 0 ? ST_OK : device_power_set(0);
}

/* From any state to empty queues. */
static enum status life_restart(void)
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
    return power_up()
        ?: device_enable(DEVICE_DECODE)
        ?: controller_open(&life.limits)
        ?: life_take_memory()
        ?: life_restart()
        ?: namespaces_find(namespaces, life.limits.version)
        ?: life_listen();
}

static enum status life_reset_function(void)
{
    cell_log(LOG_WARN, "the controller's own reset fails: resetting the function");
    return device_reset() ?: device_enable(DEVICE_DECODE) ?: life_restart();
}

enum status life_reset(void)
{
    namespaces_set_health(life.namespaces, BLOCK_HEALTH_RESETTING);
    enum status status = life_restart();
    if (status != ST_OK && !device_is_gone())
        status = life_reset_function();
    if (status == ST_OK)
        status = namespaces_refresh(life.namespaces) ?: life_listen();
    if (status != ST_OK)
        namespaces_set_health(life.namespaces, BLOCK_HEALTH_FAILED);
    return status;
}

enum status life_suspend(uint32_t state)
{
    return controller_shutdown(SHUTDOWN_MS) ?: controller_disable() ?: device_power_set(state);
}

enum status life_resume(void)
{
    return power_up()
        ?: device_enable(DEVICE_DECODE)
        ?: life_restart()
        ?: namespaces_refresh(life.namespaces)
        ?: life_listen();
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

void life_interrupt(void)
{
    uint32_t event;
    (void)io_collect();
    if (admin_take_event(&event) && life_event(event) != ST_OK)
        block_server_reset();
}
