/* SPDX-License-Identifier: MIT */
/*
 * Monitor calls: each decodes and checks everything first, then acts, and
 * acting cannot fail.  ST_OK is 0, so steps are joined by ?: and end with the
 * first that fails.  Contracts: abi/monitor_call.h.
 */
#include "call.h"

#include "bundle.h"
#include "cap.h"
#include "channel.h"
#include "cpu.h"
#include "device.h"
#include "edge.h"
#include "fault.h"
#include "irq.h"
#include "log.h"
#include "monitor.h"
#include "query.h"
#include "random.h"

#include <rt/bits.h>
#include <rt/text.h>

#define PORT_WRITE_BYTES_MAX 16u
#define PORT_DRAIN_BYTES_MAX 7u
#define BUNDLE_READ_BYTES_MAX KIB(64)

static struct monitor_result result(enum status status)
{
    return (struct monitor_result){ .status = status };
}

static struct monitor_result result_value(enum status status, uint64_t value)
{
    return (struct monitor_result){ .status = status, .value = status == ST_OK ? value : 0 };
}

static enum status unless(bool is_fine, enum status status)
{
    return is_fine ? ST_OK : status;
}

static struct cell *caller(void)
{
    struct cell *cell = arch_caller();
    cell->calls++;
    return cell;
}

static struct cell *cell_of(uint64_t id)
{
    return id < CELL_MAX ? cell_at((uint32_t)id) : nullptr;
}

/* The capability if the caller holds it with these rights. */
static enum status caller_cap(uint64_t handle, enum capability_type type, uint32_t rights,
                              const struct cap **cap)
{
    return cap_find(caller()->id, handle, type, rights, cap);
}

/* The same of one of two types. */
static enum status caller_either(uint64_t handle, enum capability_type one, enum capability_type other,
                                 uint32_t rights, const struct cap **cap)
{
    enum status status = caller_cap(handle, one, rights, cap);
    return status == ST_HANDLE ? caller_cap(handle, other, rights, cap) : status;
}

/* The same when it says no more than that the caller may. */
static enum status caller_may(uint64_t handle, enum capability_type type, uint32_t rights)
{
    const struct cap *cap;
    return caller_cap(handle, type, rights, &cap);
}

/* The cell `id`, if `handle` lets the caller control it. */
static enum status caller_target(uint64_t handle, uint64_t id, struct cell **target)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_CELLS, RIGHT_CONTROL, &cap);
    if (status != ST_OK)
        return status;
    *target = cell_of(id);
    return unless(cap->is.base == 0 || cap->is.base == id, ST_DENIED)
               ?: unless(*target != nullptr, ST_NOT_FOUND);
}

/* The same if an instance of it is up. */
static enum status caller_instance(uint64_t handle, uint64_t id, struct cell **target)
{
    return caller_target(handle, id, target) ?: unless(cell_is_up(*target), ST_STATE);
}

static enum status caller_port(uint64_t handle, uint32_t rights, uint64_t offset, uint16_t *port)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_PORTS, rights, &cap);
    if (status != ST_OK)
        return status;
    *port = (uint16_t)(cap->is.base + offset);
    return unless(offset < cap->is.size, ST_RANGE);
}

/* --- itself ----------------------------------------------------------------------------------- */

static struct monitor_result call_null(word, word, word, word, word)
{
    return (struct monitor_result){};
}

static struct monitor_result call_wait(word deadline, word, word, word, word)
{
    if (caller() != sched_current())
        return result(ST_STATE); /* somebody else's thread, in a gate entry */
    uint64_t events = 0;
    (void)sched_wait(deadline, &events);
    return result_value(ST_OK, events);
}

static struct monitor_result call_notify(word handle, word, word, word, word)
{
    struct cell *cell = caller();
    if (handle == 0) {
        sched_notify(cell, BIT64(EVENT_SELF));
        return result(ST_OK);
    }
    const struct cap *cap;
    enum status status = cap_find(cell->id, handle, CAP_NOTIFY, RIGHT_WRITE, &cap);
    if (status != ST_OK)
        return result(status);
    struct cell *peer = cell_at((uint32_t)cap->is.base);
    if (peer == nullptr || peer->thread.state == THREAD_NONE)
        return result(ST_GONE);
    sched_notify(peer, BIT64(cap->is.size));
    return result(ST_OK);
}

