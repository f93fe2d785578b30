/* SPDX-License-Identifier: MIT */

/*
 * What every driver offers besides its class.  A gate entry runs on its caller's
 * time, so it only notes what is wanted and wakes this cell's own thread.
 */

#include <rt/bits.h>
#include <sdk/cell.h>
#include <sdk/driver.h>
#include <sdk/fault.h>
#include <sdk/monitor.h>

#define POWER_LAST 3u /* D3hot */

struct driver {
    const struct driver_hooks *hooks;
    uint64_t fault_kind; /* to be committed; 0: none */
    uint64_t fault_address;
    uint32_t power;     /* state it is in */
    uint32_t power_aim; /* state it is to reach, if is_powering */
    bool is_powering;
    enum status power_result;
};

static struct driver driver;

void driver_init(const struct driver_hooks *hooks)
{
    driver.hooks = hooks;
}

/* ---- faults ---- */

/* The driver's own way to do it, if it has one, is nearer to the truth than the general one. */
static void driver_fault(uint64_t kind, uint64_t address)
{
    enum status status = ST_UNSUPPORTED;
    if (driver.hooks->fault != nullptr &&
        (kind == FAULT_RING || kind == FAULT_DMA || kind == FAULT_IRQ_STORM))
        status = driver.hooks->fault((enum fault_kind)kind);
    if (status == ST_UNSUPPORTED)
        fault_commit_logged(kind, address);
    else
        cell_log(LOG_INFO, FAULT_LOG_FORMAT, (uint32_t)kind, status_name(status));
}

static uint64_t driver_fault_later(uint64_t kind, uint64_t address)
{
    if (!fault_is_kind(kind))
        return ST_RANGE;
    if (driver.fault_kind != 0)
        return ST_BUSY;
    driver.fault_kind = kind;
    driver.fault_address = address;
    return mon_notify(0);
}

/* ---- power ---- */

static enum status (*driver_power_hook(void))(uint32_t state)
{
    return driver.hooks->power != nullptr ? driver.hooks->power : cell_operations->power;
}

/* The cell's state says what clients can expect: an answer now, or one after resume. */
static enum status driver_power_reached(uint32_t state)
{
    bool was_awake = driver.power == 0;
    bool is_awake = state == 0;
    driver.power = state;
    if (was_awake == is_awake)
        return ST_OK;
    return mon_state(is_awake ? CELL_RUNNING : CELL_SUSPENDED);
}

static void driver_power_step(uint64_t events)
{
    enum status status = driver_power_hook()(driver.power_aim);
    if (status == ST_AGAIN) {
        /* What it waits for may be in the events that are handled after this: then look again behind them. */
        if ((events & ~BIT64(EVENT_SELF)) != 0)
            (void)mon_notify(0);
        return;
    }
    driver.is_powering = false;
    driver.power_result = status == ST_OK ? driver_power_reached(driver.power_aim) : status;
}

static uint64_t driver_power_later(uint64_t state)
{
    if (state > POWER_LAST)
        return ST_RANGE;
    if (driver_power_hook() == nullptr)
        return ST_UNSUPPORTED;
    if (driver.is_powering)
        return ST_BUSY;
    driver.power_aim = (uint32_t)state;
    driver.is_powering = true;
    return mon_notify(0);
}

/* ---- both ---- */

uint64_t driver_events(uint64_t events)
{
    if (driver.fault_kind != 0) {
        uint64_t kind = driver.fault_kind;
        driver.fault_kind = 0;
        driver_fault(kind, driver.fault_address);
        if (kind == FAULT_STALL)
            return 0; /* it was told to stop */
    }
    if (driver.is_powering)
        driver_power_step(events);
    return events;
}

uint64_t driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t)
{
    switch (operation) {
    case DRIVER_FAULT:
        return driver_fault_later(a, b);
    case DRIVER_POWER:
        return driver_power_later(a);
    case DRIVER_RESULT:
        return driver.is_powering ? ST_BUSY : driver.power_result;
    case DRIVER_STATE:
        return driver.power;
    default:
        return ST_UNSUPPORTED;
    }
}
