/* SPDX-License-Identifier: MIT */
#pragma once

#include "appliance.h"
#include "policy.h"

#include <abi/capability.h>
#include <abi/manifest.h>
#include <abi/monitor_call.h>

/*
 * The state of the warden.  Gate entries and the warden's own thread never run
 * at the same time, so it needs no locks.
 */
/* The cells of the appliance, the warden itself, then the instances of drivers. */
#define MEMBER_MAX (APPLIANCE_CELL_MAX + 1u)

#define STALL_LOOK_MS 250u   /* how often it is looked who answers nothing */
#define STALL_GRACE_MS 5000u /* beyond the operation timeout: a slow device, its own time limit and a reset */
#define RESTART_MEMORY_BYTES 4096u

/*
 *   DOWN --create--> CREATED --start--> STARTED --stop--> STOPPING
 *    ^                  |                  |                  |
 *    +------------------+------------------+------------------+   it ended
 */
enum member_phase {
    MEMBER_DOWN = 0, /* no instance; one is made at due_ms if wanted */
    MEMBER_CREATED,  /* loaded; waits for its providers */
    MEMBER_STARTED,
    MEMBER_STOPPING, /* asked to end; killed at due_ms */
};

/* How the present instance is to be ended.  KILLED: it ends once its thread is back from a call. */
enum member_end { END_NONE = 0, END_STOP, END_KILL, END_KILLED };

/* The last request of a user for a cell. */
struct request {
    bool is_busy;
    bool is_kill_cycle;
    uint32_t toggles; /* WARDEN_CYCLE: how often it still has to change between up and down */
    enum status result;
};

struct member {
    const struct appliance_cell *cell; /* null: the warden itself */
    struct manifest manifest;
    bool has_manifest;
    bool is_wanted;            /* should be up */
    bool is_stuck;             /* said in the log: a provider is missing */
    bool is_present;           /* of a driver: its function is there */
    bool is_seen;              /* ... in the look that is being taken */
    bool is_released;          /* ... but is to be let go: WARDEN_RELEASE */
    bool is_wanted_back;       /* ... was up when the function went */
    bool is_cyclic;            /* needs itself, directly or not: never started */
    bool is_patience_over;     /* CREATED: due_ms has passed, go without optional providers */
    uint32_t device;           /* DEVICE_BDF + 1 of a driver's function, 0: no driver */
    uint32_t restart_override; /* enum restart_policy + 1 that stands above the manifest's, 0: none */
    uint32_t id;               /* 0: the monitor does not know it */
    enum cell_state state;     /* as last seen */
    enum member_phase phase;
    enum member_end end;
    uint32_t rank; /* position in the start order */
    uint32_t operation_timeout_ms;
    uint64_t due_ms;
    struct policy policy;
    struct request request;
    enum status link_refusal;              /* of a use it cannot do without */
    uint64_t providers[MANIFEST_USES_MAX]; /* set of member indices, for each use */
    uint64_t linked[MANIFEST_USES_MAX];    /* those that need no link from us (any more) */
};

struct warden {
    cap_handle cells; /* CAP_CELLS */
    struct appliance appliance;
    struct member members[MEMBER_MAX];
    uint32_t member_count; /* the last one is the warden */
    uint8_t order[CELL_MAX];
    uint64_t stall_due_ms;
    bool is_wiring_stale;
    bool is_ending; /* a user wants the warden itself gone */
};

extern struct warden warden;

/* load.c: reads the appliance that the command line names, or the default one. */
enum status load_appliance(void);

/* driver.c: reads what the images of the drivers fit. */
void drivers_load(void);
/* driver.c: looks which functions came and went, and makes and retires drivers. */
void drivers_look(void);
/* driver.c: a cell that a former warden made for a function is a member again. */
void driver_adopt(const struct cell_record *record);
/* driver.c: whoever drives function `bdf` is to end. */
enum status driver_release(uint64_t bdf);

/* restart.c: the policy in force, and setting another; see WARDEN_POLICY. */
enum restart_policy member_restart(const struct member *member);
enum status restart_set(struct member *member, uint64_t restart);
uint64_t restart_get(const struct member *member);
uint32_t restart_recall(const char *name); /* -> restart_override */

/* stall.c: stops drivers that answer nothing. */
void stall_look(uint64_t now_ms);
uint64_t stall_due_ms(void); /* UINT64_MAX: no driver runs */

/* link.c: works out who serves whom and in which order cells start. */
void link_plan(void);
/* link.c: makes the edges and channels that are planned and possible now. */
void link_all(void);
/* link.c: member `index` has a new instance, so everything of it is to be linked again. */
void link_forget(uint32_t index);

/* member.c: the life of one cell. */
const char *member_name(const struct member *member);
struct member *member_find(const char *name); /* null: none */
bool member_is_down(const struct member *member);
bool member_is_running(const struct member *member);
void member_refresh(struct member *member);
bool member_step(struct member *member, uint64_t now_ms); /* true: something changed */
uint64_t member_due_ms(const struct member *member);      /* UINT64_MAX: waits for no time */
void member_aim(struct member *member, bool is_wanted, enum member_end end);
uint64_t warden_now_ms(void);

/* ready.c: may a created cell start? */
enum readiness { READY_WAIT = 0, READY_GO, READY_MISSING };
enum readiness member_readiness(const struct member *member, const char **interface);

/* place.c: where cell `id` crashed, as in " in name+0x12"; empty when that place has no name. */
#define PLACE_BYTES 100u
void place_of_crash(uint32_t id, char place[PLACE_BYTES]);

/* request.c: what a gate call asks for.  Called on a client's thread. */
uint64_t request_serve(uint64_t call, uint64_t a, uint64_t b, uint64_t c);
/* request.c: `member` is where it was sent; carries on with a cycle or ends the request. */
void request_reached(struct member *member);
void request_finish(struct member *member, enum status result);
