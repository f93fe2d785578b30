/* SPDX-License-Identifier: MIT */

#include "port.h"

#include <sdk/cell.h>
#include <sdk/device.h>

#define PORT_STOP_MS 500u /* [AHCI 10.1.2] */
#define LINK_MS 1000u     /* from COMRESET to a link */
#define READY_MS 5000u    /* a disk may have to spin up first */
#define SPIN_US 200u      /* an emulated disk answers a command of ours within it */
#define RESET_US 1000u    /* COMRESET is held at least that long [AHCI 10.4.2] */

MMIO_REGISTER_RW(port_status, AHCI_PXIS)
MMIO_REGISTER_RW(port_enable, AHCI_PXIE)
MMIO_REGISTER_RW(port_mode, AHCI_PXCMD)
MMIO_REGISTER_RO(port_task, AHCI_PXTFD)
MMIO_REGISTER_RO(port_signature, AHCI_PXSIG)
MMIO_REGISTER_RO(port_link, AHCI_PXSSTS)
MMIO_REGISTER_RW(port_link_control, AHCI_PXSCTL)
MMIO_REGISTER_RW(port_link_errors, AHCI_PXSERR)
MMIO_REGISTER_RW(port_active, AHCI_PXSACT)
MMIO_REGISTER_RW(port_issue, AHCI_PXCI)

#define TROUBLE (AHCI_PXI_LINK | AHCI_PXI_ERRORS)
#define INTERRUPTS (AHCI_PXI_DHRS | AHCI_PXI_SDBS | TROUBLE)

static enum status port_wait(const struct port *port, uint32_t offset, uint32_t mask, uint32_t wanted,
                             uint32_t limit_ms)
{
    return mmio_wait32(&port->registers, offset, mask, wanted, limit_ms);
}

enum status port_stop(struct port *port)
{
    port->issued = port->queued = port->fresh = port->trouble = 0;
    port_mode_modify(&port->registers, AHCI_PXCMD_ST, 0);
    enum status status = port_wait(port, AHCI_PXCMD, AHCI_PXCMD_CR, 0, PORT_STOP_MS);
    port_mode_modify(&port->registers, AHCI_PXCMD_FRE, 0);
    return status ?: port_wait(port, AHCI_PXCMD, AHCI_PXCMD_FR, 0, PORT_STOP_MS);
}

bool port_has_link(const struct port *port)
{
    return field32_get(port_link_read(&port->registers), AHCI_DET) == AHCI_DET_UP;
}

enum status port_init(struct port *port)
{
    return memory_take(AHCI_LIST_BYTES, AHCI_LIST_ALIGN, DMA_TO_DEVICE, &port->list)
               ?: memory_take(AHCI_FIS_BYTES, AHCI_FIS_BYTES, DMA_FROM_DEVICE, &port->fis);
}

/* Also takes back whatever the disk still believes it has to do. */
static enum status port_reset_link(struct port *port)
{
    port_mode_modify(&port->registers, 0, AHCI_PXCMD_SUD | AHCI_PXCMD_POD | AHCI_PXCMD_ICC_ACTIVE);
    port_link_control_write(&port->registers, AHCI_PXSCTL_RESET);
    uint64_t end = tsc_read() + tsc_from_ns(RESET_US * 1000ul);
    while (tsc_read() < end)
        device_pause();
    port_link_control_write(&port->registers, AHCI_PXSCTL_RUN);
    enum status status = port_wait(port, AHCI_PXSSTS, AHCI_DET, AHCI_DET_UP, LINK_MS);
    return status == ST_TIMEOUT ? ST_NOT_FOUND : status;
}

static enum status port_wait_ready(struct port *port)
{
    return port_wait(port, AHCI_PXTFD, AHCI_PXTFD_BSY | AHCI_PXTFD_DRQ, 0, READY_MS);
}

enum status port_start(struct port *port)
{
    const struct mmio *registers = &port->registers;
    enum status status = port_stop(port) ?: port_reset_link(port);
    if (status != ST_OK)
        return status;
    mmio_write64(registers, AHCI_PXCLB, port->list.device);
    mmio_write64(registers, AHCI_PXFB, port->fis.device);
    port_link_errors_write(registers, UINT32_MAX);
    port_mode_modify(registers, 0, AHCI_PXCMD_FRE);
    status = port_wait_ready(port);
    if (status != ST_OK)
        return status;
    if (port_signature_read(registers) != AHCI_SIGNATURE_ATA)
        return ST_UNSUPPORTED;
    port_link_errors_write(registers, UINT32_MAX);
    port_status_write(registers, UINT32_MAX);
    port_enable_write(registers, INTERRUPTS);
    port_mode_modify(registers, 0, AHCI_PXCMD_ST);
    return ST_OK;
}

void port_put(struct port *port, uint32_t slot, const struct port_command *command)
{
    uint64_t at = (uint64_t)slot * AHCI_HEADER_BYTES;
    uint32_t header = field32_set(0, AHCI_HEADER_CFL, sizeof(struct ata_fis) / 4);
    header = field32_set(header, AHCI_HEADER_PRDTL, command->pieces);
    dma_write32(&port->list, at, header | (command->is_write ? AHCI_HEADER_WRITE : 0u));
    dma_write32(&port->list, at + 4, 0);
    dma_write64(&port->list, at + AHCI_HEADER_TABLE, table_address(command->table));
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
        port_active_write(&port->registers, port->queued & port->fresh);
    port_issue_write(&port->registers, port->fresh);
    port->issued |= port->fresh;
    port->fresh = 0;
}

uint32_t port_done(const struct port *port)
{
    if (port->issued == 0)
        return 0;
    uint32_t active = port->queued != 0 ? port_active_read(&port->registers)
                                        : port_issue_read(&port->registers);
    dma_for_cpu();
    return port->issued & ~active;
}

void port_acknowledge(struct port *port)
{
    uint32_t reasons = port_status_read(&port->registers);
    port->trouble |= reasons & TROUBLE;
    if (reasons & AHCI_PXI_LINK)
        port_link_errors_write(&port->registers, UINT32_MAX); /* what holds the link's reasons up */
    port_status_write(&port->registers, reasons);
}

uint32_t port_trouble(const struct port *port)
{
    return port->trouble | (port_status_read(&port->registers) & TROUBLE);
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

enum status port_run(struct port *port, const struct port_command *command, uint32_t limit_ms)
{
    ASSERT(port->issued == 0 && port->fresh == 0);
    port_put(port, 0, command);
    port_kick(port);
    enum status status = port_wait_done(port, limit_ms);
    port->issued = 0;
    /* What it has not finished it must not go on with. */
    return status == ST_OK ? ST_OK : (port_stop(port) ?: status);
}
