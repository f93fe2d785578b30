/* SPDX-License-Identifier: MIT */
#include "fault_scene.h"

#include "system.h"
#include "terminal.h"

#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/gate.h>

#define SCENE_POLL_MS 5u
#define ORACLE_DISK "ramdisk"
#define ORACLE_DISK_MS 10000u
#define ORACLE_BLOCK_BYTES 4096u

void fault_scene_take(struct fault_scene *scene)
{
    struct system_record system;
    struct cell_record cell;
    *scene = (struct fault_scene){ 0 };
    if (system_read(&system) == ST_OK)
        scene->dma_faults = system.dma_faults;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (cell_by_id(id, &cell) == ST_OK)
            scene->marks[id] = (struct fault_mark){ cell.epoch, cell.crashes, cell.state };
}

static bool scene_is_settled(void)
{
    struct cell_record cell;
    for (uint32_t id = 1; id < CELL_MAX; id++) {
        if (cell_by_id(id, &cell) != ST_OK)
            continue;
        bool is_moving = cell.state == CELL_INITIALIZING || cell.state == CELL_GRANTED ||
                         cell.state == CELL_PROBING || cell.state == CELL_CRASHED ||
                         cell.state == CELL_RESTARTING;
        if (is_moving)
            return false;
    }
    return true;
}

void fault_scene_settle(uint64_t ms)
{
    uint64_t deadline = tsc_after_ms(ms);
    while (!scene_is_settled() && tsc_read() < deadline && !terminal_interrupted())
        if (!terminal_wait_ms(SCENE_POLL_MS))
            return;
}

/* ---- the oracle ---- */

static bool echo_is_right(const struct cell_edge *edge)
{
    struct cell_record cell;
    uint64_t value = 0;
    if (cell_by_name(edge->peer, &cell) != ST_OK || gate_call(edge, ECHO_ID, 0, 0, 0, &value) != ST_OK)
        return false;
    return value == ((uint64_t)cell.id << 32 | cell.epoch);
}

static const char *oracle_echo(const char *victim)
{
    const struct cell_edge *edge;
    for (uint32_t i = 0; i < EDGE_SLOTS && (edge = cell_edge_find(ECHO_INTERFACE, i)) != nullptr; i++)
        if (edge->state == PEER_UP && !text_equal(edge->peer, victim) && !echo_is_right(edge))
            return "an echo cell answers wrong";
    return nullptr;
}

static const char *oracle_clock(const char *victim)
{
    const struct cell_edge *edge = cell_edge_find(CLOCK_INTERFACE, 0);
    uint64_t first = 0;
    uint64_t second = 0;
    if (edge == nullptr || text_equal(edge->peer, victim))
        return nullptr;
    enum status status = gate_call(edge, CLOCK_MONOTONIC_NS, 0, 0, 0, &first)
                             ?: gate_call(edge, CLOCK_MONOTONIC_NS, 0, 0, 0, &second);
    return status == ST_OK && second > first ? nullptr : "the clock does not tick";
}

/* The last block: least likely to hold what somebody is working with. */
struct oracle_disk {
    struct block_client client;
    uint64_t block;
    uint8_t kept[ORACLE_BLOCK_BYTES], pattern[ORACLE_BLOCK_BYTES], read[ORACLE_BLOCK_BYTES];
};

static enum status disk_read(struct oracle_disk *disk, uint8_t *data)
{
    uint32_t done = 0;
    return block_read(&disk->client, 0, disk->block, 1, data, tsc_after_ms(ORACLE_DISK_MS), &done);
}

static enum status disk_write(struct oracle_disk *disk, const uint8_t *data)
{
    uint32_t done = 0;
    return block_write(&disk->client, 0, disk->block, 1, data, tsc_after_ms(ORACLE_DISK_MS), &done);
}

static enum status disk_open(struct oracle_disk *disk, const struct cell_edge *edge)
{
    enum status status = block_open(&disk->client, edge, tsc_after_ms(ORACLE_DISK_MS));
    if (status != ST_OK)
        return status;
    const struct block_geometry *unit = &disk->client.units[0];
    if (unit->block_count == 0 || unit->block_bytes > ORACLE_BLOCK_BYTES)
        return ST_UNSUPPORTED;
    disk->block = unit->block_count - 1;
    return ST_OK;
}

/* A pattern that no earlier run has left there. */
static void disk_pattern(struct oracle_disk *disk)
{
    uint64_t seed = tsc_read();
    for (uint32_t i = 0; i < ORACLE_BLOCK_BYTES; i++)
        disk->pattern[i] = (uint8_t)(seed >> (8 * (i % 8))) ^ (uint8_t)i;
}

static const char *oracle_disk(const char *victim)
{
    static struct oracle_disk disk;
    const struct cell_edge *edge = cell_edge_to(BLOCK_INTERFACE, ORACLE_DISK);
    if (edge == nullptr || edge->state != PEER_UP || text_equal(edge->peer, victim))
        return nullptr;
    if (disk_open(&disk, edge) != ST_OK)
        return "the ramdisk does not open";
    disk_pattern(&disk);
    enum status status = disk_read(&disk, disk.kept)
        ?: disk_write(&disk, disk.pattern)
        ?: disk_read(&disk, disk.read)
        ?: disk_write(&disk, disk.kept);
    if (status != ST_OK)
        return "the ramdisk does not serve";
    uint32_t bytes = disk.client.units[0].block_bytes;
    return memcmp(disk.read, disk.pattern, bytes) == 0 ? nullptr : "the ramdisk reads back something else";
}

const char *fault_oracle(const char *victim)
{
    return oracle_echo(victim) ?: oracle_clock(victim) ?: oracle_disk(victim);
}