static struct monitor_result call_state(word state, word, word, word, word)
{
    struct cell *cell = caller();
    if (state != CELL_GRANTED && state != CELL_PROBING && state != CELL_RUNNING && state != CELL_SUSPENDED)
        return result(ST_INVALID);
    enum status status = cell_set_state(cell, (enum cell_state)state);
    if (status == ST_OK && state == CELL_RUNNING && text_equal(cell->name, "shell"))
        query_prompt_reached();
    return result(status);
}

static struct monitor_result call_exit(word status, word, word, word, word)
{
    struct cell *cell = caller();
    if (cell != sched_current())
        return result(ST_STATE);
    cell->exit_status = (uint32_t)status;
    cell_end(cell, status == ST_OK ? CELL_STOPPED : CELL_FAILED);
    return result(ST_OK); /* to nobody: the thread is gone */
}

/* --- log, random numbers, power --------------------------------------------------------------- */

static struct monitor_result call_log(word level, word text, word bytes, word, word)
{
    struct cell *cell = caller();
    char copy[LOG_TEXT_BYTES + 1] = {};
    enum status status = unless(level < LOG_LEVEL_COUNT && bytes < sizeof copy, ST_RANGE)
                             ?: cell_copy_in(cell, copy, text, bytes);
    if (status == ST_OK)
        log_write((enum log_level)level, cell->id, "%s", copy);
    return result(status);
}

static struct monitor_result call_log_read(word handle, word sequence, word buffer, word, word)
{
    struct log_record record;
    uint64_t next = 0;
    enum status status = caller_may(handle, CAP_LOG, RIGHT_READ) ?: log_read(sequence, &record, &next)
        ?: cell_copy_out(arch_caller(), buffer, &record, sizeof record);
    return result_value(status, next);
}

static struct monitor_result call_entropy(word handle, word, word, word, word)
{
    enum status status = caller_may(handle, CAP_ENTROPY, RIGHT_READ);
    return result_value(status, status == ST_OK ? random_u64() : 0);
}

static struct monitor_result call_power(word handle, word action, word, word, word)
{
    enum status status = caller_may(handle, CAP_POWER, RIGHT_WRITE)
                             ?: unless(action == POWER_OFF || action == POWER_RESET, ST_INVALID);
    if (status != ST_OK)
        return result(status);
    arch_power((enum power_action)action);
}

/* --- observing -------------------------------------------------------------------------------- */

static struct monitor_result call_query(word handle, word kind, word index, word buffer, word bytes)
{
    union query_record record;
    uint64_t size = 0;
    enum status status = caller_may(handle, CAP_CELLS, RIGHT_OBSERVE)
        ?: unless(kind < QUERY_KIND_COUNT, ST_INVALID)
        ?: query((enum query_kind)kind, index, &record, &size)
        ?: unless(size == bytes, ST_INVALID)
        ?: cell_copy_out(arch_caller(), buffer, &record, size);
    return (struct monitor_result){ status, status == ST_OK || status == ST_EMPTY ? index + 1 : 0 };
}

static struct monitor_result call_bundle_read(word handle, word index, word offset, word buffer, word bytes)
{
    enum status status = caller_may(handle, CAP_CELLS, RIGHT_OBSERVE);
    if (status != ST_OK)
        return result(status);
    const struct bundle_header *bundle = monitor_bundle();
    if (index >= bundle->count || bundle->entries[index].bytes < offset)
        return result(ST_RANGE);
    const struct bundle_entry *entry = &bundle->entries[index];
    uint64_t part = u64_min(u64_min(bytes, BUNDLE_READ_BYTES_MAX), entry->bytes - offset);
    const uint8_t *payload = bundle_payload(bundle, entry);
    return result_value(cell_copy_out(arch_caller(), buffer, payload + offset, part), part);
}

