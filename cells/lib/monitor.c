/* SPDX-License-Identifier: MIT */

/* Monitor calls as C functions.  Out parameters are written only on ST_OK. */

#include <sdk/monitor.h>

static_assert(MON_NULL == 0 && MON_WAIT == 1 && MON_NOTIFY == 2, "written out in monitor_call.S");

static uint64_t address_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static enum status status_of(struct monitor_result result)
{
    return (enum status)result.status;
}

/* Takes the value of a call that succeeded. */
static enum status value_of(struct monitor_result result, uint64_t *value)
{
    if (result.status == ST_OK)
        *value = result.value;
    return status_of(result);
}

static enum status value32_of(struct monitor_result result, uint32_t *value)
{
    if (result.status == ST_OK)
        *value = (uint32_t)result.value;
    return status_of(result);
}

enum status mon_state(enum cell_state state)
{
    return status_of(monitor_call(MON_STATE, state, 0, 0, 0, 0));
}

void mon_exit(enum status status)
{
    (void)monitor_call(MON_EXIT, status, 0, 0, 0, 0);
    __builtin_trap(); /* the call does not return; if it ever does, the instance must still end */
}

enum status mon_log(enum log_level level, const char *text, uint64_t bytes)
{
    return status_of(monitor_call(MON_LOG, level, address_of(text), bytes, 0, 0));
}

enum status mon_log_read(cap_handle log, uint64_t sequence, struct log_record *record, uint64_t *next)
{
    return value_of(monitor_call(MON_LOG_READ, log, sequence, address_of(record), 0, 0), next);
}

enum status mon_query(cap_handle cells, enum query_kind kind, uint64_t index, void *record, uint64_t bytes,
                      uint64_t *next)
{
    struct monitor_result result = monitor_call(MON_QUERY, cells, kind, index, address_of(record), bytes);
    /* A free index yields no record, yet says where to go on. */
    if (result.status == ST_OK || result.status == ST_EMPTY)
        *next = result.value;
    return status_of(result);
}

enum status mon_cell_create(cap_handle cells, const struct cell_create *create, uint32_t *id)
{
    return value32_of(monitor_call(MON_CELL_CREATE, cells, address_of(create), 0, 0, 0), id);
}

enum status mon_cell_start(cap_handle cells, uint32_t id)
{
    return status_of(monitor_call(MON_CELL_START, cells, id, 0, 0, 0));
}

enum status mon_cell_stop(cap_handle cells, uint32_t id)
{
    return status_of(monitor_call(MON_CELL_STOP, cells, id, 0, 0, 0));
}

enum status mon_cell_kill(cap_handle cells, uint32_t id)
{
    return status_of(monitor_call(MON_CELL_KILL, cells, id, 0, 0, 0));
}

enum status mon_cell_crash(cap_handle cells, uint32_t id, enum crash_reason reason)
{
    return status_of(monitor_call(MON_CELL_KILL, cells, id, reason, 0, 0));
}

enum status mon_cell_flip(cap_handle cells, uint32_t id, uint64_t text_offset, uint32_t bit)
{
    return status_of(monitor_call(MON_CELL_FLIP, cells, id, text_offset, bit, 0));
}

enum status mon_cell_set_state(cap_handle cells, uint32_t id, enum cell_state state)
{
    return status_of(monitor_call(MON_CELL_SET_STATE, cells, id, state, 0, 0));
}

enum status mon_cell_forget(cap_handle cells, uint32_t id)
{
    return status_of(monitor_call(MON_CELL_FORGET, cells, id, 0, 0, 0));
}

enum status mon_edge_link(cap_handle cells, uint32_t caller, uint32_t uses_index, uint32_t callee)
{
    return status_of(monitor_call(MON_EDGE_LINK, cells, caller, uses_index, callee, 0));
}

enum status mon_channel_link(cap_handle cells, uint32_t client, uint32_t uses_index, uint32_t server)
{
    return status_of(monitor_call(MON_CHANNEL_LINK, cells, client, uses_index, server, 0));
}

enum status mon_channel_close(uint32_t slot)
{
    return status_of(monitor_call(MON_CHANNEL_CLOSE, slot, 0, 0, 0, 0));
}

enum status mon_cap_derive(cap_handle handle, uint32_t rights, cap_handle *derived)
{
    return value_of(monitor_call(MON_CAP_DERIVE, handle, rights, 0, 0, 0), derived);
}

