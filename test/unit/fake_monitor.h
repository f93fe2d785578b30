/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <stddef.h>

/*
 * The monitor as the warden sees it: cells, edges and channels as records, a
 * clock that moves when told, an appliance file.  What a cell does when it runs
 * follows from its image, see fake_monitor.c.
 */
struct fake_cell {
    char name[CELL_NAME_BYTES];
    char image[CELL_NAME_BYTES];
    enum cell_state state;
    uint32_t epoch; /* 0: this id is free */
    uint32_t starts;
    bool is_stop_asked;
    uint32_t device; /* DEVICE_BDF + 1 */
    bool is_deaf;    /* does not stop when asked */
    bool is_in_call; /* a kill takes effect only when this ends */
    bool is_dying;
};

/* MON_CELL_FLIP of a text of FAKE_TEXT_BYTES, which the scanner refuses at offset 0. */
#define FAKE_TEXT_BYTES 0x2000u
struct fake_flip {
    uint32_t count; /* that went through */
    uint32_t id, bit;
    uint64_t offset;
    bool is_denied; /* not booted with faults=allow */
};

extern struct fake_cell fake_cells[CELL_MAX];
#define FAKE_DEVICES 8u
#define FAKE_CHANNELS 4u
extern struct device_record fake_devices[FAKE_DEVICES]; /* class_code 0: free */
extern struct channel_record fake_channel_records[FAKE_CHANNELS];
extern uint32_t fake_log_warnings;

extern bool fake_crashes_at_start; /* every "echo" started from now on */
extern uint64_t fake_timer;        /* in ms, like everything here */
extern uint32_t fake_log_errors;
extern char fake_log_last[256];
extern uint64_t fake_now_ms;
extern uint32_t fake_self_kills;
extern struct fake_flip fake_flip; /* the last one */
extern uint32_t fake_crash_image;  /* that crash records name, at FAKE_CRASH_OFFSET */

#define FAKE_WARDEN 1u     /* id of the warden */
#define FAKE_IMAGE 5u      /* has a symbol at FAKE_CRASH_OFFSET */
#define FAKE_TRAP_IMAGE 7u /* has a trap there */
#define FAKE_CRASH_OFFSET 0x1007u

/* An empty machine whose bundle holds `appliance` as "default" and `other` as "other". */
void fake_reset(const char *command_line, const char *appliance, const char *other);

/* A function of a class that a driver fits comes, or goes: then its driver has it until it ends. */
#define FAKE_DISK 0x010802u /* "disk", also by "slowdisk" */
#define FAKE_TOY 0x110000u  /* "toy" */
void fake_device_add(uint32_t bdf, uint32_t class_code);
void fake_device_remove(uint32_t bdf);

/* Lets every cell do what it does next; true: something happened. */
bool fake_cells_step(void);
struct fake_cell *fake_named(const char *name); /* null: none */
void fake_end(struct fake_cell *cell, enum cell_state state);

/* Links that are up from `client` to `server`, edges or channels. */
uint32_t fake_edges(const char *client, const char *server);
uint32_t fake_channels(const char *client, const char *server);