/* --- controlling cells ------------------------------------------------------------------------ */

static struct monitor_result call_cell_create(word handle, word request, word, word, word)
{
    const struct cap *cap;
    struct cell_create create;
    uint32_t id = 0;
    enum status status = caller_cap(handle, CAP_CELLS, RIGHT_CONTROL, &cap)
        ?: unless(cap->is.base == 0, ST_DENIED)
        ?: cell_copy_in(arch_caller(), &create, request, sizeof create)
        ?: cell_create(&create, &id);
    return result_value(status, id);
}

static struct monitor_result call_cell_start(word handle, word id, word, word, word)
{
    struct cell *target;
    return result(caller_target(handle, id, &target) ?: cell_start(target));
}

static struct monitor_result call_cell_stop(word handle, word id, word, word, word)
{
    struct cell *target;
    enum status status = caller_instance(handle, id, &target);
    if (status == ST_OK)
        sched_notify(target, BIT64(EVENT_STOP));
    return result(status);
}

static struct monitor_result call_cell_kill(word handle, word id, word reason, word, word)
{
    struct cell *target;
    enum status status = caller_instance(handle, id, &target)
                             ?: unless(reason == CRASH_NONE ||
                                           (reason >= CRASH_LIMIT && reason < CRASH_REASON_COUNT),
                                       ST_INVALID);
    if (status == ST_OK && reason == CRASH_NONE)
        cell_end(target, CELL_STOPPED);
    else if (status == ST_OK)
        fault_stop(target, (enum crash_reason)reason);
    return result(status);
}

static struct monitor_result call_cell_flip(word handle, word id, word offset, word bit, word)
{
    struct cell *target;
    return result(caller_instance(handle, id, &target) ?: unless(monitor_boot()->faults != 0, ST_DENIED)
        ?: cell_flip(target, offset, (uint32_t)bit));
}

static struct monitor_result call_cell_set_state(word handle, word id, word state, word, word)
{
    struct cell *target;
    return result(caller_target(handle, id, &target)
        ?: unless(state == CELL_RESTARTING || state == CELL_FAILED, ST_INVALID)
        ?: unless(!cell_is_up(target), ST_STATE)
        ?: cell_set_state(target, (enum cell_state)state));
}

static struct monitor_result call_cell_forget(word handle, word id, word, word, word)
{
    struct cell *target;
    return result(caller_target(handle, id, &target) ?: cell_forget(target));
}

typedef enum status link_function(struct cell *from, uint32_t uses, struct cell *to, uint32_t *id);

static struct monitor_result call_link(word handle, word from, word uses, word to, link_function *link)
{
    struct cell *user, *provider;
    uint32_t id = 0;
    enum status status = caller_target(handle, from, &user) ?: caller_target(handle, to, &provider)
        ?: unless(uses < MANIFEST_USES_MAX, ST_RANGE)
        ?: link(user, (uint32_t)uses, provider, &id);
    return result_value(status, id);
}

static struct monitor_result call_edge_link(word handle, word from, word uses, word to, word)
{
    return call_link(handle, from, uses, to, edge_link);
}

static struct monitor_result call_channel_link(word handle, word from, word uses, word to, word)
{
    return call_link(handle, from, uses, to, channel_link);
}

static struct monitor_result call_channel_close(word slot, word, word, word, word)
{
    struct cell *cell = caller();
    return result(slot < CHANNEL_SLOTS ? channel_close(cell, (uint32_t)slot) : ST_RANGE);
}

/* --- capabilities ----------------------------------------------------------------------------- */

static struct monitor_result call_cap_derive(word handle, word rights, word, word, word)
{
    uint32_t cell = caller()->id;
    cap_handle derived = 0;
    enum status status = unless(rights <= RIGHT_ALL, ST_RANGE)
                             ?: cap_derive(cell, handle, cell, (uint32_t)rights, &derived);
    return result_value(status, derived);
}

