/* SPDX-License-Identifier: MIT */

#include "port.h"

#include "hba.h"

#include <sdk/cell.h>
#include <sdk/device.h>

#define PORT_STOP_MS 500u /* [AHCI 10.1.2] */
#define LINK_MS 1000u     /* from COMRESET to a link */
#define READY_MS 5000u    /* a disk may have to spin up first */
#define SPIN_US 200u      /* an emulated disk answers a command of ours within it */
#define RESET_US 1000u    /* COMRESET is held at least that long [AHCI 10.4.2] */

#define TROUBLE (AHCI_PXI_LINK | AHCI_PXI_ERRORS)
#define INTERRUPTS (AHCI_PXI_DHRS | AHCI_PXI_SDBS | TROUBLE)

static uint32_t port_read(const struct port *port, uint32_t offset)
{
    return mmio_read32(&port->registers, offset);
}

static void port_write(const struct port *port, uint32_t offset, uint32_t value)
{
    mmio_write32(&port->registers, offset, value);
}

enum status port_open(struct port *port)
{
    enum status status = mmio_part(&hba.registers, AHCI_PORT(port->number), AHCI_PORT_BYTES,
                                   &port->registers);
    return status == ST_OK ? ST_OK : ST_DEVICE;
}

enum status port_stop(struct port *port)
{
    port->issued = port->queued = port->fresh = port->trouble = 0;
    mmio_modify32(&port->registers, AHCI_PXCMD, AHCI_PXCMD_ST, 0);
    enum status status = mmio_wait32(&port->registers, AHCI_PXCMD, AHCI_PXCMD_CR, 0, PORT_STOP_MS);
    mmio_modify32(&port->registers, AHCI_PXCMD, AHCI_PXCMD_FRE, 0);
    return status ?: mmio_wait32(&port->registers, AHCI_PXCMD, AHCI_PXCMD_FR, 0, PORT_STOP_MS);
}

bool port_has_link(const struct port *port)
{
    return field32_get(port_read(port, AHCI_PXSSTS), AHCI_DET) == AHCI_DET_UP;
}

bool port_wake(const struct port *port)
{
    bool is_asleep = !(port_read(port, AHCI_PXCMD) & AHCI_PXCMD_SUD) ||
                     field32_get(port_read(port, AHCI_PXSCTL), AHCI_DET) != 0;
    mmio_modify32(&port->registers, AHCI_PXCMD, 0, AHCI_PXCMD_SUD | AHCI_PXCMD_POD | AHCI_PXCMD_ICC_ACTIVE);
    if (is_asleep)
        port_write(port, AHCI_PXSCTL, AHCI_PXSCTL_RUN);
    return is_asleep;
}

enum status port_init(struct port *port)
{
    return hba_memory(AHCI_LIST_BYTES, AHCI_LIST_ALIGN, DMA_TO_DEVICE, &port->list)
               ?: hba_memory(AHCI_FIS_BYTES, AHCI_FIS_BYTES, DMA_FROM_DEVICE, &port->fis);
}

/* Also takes back whatever the disk still believes it has to do. */
static enum status port_reset_link(struct port *port)
{
    (void)port_wake(port);
    port_write(port, AHCI_PXSCTL, AHCI_PXSCTL_RESET);
    uint64_t end = tsc_read() + tsc_from_ns(RESET_US * 1000ul);
    while (tsc_read() < end)
        device_pause();
    port_write(port, AHCI_PXSCTL, AHCI_PXSCTL_RUN);
    enum status status = mmio_wait32(&port->registers, AHCI_PXSSTS, AHCI_DET, AHCI_DET_UP, LINK_MS);
    return status == ST_TIMEOUT ? ST_NOT_FOUND : status;
}

enum status port_start(struct port *port)
{
    enum status status = port_stop(port) ?: port_reset_link(port);
    if (status != ST_OK)
        return status;
    mmio_write64(&port->registers, AHCI_PXCLB, port->list.device);
    mmio_write64(&port->registers, AHCI_PXFB, port->fis.device);
    port_write(port, AHCI_PXSERR, UINT32_MAX);
    mmio_modify32(&port->registers, AHCI_PXCMD, 0, AHCI_PXCMD_FRE);
    status = mmio_wait32(&port->registers, AHCI_PXTFD, AHCI_PXTFD_BSY | AHCI_PXTFD_DRQ, 0, READY_MS);
    if (status != ST_OK)
        return status;
    if (port_read(port, AHCI_PXSIG) != AHCI_SIGNATURE_ATA)
        return ST_UNSUPPORTED;
    port_write(port, AHCI_PXSERR, UINT32_MAX);
    port_write(port, AHCI_PXIS, UINT32_MAX);
    port_write(port, AHCI_PXIE, INTERRUPTS);
    mmio_modify32(&port->registers, AHCI_PXCMD, 0, AHCI_PXCMD_ST);
    return ST_OK;
}

void port_put(struct port *port, uint32_t slot, const struct command *command)
{
    dma_copy_out(&port->list, slot * sizeof(command->header), &command->header, sizeof(command->header));
    port->fresh |= BIT32(slot);
    if (command->is_queued)
        port->queued |= BIT32(slot);
}

void port_kick(struct port *port)
{
    if (port->fresh == 0)
        return;
    dma_for_device();
    if (port->queued & port->fresh)
        port_write(port, AHCI_PXSACT, port->queued & port->fresh);
    port_write(port, AHCI_PXCI, port->fresh);
    port->issued |= port->fresh;
    port->fresh = 0;
}

uint32_t port_done(const struct port *port)
{
    if (port->issued == 0)
        return 0;
    uint32_t active = port->queued != 0 ? port_read(port, AHCI_PXSACT) : port_read(port, AHCI_PXCI);
    dma_for_cpu();
    return port->issued & ~active;
}

void port_acknowledge(struct port *port)
{
    uint32_t reasons = port_read(port, AHCI_PXIS);
    port->trouble |= reasons & TROUBLE;
    if (reasons & AHCI_PXI_LINK)
        port_write(port, AHCI_PXSERR, UINT32_MAX); /* what holds the link's reasons up */
    port_write(port, AHCI_PXIS, reasons);
}

uint32_t port_trouble(const struct port *port)
{
    return port->trouble | (port_read(port, AHCI_PXIS) & TROUBLE);
}

/* An adapter that meets an error stops, and the command stays issued. */
static enum status port_wait_done(const struct port *port, uint32_t limit_ms)
{
    uint64_t deadline = tsc_after_ms(limit_ms);
    uint64_t spin_end = tsc_read() + tsc_from_ns(SPIN_US * 1000ul);
    for (;;) {
        uint64_t now = tsc_read();
        bool is_done = port_done(port) != 0;
        if (port_trouble(port) != 0)
            return ST_IO;
        if (is_done)
            return ST_OK;
        if (now >= deadline)
            return ST_TIMEOUT;
        if (now >= spin_end)
            device_pause();
    }
}

enum status port_run(struct port *port, const struct command *command, uint32_t limit_ms)
{
    ASSERT(port->issued == 0 && port->fresh == 0);
    port_put(port, 0, command);
    port_kick(port);
    enum status status = port_wait_done(port, limit_ms);
    port->issued = 0;
    /* What it has not finished it must not go on with. */
    return status == ST_OK ? ST_OK : (port_stop(port) ?: status);
}
