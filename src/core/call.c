/* SPDX-License-Identifier: MIT */
/*
 * Monitor calls: each decodes and checks everything first, then acts, and
 * acting cannot fail.  Contracts: abi/monitor_call.h.
 */
#include "call.h"

#include "bundle.h"
#include "cap.h"
#include "channel.h"
#include "cpu.h"
#include "edge.h"
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

#define UNUSED [[maybe_unused]] uint64_t

static struct monitor_result result(enum status status)
{
    return (struct monitor_result){.status = status};
}

static struct monitor_result result_value(enum status status, uint64_t value)
{
    return (struct monitor_result){.status = status, .value = status == ST_OK ? value : 0};
}

static struct cell *caller(void)
{
    struct cell *cell = arch_caller();
    cell->calls++;
    return cell;
}

/* The capability if the caller holds it with these rights. */
static enum status caller_cap(uint64_t handle, enum capability_type type, uint32_t rights, const struct cap **cap)
{
    return cap_find(caller()->id, handle, type, rights, cap);
}

/* The cell `id`, if `handle` lets the caller do `rights` to it. */
static enum status caller_target(uint64_t handle, uint32_t rights, uint64_t id, struct cell **target)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_CELLS, rights, &cap);
    if (status != ST_OK) {
        return status;
    }
    if (cap->base != 0 && cap->base != id) {
        return ST_DENIED;
    }
    *target = id < CELL_MAX ? cell_at((uint32_t)id) : nullptr;
    return *target != nullptr ? ST_OK : ST_NOT_FOUND;
}

/* --- itself ----------------------------------------------------------------------------------- */

static struct monitor_result call_null(UNUSED a, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    return (struct monitor_result){};
}

static struct monitor_result call_wait(uint64_t deadline, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *cell = caller();
    if (cell != sched_current()) {
        return result(ST_STATE); /* somebody else's thread, in a gate entry */
    }
    uint64_t events = 0;
    (void)sched_wait(deadline, &events);
    return result_value(ST_OK, events);
}

static struct monitor_result call_notify(uint64_t handle, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *cell = caller();
    if (handle == 0) {
        sched_notify(cell, BIT64(EVENT_SELF));
        return result(ST_OK);
    }
    const struct cap *cap;
    enum status status = cap_find(cell->id, handle, CAP_NOTIFY, RIGHT_WRITE, &cap);
    if (status != ST_OK) {
        return result(status);
    }
    struct cell *peer = cell_at((uint32_t)cap->base);
    if (peer == nullptr || peer->thread.state == THREAD_NONE) {
        return result(ST_GONE);
    }
    sched_notify(peer, BIT64(cap->size));
    return result(ST_OK);
}

static struct monitor_result call_state(uint64_t state, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *cell = caller();
    bool own = state == CELL_GRANTED || state == CELL_PROBING || state == CELL_RUNNING || state == CELL_SUSPENDED;
    if (!own) {
        return result(ST_INVALID);
    }
    enum status status = cell_set_state(cell, (enum cell_state)state);
    if (status == ST_OK && state == CELL_RUNNING && text_equal(cell->name, "shell")) {
        query_prompt_reached();
    }
    return result(status);
}

static struct monitor_result call_exit(uint64_t status, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *cell = caller();
    if (cell != sched_current()) {
        return result(ST_STATE);
    }
    cell_end(cell, status == ST_OK ? CELL_STOPPED : CELL_FAILED);
    return result(ST_OK); /* to nobody: the thread is gone */
}

/* --- log, random numbers, power --------------------------------------------------------------- */

static struct monitor_result call_log(uint64_t level, uint64_t text, uint64_t bytes, UNUSED d, UNUSED e)
{
    struct cell *cell = caller();
    if (level >= LOG_LEVEL_COUNT || bytes >= LOG_TEXT_BYTES) {
        return result(ST_RANGE);
    }
    char copy[LOG_TEXT_BYTES] = {};
    enum status status = cell_copy_in(cell, copy, text, bytes);
    if (status == ST_OK) {
        log_write((enum log_level)level, cell->id, "%s", copy);
    }
    return result(status);
}

static struct monitor_result call_log_read(uint64_t handle, uint64_t sequence, uint64_t buffer, UNUSED d, UNUSED e)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_LOG, RIGHT_READ, &cap);
    struct log_record record;
    uint64_t next = 0;
    if (status == ST_OK) {
        status = log_read(sequence, &record, &next);
    }
    if (status == ST_OK) {
        status = cell_copy_out(arch_caller(), buffer, &record, sizeof record);
    }
    return result_value(status, next);
}

static struct monitor_result call_entropy(uint64_t handle, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_ENTROPY, RIGHT_READ, &cap);
    return result_value(status, status == ST_OK ? random_u64() : 0);
}

static struct monitor_result call_power(uint64_t handle, uint64_t action, UNUSED c, UNUSED d, UNUSED e)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_POWER, RIGHT_WRITE, &cap);
    if (status != ST_OK) {
        return result(status);
    }
    if (action != POWER_OFF && action != POWER_RESET) {
        return result(ST_INVALID);
    }
    arch_power((enum power_action)action);
}