enum status mon_cap_grant(cap_handle handle, uint32_t cell, uint32_t rights, cap_handle *granted)
{
    return value_of(monitor_call(MON_CAP_GRANT, handle, cell, rights, 0, 0), granted);
}

enum status mon_cap_revoke(cap_handle handle)
{
    return status_of(monitor_call(MON_CAP_REVOKE, handle, 0, 0, 0, 0));
}

enum status mon_cap_revoke_any(cap_handle cells, cap_handle handle)
{
    return status_of(monitor_call(MON_CAP_REVOKE, cells, handle, 0, 0, 0));
}

/* Up to 8 bytes of `bytes`, the first lowest. */
static uint64_t word_of(const uint8_t *bytes, uint32_t count)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < count; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

enum status mon_port_write(cap_handle ports, uint32_t offset, const uint8_t *bytes, uint32_t count)
{
    if (count > 16)
        return ST_RANGE;
    uint32_t low = count < 8 ? count : 8;
    uint64_t first = word_of(bytes, low), second = word_of(bytes + low, count - low);
    return status_of(monitor_call(MON_PORT_WRITE, ports, offset, count, first, second));
}

enum status mon_port_read(cap_handle ports, uint32_t offset, uint8_t *byte)
{
    struct monitor_result result = monitor_call(MON_PORT_READ, ports, offset, 0, 0, 0);
    if (result.status == ST_OK)
        *byte = (uint8_t)result.value;
    return status_of(result);
}

enum status mon_port_drain(cap_handle ports, uint32_t data, uint32_t status_port, uint32_t mask,
                           uint8_t bytes[7], uint32_t *count)
{
    struct monitor_result result = monitor_call(MON_PORT_DRAIN, ports, data, status_port, mask, 7);
    if (result.status != ST_OK)
        return status_of(result);
    *count = (uint32_t)(result.value & 0xFF);
    for (uint32_t i = 0; i < 7; i++)
        bytes[i] = (uint8_t)(result.value >> (8 * (i + 1)));
    return ST_OK;
}

enum status mon_irq_ack(cap_handle irq)
{
    return status_of(monitor_call(MON_IRQ_ACK, irq, 0, 0, 0, 0));
}

enum status mon_entropy(cap_handle entropy, uint64_t *random)
{
    return value_of(monitor_call(MON_ENTROPY, entropy, 0, 0, 0, 0), random);
}

enum status mon_power(cap_handle power, enum power_action action)
{
    return status_of(monitor_call(MON_POWER, power, action, 0, 0, 0));
}

enum status mon_bundle_read(cap_handle cells, uint32_t entry, uint64_t offset, void *buffer, uint64_t bytes,
                            uint64_t *read)
{
    return value_of(monitor_call(MON_BUNDLE_READ, cells, entry, offset, address_of(buffer), bytes), read);
}

uint32_t mon_pci_read(cap_handle pci, uint32_t bdf, uint32_t offset)
{
    struct monitor_result result = monitor_call(MON_PCI_READ, pci, bdf, offset, 0, 0);
    return result.status == ST_OK ? (uint32_t)result.value : UINT32_MAX;
}

enum status mon_pci_write(cap_handle pci, uint32_t bdf, uint32_t offset, uint32_t value)
{
    return status_of(monitor_call(MON_PCI_WRITE, pci, bdf, offset, value, 0));
}

enum status mon_device_add(cap_handle pci, uint32_t bdf, uint32_t *index)
{
    return value32_of(monitor_call(MON_DEVICE_ADD, pci, bdf, 0, 0, 0), index);
}

enum status mon_device_remove(cap_handle pci, uint32_t bdf)
{
    return status_of(monitor_call(MON_DEVICE_REMOVE, pci, bdf, 0, 0, 0));
}

enum status mon_device_enable(cap_handle device, uint32_t what)
{
    return status_of(monitor_call(MON_DEVICE_ENABLE, device, what, 0, 0, 0));
}

enum status mon_device_reset(cap_handle device)
{
    return status_of(monitor_call(MON_DEVICE_RESET, device, 0, 0, 0, 0));
}

enum status mon_dma_address(cap_handle dma, uint64_t address, uint64_t *device_address)
{
    return value_of(monitor_call(MON_DMA_ADDRESS, dma, address, 0, 0, 0), device_address);
}
