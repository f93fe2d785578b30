/* SPDX-License-Identifier: MIT */

/* dev, irq, dma, iommu: devices, and what of the machine they reach. */
#include "device.h"
#include "names.h"
#include "pci.h"
#include "system.h"
#include "table.h"

#include <rt/text.h>
#include <sdk/cell.h>

/* ---- dev ---- */

static const struct column dev_columns[] = {
    { "bdf", 7, COLUMN_TEXT },     { "id", 9, COLUMN_TEXT },     { "class", 14, COLUMN_TEXT },
    { "driver", 15, COLUMN_TEXT }, { "state", 12, COLUMN_TEXT }, { "irq", 5, COLUMN_TEXT },
    { "power", 5, COLUMN_TEXT },
};

/* Of the cell that drives it; a function that is gone may still have one. */
static const char *dev_state(const struct device_record *device)
{
    struct cell_record cell;
    if (device->is_gone)
        return "gone";
    if (device->owner == 0 || cell_by_id(device->owner, &cell) != ST_OK)
        return "unclaimed";
    return name_of_state(cell.state);
}

static void dev_row(struct table *table, const struct device_record *device)
{
    char text[CELL_NAME_BYTES];
    bdf_text(device->bdf, text);
    table_text(table, text);
    (void)text_format(text, sizeof(text), "%04x:%04x", device->vendor, device->device);
    table_text(table, text);
    table_text(table, pci_class_name(device->class_code));
    table_text(table, device_owner_name(device, text));
    table_text(table, dev_state(device));
    table_text(table, name_of_irq(device->irq));
    table_text(table, name_of_power(device->power));
}

static enum status dev_list(struct command_call *call)
{
    struct table table;
    struct device_record device;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, dev_columns, ARRAY_COUNT(dev_columns));
    while (system_next(QUERY_DEVICE, &index, &device, sizeof(device)) == ST_OK)
        dev_row(&table, &device);
    return ST_OK;
}

/* ---- dev info ---- */

static void dev_identity_json(struct json *json, const struct device_record *device)
{
    char text[CELL_NAME_BYTES];
    bdf_text(device->bdf, text);
    json_text(json, "bdf", text);
    json_hex(json, "vendor", device->vendor);
    json_hex(json, "device", device->device);
    json_hex(json, "subsystem_vendor", device->subsystem_vendor);
    json_hex(json, "subsystem", device->subsystem);
    json_hex(json, "class_code", device->class_code);
    json_text(json, "class", pci_class_name(device->class_code));
    json_number(json, "revision", device->revision);
    json_text(json, "driver", device_owner_name(device, text));
    json_text(json, "state", dev_state(device));
}

static void dev_info_json(const struct command_call *call, const struct device_record *device)
{
    struct json json;
    char key[16];
    json_begin(&json, call->output);
    dev_identity_json(&json, device);
    json_bool(&json, "decodes", (device->enabled & DEVICE_DECODE) != 0);
    json_bool(&json, "masters", (device->enabled & DEVICE_MASTER) != 0);
    json_text(&json, "irq", name_of_irq(device->irq));
    json_number(&json, "messages", device->messages);
    json_text(&json, "power", name_of_power(device->power));
    json_bool(&json, "has_reset", device->has_reset != 0);
    json_bool(&json, "behind_iommu", device->behind_iommu != 0);
    json_number(&json, "interrupts", device->interrupts);
    json_number(&json, "dma_mapped", device->dma_mapped);
    json_number(&json, "dma_faults", device->dma_faults);
    for (uint32_t i = 0; i < DEVICE_BARS; i++) {
        uint64_t bar[] = { device->bars[i].base, device->bars[i].bytes, device->bars[i].is_io,
                           device->bars[i].is_prefetchable };
        (void)text_format(key, sizeof(key), "bar%u", i);
        if (device->bars[i].bytes != 0)
            json_array(&json, key, bar, ARRAY_COUNT(bar));
    }
    json_end(&json);
}

