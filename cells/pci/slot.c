/* SPDX-License-Identifier: MIT */
#include "slot.h"

bool slot_is_powered(enum slot_state state)
{
    return state >= SLOT_POWERING;
}

bool slot_is_blinking(enum slot_state state)
{
    return state == SLOT_ASKED_ON || state == SLOT_POWERING || state == SLOT_ASKED_OFF ||
           state == SLOT_RELEASING;
}

static enum slot_action slot_go(struct slot *slot, enum slot_state state, uint64_t due_ms,
                                enum slot_action action)
{
    slot->state = state;
    slot->due_ms = due_ms;
    slot->is_link_seen = false;
    return action;
}

static enum slot_action slot_power(struct slot *slot, uint64_t now_ms, enum slot_action action)
{
    slot->is_faulty = false;
    return slot_go(slot, SLOT_POWERING, now_ms + SLOT_READY_MS, action);
}

static enum slot_action slot_fail(struct slot *slot, enum slot_action action)
{
    slot->is_faulty = true;
    return slot_go(slot, SLOT_OFF, 0, action);
}

static enum slot_action slot_step_off(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->has_swapped)
        return slot_power(slot, now_ms, SLOT_NOTHING);
    if (view->is_pressed)
        return slot_go(slot, SLOT_ASKED_ON, now_ms + SLOT_ABORT_MS, SLOT_NOTHING);
    return SLOT_NOTHING;
}

static enum slot_action slot_step_asked_on(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->is_pressed)
        return slot_go(slot, SLOT_OFF, 0, SLOT_NOTHING);
    return now_ms >= slot->due_ms ? slot_power(slot, now_ms, SLOT_NOTHING) : SLOT_NOTHING;
}

/* The press that comes with a card is the card's.  What is left of the one before has to go first. */
static enum slot_action slot_step_powering(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->has_fault)
        return slot_fail(slot, SLOT_BROKEN);
    if (view->is_leaving)
        return slot_power(slot, now_ms, SLOT_NOTHING);
    if (view->is_link_up && !slot->is_link_seen) {
        slot->is_link_seen = true;
        slot->settle_ms = now_ms + SLOT_SETTLE_MS;
    }
    if (slot->is_link_seen && now_ms >= slot->settle_ms && view->is_answering)
        return slot_go(slot, SLOT_ON, 0, SLOT_ANNOUNCE);
    return now_ms >= slot->due_ms ? slot_fail(slot, SLOT_BROKEN) : SLOT_NOTHING;
}

static enum slot_action slot_step_on(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->is_pressed)
        return slot_go(slot, SLOT_ASKED_OFF, now_ms + SLOT_ABORT_MS, SLOT_NOTHING);
    return SLOT_NOTHING;
}

static enum slot_action slot_step_asked_off(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->is_pressed)
        return slot_go(slot, SLOT_ON, 0, SLOT_NOTHING);
    if (now_ms < slot->due_ms)
        return SLOT_NOTHING;
    return slot_go(slot, SLOT_RELEASING, now_ms + SLOT_RELEASE_MS, SLOT_RELEASE);
}

static enum slot_action slot_step_releasing(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->is_driven && now_ms < slot->due_ms)
        return SLOT_NOTHING;
    return slot_go(slot, SLOT_OFF, 0, SLOT_WITHDRAW);
}

/* The card was in use, and is gone, another one, or has been reset behind our back. */
static enum slot_action slot_lost(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    if (view->has_fault)
        return slot_fail(slot, SLOT_WITHDRAW);
    return slot_power(slot, now_ms, SLOT_WITHDRAW);
}

enum slot_action slot_step(struct slot *slot, const struct slot_view *view, uint64_t now_ms)
{
    enum slot_state state = slot->state;
    if (!view->is_present) {
        slot->is_faulty = false;
        return slot_go(slot, SLOT_EMPTY, 0, slot_is_powered(state) ? SLOT_WITHDRAW : SLOT_NOTHING);
    }
    if (state >= SLOT_ON && (view->has_fault || view->has_changed || !view->is_link_up))
        return slot_lost(slot, view, now_ms);
    switch (state) {
    case SLOT_NONE:
        break;
    case SLOT_EMPTY:
        return slot_power(slot, now_ms, SLOT_NOTHING);
    case SLOT_OFF:
        return slot_step_off(slot, view, now_ms);
    case SLOT_ASKED_ON:
        return slot_step_asked_on(slot, view, now_ms);
    case SLOT_POWERING:
        return slot_step_powering(slot, view, now_ms);
    case SLOT_ON:
        return slot_step_on(slot, view, now_ms);
    case SLOT_ASKED_OFF:
        return slot_step_asked_off(slot, view, now_ms);
    case SLOT_RELEASING:
        return slot_step_releasing(slot, view, now_ms);
    }
    return SLOT_NOTHING;
}
