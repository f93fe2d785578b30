/* SPDX-License-Identifier: MIT */
#include "port.h"

#include "config.h"
#include "function.h"
#include "registers.h"
#include "topology.h"

#include <abi/device.h>
#include <sdk/cell.h>

#define COMMAND_MS 1000u /* that a port may take for a command [6.7.3.2] */

static uint32_t port_read(const struct bridge *port, uint32_t offset)
{
    return config_read(port->bdf, port->express + offset);
}

static bool port_is_powered(uint32_t capabilities, uint32_t slot)
{
    return (capabilities & SLOT_HAS_POWER_CONTROLLER) == 0 || (slot & SLOT_POWER_OFF) == 0;
}

static bool port_has_card(uint32_t capabilities, uint32_t slot)
{
    bool is_open = (capabilities & SLOT_HAS_LATCH) != 0 && (slot & SLOT_LATCH_OPEN) != 0;
    return slot != UINT32_MAX && (slot & SLOT_PRESENT) != 0 && !is_open;
}

/* A former instance may have left it at any point; a request under way begins again. */
static enum slot_state port_state(const struct bridge *port, uint32_t capabilities, uint32_t slot)
{
    if (!port_has_card(capabilities, slot))
        return SLOT_EMPTY;
    if (!port_is_powered(capabilities, slot))
        return SLOT_OFF;
    if (!config_is_there(DEVICE_BDF(port->secondary, 0u, 0u)))
        return SLOT_EMPTY; /* powers it up from the beginning */
    bool is_blinking = (capabilities & SLOT_HAS_POWER_INDICATOR) != 0 &&
                       field32_get(slot, SLOT_POWER_INDICATOR) == INDICATOR_BLINK;
    return is_blinking ? SLOT_ASKED_OFF : SLOT_ON;
}

/* What the state asks for, in the fields that this port has. */
static uint32_t port_control(const struct slot *slot)
{
    uint32_t indicator = slot_is_blinking(slot->state)  ? INDICATOR_BLINK
                         : slot_is_powered(slot->state) ? INDICATOR_ON
                                                        : INDICATOR_OFF;
    uint32_t control = slot_is_powered(slot->state) ? 0 : SLOT_POWER_OFF;
    control = field32_set(control, SLOT_POWER_INDICATOR, indicator);
    return field32_set(control, SLOT_ATTENTION_INDICATOR, slot->is_faulty ? INDICATOR_ON : INDICATOR_OFF);
}

static uint32_t port_control_mask(uint32_t capabilities)
{
    return ((capabilities & SLOT_HAS_POWER_CONTROLLER) != 0 ? SLOT_POWER_OFF : 0) |
           ((capabilities & SLOT_HAS_POWER_INDICATOR) != 0 ? SLOT_POWER_INDICATOR : 0) |
           ((capabilities & SLOT_HAS_ATTENTION_INDICATOR) != 0 ? SLOT_ATTENTION_INDICATOR : 0);
}

/*
 * Any write is a command, and the next one has to wait until it completes; so
 * events are cleared and power and indicators set by one.  Interrupts stay off.
 */
static void port_write(struct bridge *port, uint32_t capabilities, uint32_t seen, uint64_t now_ms)
{
    uint32_t control = port_control(&port->slot);
    bool is_due = ((control ^ seen) & port_control_mask(capabilities)) != 0;
    if (!is_due && (seen & SLOT_EVENTS) == 0)
        return;
    uint32_t clear = seen & (SLOT_EVENTS | SLOT_COMMAND_COMPLETED);
    enum status status = config_write(port->bdf, port->express + EXPRESS_SLOT_CONTROL, control | clear);
    if (status != ST_OK)
        cell_log(LOG_ERROR, "slot of " BDF_FORMAT ": %s", BDF_WORDS(port->bdf), status_name(status));
    port->slot.command_due_ms = (capabilities & SLOT_COMPLETES_SILENTLY) != 0 ? 0 : now_ms + COMMAND_MS;
}

