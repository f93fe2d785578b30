/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The life of one hot-plug slot.  Pure: what the registers say and the time come
 * in, what to do comes out.  [PCI Express Base 3.0, 6.7.1]
 *
 *   EMPTY --card--> POWERING --answers--> ON --button--> ASKED_OFF --5 s--> RELEASING
 *     ^                |  ^               ^ ^----button----+                   |
 *     |             fault |               |                     driver ended, or 5 s
 *     |                v  +--5 s-- ASKED_ON <--button-- OFF <------------------+
 *     +---- card gone: from everywhere, at once ---------+
 */
#define SLOT_POLL_MS 100u
#define SLOT_ABORT_MS 5000u   /* a second press of the button in this time takes the first back */
#define SLOT_RELEASE_MS 5000u /* for the driver to end by itself */
#define SLOT_SETTLE_MS 100u   /* from link up to the first access [6.6.1] */
#define SLOT_READY_MS 2000u   /* from power on to an answer */

enum slot_state {
    SLOT_NONE = 0, /* the bridge has no hot-plug slot */
    SLOT_EMPTY,
    SLOT_OFF, /* a card without power */
    SLOT_ASKED_ON,
    SLOT_POWERING,
    SLOT_ON,
    SLOT_ASKED_OFF,
    SLOT_RELEASING,
};

struct slot {
    enum slot_state state;
    bool is_faulty;    /* the attention indicator says so */
    bool is_link_seen; /* POWERING: the link came up, settle_ms counts */
    uint64_t due_ms;   /* when the state's patience ends */
    uint64_t settle_ms;
    uint64_t command_due_ms; /* 0: no command is under way */
};

/* What can be seen of it. */
struct slot_view {
    bool is_present;
    bool is_link_up;   /* also when the port cannot say */
    bool is_pressed;   /* the rest since the last look */
    bool has_changed;  /* card or link went and came */
    bool has_swapped;  /* the card did */
    bool has_fault;    /* of power */
    bool is_answering; /* configuration space */
    bool is_driven;    /* some cell has a function of the card */
    bool is_leaving;   /* some cell still has a function of the card before */
};

enum slot_action {
    SLOT_NOTHING = 0,
    SLOT_ANNOUNCE, /* the card's functions */
    SLOT_RELEASE,  /* ask their drivers to end */
    SLOT_WITHDRAW, /* the functions: they go or are gone */
    SLOT_BROKEN,   /* say that the card does not come up */
};

enum slot_action slot_step(struct slot *slot, const struct slot_view *view, uint64_t now_ms);
bool slot_is_powered(enum slot_state state);
bool slot_is_blinking(enum slot_state state);