/* --- observing -------------------------------------------------------------------------------- */

static struct monitor_result call_query(uint64_t handle, uint64_t kind, uint64_t index, uint64_t buffer,
                                        uint64_t bytes)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_CELLS, RIGHT_OBSERVE, &cap);
    if (status == ST_OK && kind >= QUERY_KIND_COUNT) {
        status = ST_INVALID;
    }
    alignas(16) uint8_t record[QUERY_RECORD_BYTES_MAX];
    uint64_t size = 0;
    if (status == ST_OK) {
        status = query((enum query_kind)kind, index, record, &size);
    }
    if (status == ST_OK) {
        status = size == bytes ? cell_copy_out(arch_caller(), buffer, record, size) : ST_INVALID;
    }
    return result_value(status, index + 1);
}

static struct monitor_result call_bundle_read(uint64_t handle, uint64_t index, uint64_t offset, uint64_t buffer,
                                              uint64_t bytes)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_CELLS, RIGHT_OBSERVE, &cap);
    if (status != ST_OK) {
        return result(status);
    }
    const struct bundle_header *bundle = monitor_bundle();
    if (index >= bundle->count || bundle->entries[index].bytes < offset) {
        return result(ST_RANGE);
    }
    const struct bundle_entry *entry = &bundle->entries[index];
    uint64_t part = u64_min(u64_min(bytes, BUNDLE_READ_BYTES_MAX), entry->bytes - offset);
    const uint8_t *payload = bundle_payload(bundle, entry);
    return result_value(cell_copy_out(arch_caller(), buffer, payload + offset, part), part);
}

/* --- controlling cells ------------------------------------------------------------------------ */

static struct monitor_result call_cell_create(uint64_t handle, uint64_t request, UNUSED c, UNUSED d, UNUSED e)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_CELLS, RIGHT_CONTROL, &cap);
    if (status == ST_OK && cap->base != 0) {
        status = ST_DENIED;
    }
    struct cell_create create;
    uint32_t id = 0;
    if (status == ST_OK) {
        status = cell_copy_in(arch_caller(), &create, request, sizeof create);
    }
    if (status == ST_OK) {
        status = cell_create(&create, &id);
    }
    return result_value(status, id);
}

static struct monitor_result call_cell_start(uint64_t handle, uint64_t id, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *target;
    enum status status = caller_target(handle, RIGHT_CONTROL, id, &target);
    return result(status == ST_OK ? cell_start(target) : status);
}

static struct monitor_result call_cell_stop(uint64_t handle, uint64_t id, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *target;
    enum status status = caller_target(handle, RIGHT_CONTROL, id, &target);
    if (status == ST_OK && !cell_is_up(target)) {
        status = ST_STATE;
    }
    if (status == ST_OK) {
        sched_notify(target, BIT64(EVENT_STOP));
    }
    return result(status);
}

static struct monitor_result call_cell_kill(uint64_t handle, uint64_t id, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *target;
    enum status status = caller_target(handle, RIGHT_CONTROL, id, &target);
    if (status == ST_OK && !cell_is_up(target)) {
        status = ST_STATE;
    }
    if (status == ST_OK) {
        cell_end(target, CELL_STOPPED);
    }
    return result(status);
}

static struct monitor_result call_cell_set_state(uint64_t handle, uint64_t id, uint64_t state, UNUSED d, UNUSED e)
{
    struct cell *target;
    enum status status = caller_target(handle, RIGHT_CONTROL, id, &target);
    if (status == ST_OK && (state != CELL_RESTARTING && state != CELL_FAILED)) {
        status = ST_INVALID;
    }
    if (status == ST_OK && cell_is_up(target)) {
        status = ST_STATE;
    }
    return result(status == ST_OK ? cell_set_state(target, (enum cell_state)state) : status);
}

static struct monitor_result call_cell_forget(uint64_t handle, uint64_t id, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *target;
    enum status status = caller_target(handle, RIGHT_CONTROL, id, &target);
    return result(status == ST_OK ? cell_forget(target) : status);
}

/* Both ends of a link, and a manifest index that fits. */
static enum status caller_pair(uint64_t handle, uint64_t from, uint64_t to, struct cell *pair[2])
{
    enum status status = caller_target(handle, RIGHT_CONTROL, from, &pair[0]);
    return status == ST_OK ? caller_target(handle, RIGHT_CONTROL, to, &pair[1]) : status;
}

static struct monitor_result call_edge_link(uint64_t handle, uint64_t from, uint64_t uses, uint64_t to, UNUSED e)
{
    struct cell *pair[2];
    uint32_t id = 0;
    enum status status = caller_pair(handle, from, to, pair);
    if (status == ST_OK) {
        status = uses < MANIFEST_USES_MAX ? edge_link(pair[0], (uint32_t)uses, pair[1], &id) : ST_RANGE;
    }
    return result_value(status, id);
}