/* The link is read before the slot: the event of a link that is seen up is then among those seen. */
static struct slot_view port_view(const struct bridge *port, uint32_t capabilities, bool is_link_up,
                                  uint32_t slot)
{
    bool has_power_controller = (capabilities & SLOT_HAS_POWER_CONTROLLER) != 0;
    enum function_use use = functions_use(port);
    return (struct slot_view){
        .is_present = port_has_card(capabilities, slot),
        .is_link_up = is_link_up,
        .is_pressed = (slot & SLOT_BUTTON_PRESSED) != 0,
        .has_changed = (slot & (SLOT_PRESENCE_CHANGED | SLOT_LINK_CHANGED)) != 0,
        .has_swapped = (slot & SLOT_PRESENCE_CHANGED) != 0,
        .has_fault = has_power_controller && (slot & SLOT_POWER_FAULT) != 0,
        .is_answering = config_is_there(DEVICE_BDF(port->secondary, 0u, 0u)),
        .is_driven = use == FUNCTIONS_DRIVEN || use == FUNCTIONS_LEAVING,
        .is_leaving = use == FUNCTIONS_LEAVING,
    };
}

static void port_act(const struct bridge *port, enum slot_action action)
{
    uint32_t number = field32_get(port_read(port, EXPRESS_SLOT_CAPABILITIES), SLOT_NUMBER);
    switch (action) {
    case SLOT_NOTHING:
        break;
    case SLOT_ANNOUNCE:
        cell_log(LOG_INFO, "slot %u (" BDF_FORMAT "): a card has come", number, BDF_WORDS(port->bdf));
        topology_scan_behind(port);
        break;
    case SLOT_RELEASE:
        cell_log(LOG_INFO, "slot %u (" BDF_FORMAT "): its card is to go", number, BDF_WORDS(port->bdf));
        functions_release(port);
        break;
    case SLOT_WITHDRAW:
        cell_log(LOG_INFO, "slot %u (" BDF_FORMAT "): its card is gone", number, BDF_WORDS(port->bdf));
        functions_withdraw(port);
        topology_forget_behind(port);
        break;
    case SLOT_BROKEN:
        cell_log(LOG_WARN, "slot %u (" BDF_FORMAT "): not used: the card does not come up", number,
                 BDF_WORDS(port->bdf));
        break;
    }
}

bool port_open(struct bridge *port)
{
    port->slot = (struct slot){ .state = SLOT_NONE };
    if (!port->is_port || (config_read(port->bdf, port->express) & EXPRESS_HAS_SLOT) == 0)
        return false;
    uint32_t capabilities = port_read(port, EXPRESS_SLOT_CAPABILITIES);
    if (capabilities == UINT32_MAX || (capabilities & SLOT_HAS_HOT_PLUG) == 0)
        return false;
    uint32_t seen = port_read(port, EXPRESS_SLOT_CONTROL);
    /* A firmware that keeps hot-plug to itself may leave the slot's registers telling tales. */
    if (!port_has_card(capabilities, seen) && config_is_there(DEVICE_BDF(port->secondary, 0u, 0u))) {
        cell_log(LOG_INFO, "slot of " BDF_FORMAT ": not watched: it says that it is empty, and is not",
                 BDF_WORDS(port->bdf));
        return false;
    }
    port->slot.state = port_state(port, capabilities, seen);
    /* Events of a card that is in use are old news; those of one that is not say that it is new. */
    if (slot_is_powered(port->slot.state))
        port_write(port, capabilities, seen & ~SLOT_BUTTON_PRESSED, 0);
    return true;
}

void port_poll(struct bridge *port, uint64_t now_ms)
{
    uint32_t capabilities = port_read(port, EXPRESS_SLOT_CAPABILITIES);
    bool is_reporting = (port_read(port, EXPRESS_LINK_CAPABILITIES) & LINK_REPORTS_ACTIVE) != 0;
    bool is_link_up = !is_reporting || (port_read(port, EXPRESS_LINK) & LINK_ACTIVE) != 0;
    uint32_t seen = port_read(port, EXPRESS_SLOT_CONTROL);
    bool is_busy = (seen & SLOT_COMMAND_COMPLETED) == 0 && now_ms < port->slot.command_due_ms;
    if (is_busy)
        return; /* what happened stays set until the next look */
    port->slot.command_due_ms = 0;
    struct slot_view view = port_view(port, capabilities, is_link_up, seen);
    port_act(port, slot_step(&port->slot, &view, now_ms));
    if (seen != UINT32_MAX)
        port_write(port, capabilities, seen, now_ms);
}