static void dev_bars(const struct output *output, const struct device_record *device)
{
    for (uint32_t i = 0; i < DEVICE_BARS; i++) {
        const struct device_bar *bar = &device->bars[i];
        if (bar->bytes != 0)
            output_format(output, "  BAR %u      %s %llx, %llu bytes%s\n", i, bar->is_io ? "ports" : "memory",
                          (unsigned long long)bar->base, (unsigned long long)bar->bytes,
                          bar->is_prefetchable ? ", prefetchable" : "");
    }
}

/* What of it was handed out, and to whom. */
static void dev_caps(const struct output *output, const struct device_record *device)
{
    struct cap_record cap;
    uint64_t index = 0;
    char name[CELL_NAME_BYTES];
    while (device->owner != 0 && system_next(QUERY_CAP, &index, &cap, sizeof(cap)) == ST_OK)
        if (cap.owner == device->owner && cap.type >= CAP_DEVICE && cap.type <= CAP_DEVICE_IRQ)
            output_format(output, "  given      %s to %s, base %llx, size %llx\n", name_of_cap(cap.type),
                          cell_name(cap.owner, name), (unsigned long long)cap.base,
                          (unsigned long long)cap.size);
}

static void dev_info_text(const struct output *output, const struct device_record *device)
{
    char text[CELL_NAME_BYTES];
    bdf_text(device->bdf, text);
    output_format(output, "%s  %04x:%04x (subsystem %04x:%04x), revision %u\n", text, device->vendor,
                  device->device, device->subsystem_vendor, device->subsystem, device->revision);
    output_format(output, "  class      %06x: %s\n", device->class_code, pci_class_name(device->class_code));
    output_format(output, "  driver     %s, %s\n", device_owner_name(device, text), dev_state(device));
    output_format(output, "  enabled    %s, %s\n", device->enabled & DEVICE_DECODE ? "decoding" : "deaf",
                  device->enabled & DEVICE_MASTER ? "bus mastering" : "no bus mastering");
    output_format(output, "  interrupt  %s, %u messages, %llu so far\n", name_of_irq(device->irq),
                  device->messages, (unsigned long long)device->interrupts);
    output_format(output, "  power      %s, %s\n", name_of_power(device->power),
                  device->has_reset ? "function level reset" : "no function level reset");
    output_format(output, "  DMA        %s, %llu KiB mapped, %llu accesses refused\n",
                  device->behind_iommu ? "behind the IOMMU" : "NO IOMMU: it reaches all memory",
                  (unsigned long long)(device->dma_mapped / 1024), (unsigned long long)device->dma_faults);
    dev_bars(output, device);
    dev_caps(output, device);
}

static enum status dev_run(struct command_call *call)
{
    if (call->words.count == 1)
        return dev_list(call);
    if (!text_equal(call->words.at[1], "info"))
        return command_fail(call, ST_INVALID, "dev: no '%s'; see 'help dev'", call->words.at[1]);
    if (call->words.count != 3)
        return command_fail(call, ST_INVALID, "dev info: which one? a device (like 00:03.0) or a cell");
    struct device_record device;
    enum status status = device_named(call, call->words.at[2], &device);
    if (status != ST_OK)
        return status;
    if (call->is_json)
        dev_info_json(call, &device);
    else
        dev_info_text(call->output, &device);
    return ST_OK;
}

static const char *const dev_words[] = { "info", nullptr };

const struct command command_dev = {
    .name = "dev",
    .usage = "dev [--json]\n"
             "dev info DEVICE|CELL [--json]\n",
    .summary = "list devices and who drives them",
    .text = "One row per PCI function, by bus:device.function: what it is, which cell drives\n"
            "it, in which state that is, the best kind of interrupt it has and its power\n"
            "state.  'unclaimed': no driver of this appliance fits it.\n"
            "info shows all of one: identity, address ranges (BARs), what its driver was\n"
            "given of it, how much memory it reaches and what the IOMMU refused.\n"
            "Example: dev info 00:03.0\n",
    .run = dev_run,
    .words_max = 2,
    .arguments = { ARGUMENT_WORD, ARGUMENT_PCI },
    .words = dev_words,
    .flags = flags_json,
};