static struct monitor_result call_channel_link(uint64_t handle, uint64_t from, uint64_t uses, uint64_t to, UNUSED e)
{
    struct cell *pair[2];
    uint32_t id = 0;
    enum status status = caller_pair(handle, from, to, pair);
    if (status == ST_OK) {
        status = uses < MANIFEST_USES_MAX ? channel_link(pair[0], (uint32_t)uses, pair[1], &id) : ST_RANGE;
    }
    return result_value(status, id);
}

static struct monitor_result call_channel_close(uint64_t slot, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    struct cell *cell = caller();
    return result(slot < CHANNEL_SLOTS ? channel_close(cell, (uint32_t)slot) : ST_RANGE);
}

/* --- capabilities ----------------------------------------------------------------------------- */

static struct monitor_result call_cap_derive(uint64_t handle, uint64_t rights, UNUSED c, UNUSED d, UNUSED e)
{
    uint32_t cell = caller()->id;
    cap_handle derived = 0;
    enum status status = rights <= RIGHT_ALL ? cap_derive(cell, handle, cell, (uint32_t)rights, &derived) : ST_RANGE;
    return result_value(status, derived);
}

static struct monitor_result call_cap_grant(uint64_t handle, uint64_t to, uint64_t rights, UNUSED d, UNUSED e)
{
    uint32_t cell = caller()->id;
    const struct cell *target = to < CELL_MAX ? cell_at((uint32_t)to) : nullptr;
    cap_handle granted = 0;
    enum status status = target != nullptr && cell_is_up(target) ? ST_OK : ST_NOT_FOUND;
    if (status == ST_OK) {
        status = rights <= RIGHT_ALL ? cap_derive(cell, handle, target->id, (uint32_t)rights, &granted) : ST_RANGE;
    }
    return result_value(status, granted);
}

static struct monitor_result call_cap_revoke(uint64_t handle, uint64_t other, UNUSED c, UNUSED d, UNUSED e)
{
    const struct cap *cap;
    if (other == 0) {
        return result(cap_revoke(caller()->id, handle));
    }
    enum status status = caller_cap(handle, CAP_CELLS, RIGHT_CONTROL, &cap);
    return result(status == ST_OK ? cap_revoke_any(other) : status);
}

/* --- ports and interrupts --------------------------------------------------------------------- */

static enum status caller_port(uint64_t handle, uint32_t rights, uint64_t offset, uint16_t *port)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_PORTS, rights, &cap);
    if (status != ST_OK) {
        return status;
    }
    if (offset >= cap->size) {
        return ST_RANGE;
    }
    *port = (uint16_t)(cap->base + offset);
    return ST_OK;
}

static struct monitor_result call_port_write(uint64_t handle, uint64_t offset, uint64_t count, uint64_t low,
                                             uint64_t high)
{
    uint16_t port = 0;
    enum status status = caller_port(handle, RIGHT_WRITE, offset, &port);
    if (status == ST_OK && count > PORT_WRITE_BYTES_MAX) {
        status = ST_RANGE;
    }
    for (uint64_t i = 0; i < count && status == ST_OK; i++) {
        arch_port_write(port, (uint8_t)((i < 8 ? low : high) >> (i % 8 * 8)));
    }
    return result(status);
}

static struct monitor_result call_port_read(uint64_t handle, uint64_t offset, UNUSED c, UNUSED d, UNUSED e)
{
    uint16_t port = 0;
    enum status status = caller_port(handle, RIGHT_READ, offset, &port);
    return result_value(status, status == ST_OK ? arch_port_read(port) : 0);
}

static struct monitor_result call_port_drain(uint64_t handle, uint64_t data, uint64_t status_offset, uint64_t mask,
                                             uint64_t limit)
{
    uint16_t data_port = 0;
    uint16_t status_port = 0;
    enum status status = caller_port(handle, RIGHT_READ, data, &data_port);
    if (status == ST_OK) {
        status = caller_port(handle, RIGHT_READ, status_offset, &status_port);
    }
    if (status == ST_OK && limit > PORT_DRAIN_BYTES_MAX) {
        status = ST_RANGE;
    }
    uint64_t value = 0;
    for (uint64_t i = 0; i < limit && status == ST_OK && (arch_port_read(status_port) & mask) != 0; i++) {
        value |= (uint64_t)arch_port_read(data_port) << ((i + 1) * 8);
        value++;
    }
    return result_value(status, value);
}

static struct monitor_result call_irq_ack(uint64_t handle, UNUSED b, UNUSED c, UNUSED d, UNUSED e)
{
    const struct cap *cap;
    enum status status = caller_cap(handle, CAP_IRQ, RIGHT_READ, &cap);
    if (status == ST_OK) {
        if (cap->base == SERIAL_IRQ_LINE) {
            log_echo(LOG_ERROR, false); /* a console cell drives the serial port from here on */
        }
        irq_bind((uint32_t)cap->base, arch_caller()->id, EVENT_IRQ + cap->slot);
        arch_irq_enable((uint32_t)cap->base);
    }
    return result(status);
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
};