static struct monitor_result call_cap_grant(word handle, word to, word rights, word, word)
{
    uint32_t cell = caller()->id;
    const struct cell *target = cell_of(to);
    cap_handle granted = 0;
    enum status status = unless(target != nullptr && cell_is_up(target), ST_NOT_FOUND)
        ?: unless(rights <= RIGHT_ALL, ST_RANGE)
        ?: cap_derive(cell, handle, target->id, (uint32_t)rights, &granted);
    return result_value(status, granted);
}

static struct monitor_result call_cap_revoke(word handle, word other, word, word, word)
{
    if (other == 0)
        return result(cap_revoke(caller()->id, handle));
    return result(caller_may(handle, CAP_CELLS, RIGHT_CONTROL) ?: cap_revoke(CAP_ANY_OWNER, other));
}

/* --- ports and interrupts --------------------------------------------------------------------- */

static struct monitor_result call_port_write(word handle, word offset, word count, word low, word high)
{
    uint16_t port = 0;
    enum status status = caller_port(handle, RIGHT_WRITE, offset, &port)
                             ?: unless(count <= PORT_WRITE_BYTES_MAX, ST_RANGE);
    for (uint64_t i = 0; i < count && status == ST_OK; i++)
        arch_port_write(port, (uint8_t)((i < 8 ? low : high) >> (i % 8 * 8)));
    return result(status);
}

static struct monitor_result call_port_read(word handle, word offset, word, word, word)
{
    uint16_t port = 0;
    enum status status = caller_port(handle, RIGHT_READ, offset, &port);
    return result_value(status, status == ST_OK ? arch_port_read(port) : 0);
}

static struct monitor_result call_port_drain(word handle, word data, word status_offset, word mask,
                                             word limit)
{
    uint16_t data_port = 0;
    uint16_t status_port = 0;
    enum status status = caller_port(handle, RIGHT_READ, data, &data_port)
        ?: caller_port(handle, RIGHT_READ, status_offset, &status_port)
        ?: unless(limit <= PORT_DRAIN_BYTES_MAX, ST_RANGE);
    uint64_t value = 0;
    for (uint64_t i = 0; i < limit && status == ST_OK && (arch_port_read(status_port) & mask) != 0; i++) {
        value |= (uint64_t)arch_port_read(data_port) << ((i + 1) * 8);
        value++;
    }
    return result_value(status, value);
}

static struct monitor_result call_irq_ack(word handle, word, word, word, word)
{
    const struct cap *cap;
    enum status status = caller_either(handle, CAP_IRQ, CAP_DEVICE_IRQ, RIGHT_READ, &cap)
                             ?: unless(cap->slot != CAP_SLOT_NONE, ST_UNSUPPORTED); /* no event of its own */
    if (status != ST_OK)
        return result(status);
    if (cap->is.type == CAP_IRQ && cap->is.base == SERIAL_IRQ_LINE)
        log_echo(0); /* a console cell drives the serial port from here on */
    irq_acknowledge(arch_caller(), cap->slot);
    return result(ST_OK);
}

/* --- devices ---------------------------------------------------------------------------------- */

/* Which function's configuration space `handle` is about; the holder of CAP_PCI says which. */
static enum status caller_config(uint64_t handle, uint32_t rights, bool *is_bus, uint64_t *bdf)
{
    const struct cap *cap;
    enum status status = caller_either(handle, CAP_PCI, CAP_DEVICE, rights, &cap);
    if (status != ST_OK)
        return status;
    *is_bus = cap->is.type == CAP_PCI;
    *bdf = *is_bus ? *bdf : cap->is.base;
    return unless(*bdf <= UINT16_MAX, ST_RANGE);
}

static enum status config_offset(word offset)
{
    return unless(offset < PAGE_BYTES && is_aligned(offset, sizeof(uint32_t)), ST_RANGE);
}

static struct monitor_result call_pci_read(word handle, word bdf, word offset, word, word)
{
    bool is_bus;
    enum status status = caller_config(handle, RIGHT_READ, &is_bus, &bdf) ?: config_offset(offset);
    return result_value(status, status == ST_OK ? device_config_read((uint32_t)bdf, (uint32_t)offset) : 0);
}

