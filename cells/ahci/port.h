/* SPDX-License-Identifier: MIT */
#pragma once

#include "command.h"

#include <sdk/mmio.h>

/*
 * One port: its link, its command list, which slots the adapter works on.
 * [AHCI 3.3, 10.3]
 */
struct port {
    uint32_t number;
    struct mmio registers;
    struct dma_buffer list, fis;
    uint32_t issued;  /* bit n: slot n is the adapter's */
    uint32_t queued;  /* of those: with a queued command */
    uint32_t fresh;   /* filled, and to be issued by port_kick */
    uint32_t trouble; /* reasons for an interrupt that are acknowledged but not handled */
};

/* Finds the registers of `port->number`; ST_DEVICE: not in the adapter's. */
enum status port_open(struct port *port);
/* ST_OK: it touches no memory.  Issued commands are forgotten. */
enum status port_stop(struct port *port);
/* A device is there and talks; what kind says port_start. */
bool port_has_link(const struct port *port);
/* Lets a link come up that its owner had put to sleep or switched off -> whether it had. */
bool port_wake(const struct port *port);
/* Takes the memory.  Once. */
enum status port_init(struct port *port) GRANT_HOLDS(dma_grant);
/*
 * Resets link and disk and starts the stopped port, empty.  ST_NOT_FOUND: no
 * link; ST_UNSUPPORTED: no disk (ATAPI, port multiplier); ST_TIMEOUT, ST_GONE.
 */
enum status port_start(struct port *port);

/* Puts a command into a free slot; port_kick issues all that were put. */
void port_put(struct port *port, uint32_t slot, const struct command *command);
void port_kick(struct port *port);
/* Issued slots that the adapter is done with, all without or all with a queued command. */
uint32_t port_done(const struct port *port);
/* Acknowledges the reasons for an interrupt. */
void port_acknowledge(struct port *port);
/* Those of AHCI_PXI_ERRORS and AHCI_PXI_LINK there have been since port_start. */
uint32_t port_trouble(const struct port *port);

/* Runs one command of our own on a port without commands; sleeps. */
enum status port_run(struct port *port, const struct command *command, uint32_t limit_ms);
