/* SPDX-License-Identifier: MIT */

/*
 * Identify data are untrusted: each structure is copied once, each number of it
 * is checked before it becomes part of a unit.  [NVMe 5.15]
 */
#include "namespace.h"

#include "admin.h"

#include <rt/text.h>
#include <sdk/block_device.h>
#include <sdk/cell.h>

#define BLOCK_LOG2_MIN 9u
#define BLOCK_LOG2_MAX 12u
#define BLOCK_COUNT_MAX (UINT64_MAX >> (BLOCK_LOG2_MAX + 1)) /* a byte count of it is no overflow */
#define MDTS_MAX 8u                                          /* 2^8 pages are TRANSFER_BYTES_MAX */
static_assert(PAGE_BYTES << MDTS_MAX == TRANSFER_BYTES_MAX, "MDTS in our pages");

static enum status controller_identify(struct namespaces *namespaces)
{
    static struct nvme_identify_controller data;
    enum status status = admin_identify(NVME_CNS_CONTROLLER, 0, &data, sizeof(data));
    if (status != ST_OK)
        return status;
    if (field32_get(data.sqes, NVME_ENTRY_LOG2_MIN) > NVME_SUBMISSION_LOG2 ||
        field32_get(data.cqes, NVME_ENTRY_LOG2_MIN) > NVME_COMPLETION_LOG2)
        return ST_UNSUPPORTED;
    bool is_limited = data.mdts != 0 && data.mdts < MDTS_MAX;
    namespaces->transfer_bytes_max = is_limited ? PAGE_BYTES << data.mdts : TRANSFER_BYTES_MAX;
    namespaces->has_cache = data.vwc & NVME_VWC_PRESENT;
    namespaces->tells_changes = data.oaes & NVME_EVENT_NAMESPACES;
    namespaces->features = BLOCK_CAN_FLUSH;
    if (data.oncs & NVME_ONCS_DATASET_MANAGEMENT)
        namespaces->features |= BLOCK_CAN_DISCARD;
    if (data.oncs & NVME_ONCS_WRITE_ZEROES)
        namespaces->features |= BLOCK_CAN_WRITE_ZEROES;
    block_device_text(namespaces->model, data.model, sizeof(data.model));
    block_device_text(namespaces->serial, data.serial, sizeof(data.serial));
    return ST_OK;
}

/* ST_EMPTY: not active; ST_UNSUPPORTED: a format with metadata, or with blocks no client can use. */
static enum status namespace_check(const struct nvme_identify_namespace *data, struct block_unit *unit)
{
    if (data->nsze == 0)
        return ST_EMPTY;
    uint32_t format = field32_get(data->flbas, NVME_FLBAS_FORMAT);
    if (format > data->nlbaf || data->nsze > BLOCK_COUNT_MAX)
        return ST_DEVICE;
    uint32_t block_log2 = field32_get(data->lbaf[format], NVME_LBAF_LBADS);
    if (field32_get(data->lbaf[format], NVME_LBAF_METADATA) != 0 || block_log2 < BLOCK_LOG2_MIN ||
        block_log2 > BLOCK_LOG2_MAX)
        return ST_UNSUPPORTED;
    unit->block_bytes = 1u << block_log2;
    unit->block_count = data->nsze;
    unit->is_read_only = data->nsattr & NVME_NSATTR_WRITE_PROTECTED;
    unit->health = BLOCK_HEALTH_GOOD;
    return ST_OK;
}

static enum status namespace_identify(const struct namespaces *namespaces, uint32_t nsid,
                                      struct block_unit *unit)
{
    static struct nvme_identify_namespace data;
    *unit = (struct block_unit){ .features = namespaces->features };
    enum status status = admin_identify(NVME_CNS_NAMESPACE, nsid, &data, sizeof(data))
                             ?: namespace_check(&data, unit);
    if (status != ST_OK)
        return status;
    unit->transfer_blocks_max = namespaces->transfer_bytes_max / unit->block_bytes;
    memcpy(unit->model, namespaces->model, sizeof(unit->model));
    memcpy(unit->serial, namespaces->serial, sizeof(unit->serial));
    return ST_OK;
}

/* ST_TIMEOUT and ST_GONE end the search; whatever else is wrong is wrong with one namespace. */
static enum status namespace_add(struct namespaces *namespaces, uint32_t nsid)
{
    enum status status = namespace_identify(namespaces, nsid, &namespaces->units[namespaces->count]);
    if (status == ST_TIMEOUT || status == ST_GONE)
        return status;
    if (status == ST_OK) {
        const struct block_unit *unit = &namespaces->units[namespaces->count];
        cell_log(LOG_INFO, "unit %u: namespace %u, %lu blocks of %u bytes%s", namespaces->count, nsid,
                 unit->block_count, unit->block_bytes, unit->is_read_only ? ", read-only" : "");
        namespaces->nsids[namespaces->count++] = nsid;
    } else if (status != ST_EMPTY && status != ST_NOT_FOUND)
        cell_log(LOG_WARN, "namespace %u not used: %s", nsid,
                 status == ST_UNSUPPORTED ? "its format has metadata, or blocks not of 512 to 4096 bytes"
                                          : status_name(status));
    return ST_OK;
}

/* Before 1.1 there is no list: then every id is asked, as many as there can be units. */
static enum status list_read(uint32_t version, uint32_t *nsids)
{
    if (version >= NVME_VERSION(1, 1))
        return admin_identify(NVME_CNS_ACTIVE_LIST, 0, nsids, NVME_LIST_ENTRIES * sizeof(*nsids));
    for (uint32_t i = 0; i < NAMESPACE_MAX; i++)
        nsids[i] = i + 1;
    return ST_OK;
}

enum status namespaces_find(struct namespaces *namespaces, uint32_t version)
{
    static uint32_t nsids[NVME_LIST_ENTRIES];
    enum status status = controller_identify(namespaces) ?: list_read(version, nsids);
    uint32_t previous = 0;
    for (uint32_t i = 0; status == ST_OK && i < NVME_LIST_ENTRIES && nsids[i] != 0; i++) {
        if (nsids[i] <= previous || nsids[i] == UINT32_MAX)
            return ST_DEVICE; /* ids ascend */
        previous = nsids[i];
        if (namespaces->count == NAMESPACE_MAX) {
            cell_log(LOG_WARN, "namespaces from %u on not used: at most %u", nsids[i], NAMESPACE_MAX);
            break;
        }
        status = namespace_add(namespaces, nsids[i]);
    }
    return status;
}

/* A unit keeps its block size: its clients have been told.  With another it is another disk: absent. */
enum status namespaces_refresh(struct namespaces *namespaces)
{
    for (uint32_t i = 0; i < namespaces->count; i++) {
        struct block_unit *unit = &namespaces->units[i], now;
        enum status status = namespace_identify(namespaces, namespaces->nsids[i], &now);
        if (status == ST_TIMEOUT || status == ST_GONE)
            return status;
        if (status == ST_OK && now.block_bytes == unit->block_bytes) {
            unit->block_count = now.block_count;
            unit->is_read_only = now.is_read_only;
            unit->health = BLOCK_HEALTH_GOOD;
        } else
            unit->health = BLOCK_HEALTH_ABSENT;
    }
    return ST_OK;
}