static struct monitor_result call_pci_write(word handle, word bdf, word offset, word value, word)
{
    bool is_bus;
    return result(caller_config(handle, RIGHT_WRITE, &is_bus, &bdf) ?: config_offset(offset)
        ?: device_config_write(is_bus, (uint32_t)bdf, (uint32_t)offset, (uint32_t)value));
}

static struct monitor_result call_device_add(word handle, word bdf, word, word, word)
{
    uint32_t index = 0;
    enum status status = caller_may(handle, CAP_PCI, RIGHT_WRITE) ?: unless(bdf <= UINT16_MAX, ST_RANGE)
        ?: device_add((uint32_t)bdf, &index);
    return result_value(status, index);
}

static struct monitor_result call_device_remove(word handle, word bdf, word, word, word)
{
    return result(caller_may(handle, CAP_PCI, RIGHT_WRITE) ?: unless(bdf <= UINT16_MAX, ST_RANGE)
        ?: device_remove((uint32_t)bdf));
}

static struct monitor_result call_device_enable(word handle, word what, word, word, word)
{
    enum status status = caller_may(handle, CAP_DEVICE, RIGHT_WRITE)
                             ?: unless((what & ~(word)(DEVICE_DECODE | DEVICE_MASTER)) == 0, ST_INVALID);
    return result(status ?: device_enable(arch_caller(), (uint32_t)what));
}

static struct monitor_result call_device_reset(word handle, word, word, word, word)
{
    return result(caller_may(handle, CAP_DEVICE, RIGHT_WRITE) ?: device_reset(arch_caller()));
}

static struct monitor_result call_dma_address(word handle, word address, word, word, word)
{
    uint64_t where = 0;
    enum status status = caller_may(handle, CAP_DMA, RIGHT_READ)
                             ?: device_address(arch_caller(), address, &where);
    return result_value(status, where);
}

monitor_function *const monitor_calls[MON_CALL_COUNT] = {
    [MON_NULL] = call_null,
    [MON_WAIT] = call_wait,
    [MON_NOTIFY] = call_notify,
    [MON_STATE] = call_state,
    [MON_EXIT] = call_exit,
    [MON_LOG] = call_log,
    [MON_LOG_READ] = call_log_read,
    [MON_QUERY] = call_query,
    [MON_CELL_CREATE] = call_cell_create,
    [MON_CELL_START] = call_cell_start,
    [MON_CELL_STOP] = call_cell_stop,
    [MON_CELL_KILL] = call_cell_kill,
    [MON_CELL_SET_STATE] = call_cell_set_state,
    [MON_CELL_FORGET] = call_cell_forget,
    [MON_EDGE_LINK] = call_edge_link,
    [MON_CHANNEL_LINK] = call_channel_link,
    [MON_CHANNEL_CLOSE] = call_channel_close,
    [MON_CAP_DERIVE] = call_cap_derive,
    [MON_CAP_GRANT] = call_cap_grant,
    [MON_CAP_REVOKE] = call_cap_revoke,
    [MON_PORT_WRITE] = call_port_write,
    [MON_PORT_READ] = call_port_read,
    [MON_PORT_DRAIN] = call_port_drain,
    [MON_IRQ_ACK] = call_irq_ack,
    [MON_ENTROPY] = call_entropy,
    [MON_POWER] = call_power,
    [MON_BUNDLE_READ] = call_bundle_read,
    [MON_PCI_READ] = call_pci_read,
    [MON_PCI_WRITE] = call_pci_write,
    [MON_DEVICE_ADD] = call_device_add,
    [MON_DEVICE_REMOVE] = call_device_remove,
    [MON_DEVICE_ENABLE] = call_device_enable,
    [MON_DEVICE_RESET] = call_device_reset,
    [MON_DMA_ADDRESS] = call_dma_address,
    [MON_CELL_FLIP] = call_cell_flip,
};