/* ---- irq ---- */

static const struct column irq_columns[] = {
    { "cell", 15, COLUMN_TEXT },  { "kind", 5, COLUMN_TEXT },     { "number", 6, COLUMN_NUMBER },
    { "device", 7, COLUMN_TEXT }, { "count", 10, COLUMN_NUMBER }, { "limit_per_s", 11, COLUMN_NUMBER },
    { "handle", 10, COLUMN_HEX },
};

/* The manifest as the monitor settled it. */
static uint32_t irq_limit(uint32_t id)
{
    struct manifest manifest;
    return manifest_by_id(id, &manifest) == ST_OK ? manifest.limits.irq_per_second : 0;
}

static void irq_row(struct table *table, const struct cap_record *cap, const struct cell_record *cell)
{
    struct device_record device;
    char text[BDF_TEXT_BYTES] = "-";
    bool has_device = cap->type == CAP_DEVICE_IRQ && device_of_cell(cell, &device) == ST_OK;
    if (has_device)
        bdf_text(device.bdf, text);
    table_text(table, cell->name);
    table_text(table, has_device ? name_of_irq(device.irq) : "line");
    table_number(table, cap->base);
    table_text(table, text);
    table_number(table, cell->interrupts);
    table_number(table, irq_limit(cell->id));
    table_hex(table, cap->handle);
}

static enum status irq_run(struct command_call *call)
{
    struct table table;
    struct cap_record cap;
    struct cell_record cell;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, irq_columns, ARRAY_COUNT(irq_columns));
    while (system_next(QUERY_CAP, &index, &cap, sizeof(cap)) == ST_OK) {
        bool is_irq = cap.type == CAP_IRQ || cap.type == CAP_DEVICE_IRQ;
        if (is_irq && cell_by_id(cap.owner, &cell) == ST_OK)
            irq_row(&table, &cap, &cell);
    }
    return ST_OK;
}

const struct command command_irq = {
    .name = "irq",
    .usage = "irq [--json]\n",
    .summary = "list interrupts, who gets them and how many",
    .text = "One row per interrupt that was handed out: a line of the ISA kind, or a message\n"
            "(msix, msi) or line (intx) of a device.  count is that of the cell, all its\n"
            "interrupts together; above its limit per second it is stopped (reason limit).\n"
            "Example: irq\n",
    .run = irq_run,
    .flags = flags_json,
};

/* ---- dma ---- */

static const struct column dma_columns[] = {
    { "device", 7, COLUMN_TEXT },     { "cell", 15, COLUMN_TEXT },     { "masters", 7, COLUMN_NUMBER },
    { "iommu", 5, COLUMN_NUMBER },    { "mapped", 10, COLUMN_NUMBER }, { "faults", 7, COLUMN_NUMBER },
    { "last_fault", 14, COLUMN_HEX },
};

/* The address the function was last refused; 0: never. */
static uint64_t dma_last_fault(uint32_t bdf)
{
    struct dma_fault_record fault;
    uint64_t index = 0;
    uint64_t address = 0;
    while (system_next(QUERY_DMA_FAULT, &index, &fault, sizeof(fault)) == ST_OK)
        if (fault.bdf == bdf)
            address = fault.address;
    return address;
}

static enum status dma_run(struct command_call *call)
{
    struct table table;
    struct device_record device;
    uint64_t index = 0;
    char text[CELL_NAME_BYTES];
    table_begin(&table, call->output, call->is_json, dma_columns, ARRAY_COUNT(dma_columns));
    while (system_next(QUERY_DEVICE, &index, &device, sizeof(device)) == ST_OK) {
        bdf_text(device.bdf, text);
        table_text(&table, text);
        table_text(&table, device_owner_name(&device, text));
        table_number(&table, (device.enabled & DEVICE_MASTER) != 0);
        table_number(&table, device.behind_iommu != 0);
        table_number(&table, device.dma_mapped);
        table_number(&table, device.dma_faults);
        table_hex(&table, dma_last_fault(device.bdf));
    }
    return ST_OK;
}

