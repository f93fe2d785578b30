/* SPDX-License-Identifier: MIT */
#pragma once

#include "cell.h"

/*
 * Channels: a shared domain with two rings and a pool between a client and a
 * server.  It outlives the server's instance (the next one finds the rings as
 * they were) and, until the server lets go, the client's.
 */
#define CHANNEL_MAX 128u

struct channel {
    struct channel_record is; /* but for what is in the rings at the moment */
    uint32_t uses;            /* manifest index of the client */
    struct domain *domain;
    uint32_t slot[2];     /* in the tables of client and server */
    cap_handle notify[2]; /* what client and server ring the other with */
};

void channel_init(void);
enum status channel_link(struct cell *client, uint32_t uses, struct cell *server, uint32_t *id);
enum status channel_close(struct cell *server, uint32_t slot);
void channel_cell_down(struct cell *cell);
uint32_t channel_count(void);
/* A channel waits for this server, or is in use by it. */
bool channel_is_served_by(uint32_t cell);
enum status channel_record(uint32_t id, struct channel_record *record);