const struct command command_dma = {
    .name = "dma",
    .usage = "dma [--json]\n",
    .summary = "show how much memory each device reaches",
    .text = "For each device: whether it may master the bus, whether an IOMMU stands between\n"
            "it and the memory, how many bytes it reaches through it, and what it was\n"
            "refused. Without an IOMMU a device that masters the bus reaches everything.\n"
            "Example: dma\n",
    .run = dma_run,
    .flags = flags_json,
};

/* ---- iommu ---- */

static const struct column fault_columns[] = {
    { "sequence", 8, COLUMN_NUMBER }, { "us", 12, COLUMN_NUMBER },  { "device", 7, COLUMN_TEXT },
    { "cell", 15, COLUMN_TEXT },      { "access", 6, COLUMN_TEXT }, { "address", 16, COLUMN_HEX },
    { "reason", 6, COLUMN_NUMBER },
};

static void iommu_fault_row(struct table *table, const struct dma_fault_record *fault)
{
    char text[CELL_NAME_BYTES];
    table_number(table, fault->sequence);
    table_number(table, ns_since_boot(fault->tsc) / 1000);
    bdf_text(fault->bdf, text);
    table_text(table, text);
    if (fault->owner == 0)
        table_text(table, "-");
    else
        table_text(table, cell_name(fault->owner, text));
    table_text(table, fault->is_write ? "write" : "read");
    table_hex(table, fault->address);
    table_number(table, fault->reason);
}

static void iommu_faults(const struct command_call *call)
{
    struct table table;
    struct dma_fault_record fault;
    uint64_t index = 0;
    table_begin(&table, call->output, call->is_json, fault_columns, ARRAY_COUNT(fault_columns));
    while (system_next(QUERY_DMA_FAULT, &index, &fault, sizeof(fault)) == ST_OK)
        iommu_fault_row(&table, &fault);
}

static void iommu_json(const struct command_call *call, const struct system_record *system)
{
    struct json json;
    json_begin(&json, call->output);
    json_number(&json, "units", system->iommu_units);
    json_bool(&json, "remaps_interrupts", system->iommu_remaps_interrupts != 0);
    json_number(&json, "faults", system->dma_faults);
    json_end(&json);
}

static void iommu_text(const struct output *output, const struct system_record *system)
{
    if (system->iommu_units == 0) {
        output_text(output, "NO IOMMU is on: a device that masters the bus reaches all memory, whatever its\n"
                            "driver was given.  A driver cell is held by its walls, its device is not.\n");
        return;
    }
    output_format(output, "%u IOMMU unit%s on: each device reaches what its driver was given, no more\n",
                  system->iommu_units, system->iommu_units == 1 ? "" : "s");
    output_text(output, system->iommu_remaps_interrupts
                            ? "interrupt messages are remapped: none can be forged\n"
                            : "interrupt messages are NOT remapped: a device can forge one\n");
    output_format(output, "%llu accesses refused since boot\n", (unsigned long long)system->dma_faults);
}

static enum status iommu_run(struct command_call *call)
{
    struct system_record system;
    enum status status = system_read(&system);
    if (status != ST_OK)
        return command_fail(call, status, "iommu: %s", status_name(status));
    if (call->is_json)
        iommu_json(call, &system);
    else
        iommu_text(call->output, &system);
    if (system.dma_faults > 0)
        iommu_faults(call);
    return ST_OK;
}

const struct command command_iommu = {
    .name = "iommu",
    .usage = "iommu [--json]\n",
    .summary = "say what stands between devices and memory",
    .text = "Whether the machine has an IOMMU, whether it guards interrupts as well, and the\n"
            "last accesses it refused: which device wanted what, and whose that device was.\n"
            "reason is the number of the VT-d specification, appendix A.\n"
            "Example: iommu\n",
    .run = iommu_run,
    .flags = flags_json,
};
