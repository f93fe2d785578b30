/* SPDX-License-Identifier: MIT */
#include "ahci_sim.h"

#include <stdlib.h>
#include <string.h>

#define BAR_BYTES 0x1100u
#define HBA_BAR 5u
#define BLOCK_BYTES 512u
#define TFD_READY 0x50u
#define TFD_NOTHING 0x7Fu
#define SSTS_UP 0x123u

static void port_raise(struct ahci_sim *sim, struct sim_port *port, uint32_t reason)
{
    port->is |= reason;
    if (port->is & port->ie)
        sim->is |= BIT32(port - sim->ports);
}

/* --- commands ---------------------------------------------------------------------------- */

struct command {
    struct ata_fis fis;
    uint64_t block;
    uint32_t count, pieces;
    uint64_t table;
    bool is_queued, is_write;
};

static bool command_read(const struct sim_port *port, uint32_t slot, struct command *command)
{
    const uint32_t *header = fake_device_memory(port->list + slot * sizeof(struct ahci_header),
                                                sizeof(struct ahci_header));
    if (header == nullptr)
        return false;
    *command = (struct command){ .pieces = header[0] >> 16, .is_write = header[0] & AHCI_HEADER_WRITE };
    memcpy(&command->table, &header[2], sizeof(command->table));
    const void *fis = fake_device_memory(command->table, sizeof(command->fis));
    if (fis == nullptr || (header[0] & 0x1F) != 5)
        return false;
    memcpy(&command->fis, fis, sizeof(command->fis));
    const struct ata_fis *from = &command->fis;
    for (uint32_t i = 0; i < 3; i++)
        command->block |= (uint64_t)from->lba_low[i] << 8 * i | (uint64_t)from->lba_high[i] << (24 + 8 * i);
    command->is_queued = from->command == ATA_READ_FPDMA_QUEUED || from->command == ATA_WRITE_FPDMA_QUEUED;
    uint32_t high = command->is_queued ? from->features_high : from->count_high;
    uint32_t count = high << 8 | (command->is_queued ? from->features_low : from->count_low);
    command->count = count == 0 ? 65536 : count;
    return from->type == ATA_FIS_H2D && from->flags == ATA_FIS_IS_COMMAND &&
           (!command->is_queued || from->count_low >> ATA_TAG_SHIFT == slot);
}

/* [AHCI 4.2.3.3] */
static bool data_move(const struct command *command, uint8_t *data, uint64_t bytes, bool to_host)
{
    for (uint32_t i = 0; i < command->pieces && bytes > 0; i++) {
        const uint32_t *entry = fake_device_memory(
            command->table + AHCI_TABLE_PRDT + i * sizeof(struct ahci_prd), sizeof(struct ahci_prd));
        if (entry == nullptr)
            return false;
        uint64_t address, part = (entry[3] & 0x3FFFFF) + 1ul;
        memcpy(&address, entry, sizeof(address));
        if (part > bytes)
            return false;
        for (uint64_t done = 0; done < part;) {
            uint64_t run = PAGE_BYTES - (address + done) % PAGE_BYTES;
            run = run < part - done ? run : part - done;
            void *host = fake_device_memory(address + done, run);
            if (host == nullptr)
                return false;
            memcpy(to_host ? host : (void *)data, to_host ? (const void *)data : host, run);
            data += run;
            done += run;
        }
        bytes -= part;
    }
    return bytes == 0;
}

static bool transfer(struct sim_port *port, const struct command *command, bool is_read)
{
    uint64_t end = command->block + command->count;
    bool is_failing = port->fail_times > 0 && command->block <= port->fail_block && port->fail_block < end;
    if (is_failing) {
        port->fail_times--;
        return false;
    }
    if (end > SIM_BLOCKS || command->is_write == is_read)
        return false;
    return data_move(command, port->data + command->block * BLOCK_BYTES,
                     (uint64_t)command->count * BLOCK_BYTES, is_read);
}

static bool trim(struct sim_port *port, const struct command *command)
{
    uint64_t ranges[ATA_TRIM_RANGES];
    if (command->fis.features_low != ATA_TRIM || command->fis.count_low != 1 || !command->is_write ||
        !data_move(command, (uint8_t *)ranges, sizeof(ranges), false))
        return false;
    for (uint32_t i = 0; i < ATA_TRIM_RANGES; i++)
        port->trimmed += ranges[i] >> 48;
    return true;
}

static bool command_execute(struct sim_port *port, const struct command *command)
{
    switch (command->fis.command) {
    case ATA_IDENTIFY_DEVICE:
        return data_move(command, (uint8_t *)port->identity, sizeof(port->identity), true);
    case ATA_READ_DMA_EXT:
    case ATA_READ_FPDMA_QUEUED:
        return transfer(port, command, true);
    case ATA_WRITE_DMA_EXT:
    case ATA_WRITE_FPDMA_QUEUED:
        return transfer(port, command, false);
    case ATA_DATA_SET_MANAGEMENT:
        return trim(port, command);
    case ATA_FLUSH_CACHE_EXT:
        port->flushes++;
        return true;
    case ATA_STANDBY_IMMEDIATE:
        port->standbys++;
        return true;
    default:
        return false;
    }
}

static void slot_execute(struct ahci_sim *sim, struct sim_port *port, uint32_t slot)
{
    struct command command = {};
    port->pending &= ~BIT32(slot);
    bool is_good = command_read(port, slot, &command) && !port->must_reset && port->tfd == TFD_READY &&
                   command_execute(port, &command);
    port->executed++;
    *(command.is_queued ? &port->queued : &port->plain) += 1;
    if (is_good) {
        port->ci &= ~BIT32(slot);
        port->sact &= ~BIT32(slot);
        port_raise(sim, port, command.is_queued ? AHCI_PXI_SDBS : AHCI_PXI_DHRS);
        return;
    }
    port->must_reset = command.is_queued;
    port->tfd = TFD_READY | AHCI_PXTFD_ERR;
    if (port->hides_failure)
        port->ci &= ~BIT32(slot);
    port_raise(sim, port, AHCI_PXI_TFES);
}

void ahci_sim_answer(struct ahci_sim *sim, uint32_t number, uint32_t slot)
{
    if (sim->ports[number].pending & BIT32(slot))
        slot_execute(sim, &sim->ports[number], slot);
}

static void issue(struct ahci_sim *sim, struct sim_port *port, uint32_t slots)
{
    if (!(port->cmd & AHCI_PXCMD_ST) || !port->is_plugged)
        return;
    port->ci |= slots;
    port->pending |= slots;
    /* Queued and other commands must not meet. */
    if ((port->ci & ~port->sact) != 0 && port->sact != 0)
        port->mixed++;
    for (uint32_t slot = 0; slot < AHCI_SLOTS_MAX && !port->holds; slot++)
        if (port->pending & BIT32(slot))
            slot_execute(sim, port, slot);
    port->ci &= ~port->sact; /* a queued command is off the list once it is sent */
}

/* --- registers --------------------------------------------------------------------------- */

static void port_clear(struct sim_port *port)
{
    port->ci = port->sact = port->pending = 0;
}

static void command_write(struct sim_port *port, uint32_t value)
{
    uint32_t running = (value & AHCI_PXCMD_ST ? AHCI_PXCMD_CR : 0u) |
                       (value & AHCI_PXCMD_FRE ? AHCI_PXCMD_FR : 0u);
    if (port->never_stops)
        running |= port->cmd & AHCI_PXCMD_CR;
    if (!(value & AHCI_PXCMD_ST))
        port_clear(port);
    /* The first FIS of a disk after a reset of the link waits for a place to go. */
    bool is_new = (value & AHCI_PXCMD_FRE) && port->sig == UINT32_MAX && port->ssts == SSTS_UP;
    if (is_new && !port->stays_busy) {
        port->tfd = TFD_READY;
        port->sig = port->signature;
    }
    port->cmd = (value & ~(AHCI_PXCMD_CR | AHCI_PXCMD_FR)) | running;
}

static void link_write(struct ahci_sim *sim, struct sim_port *port, uint32_t value)
{
    bool was_reset = (port->sctl & AHCI_DET) == 1, is_reset = (value & AHCI_DET) == 1;
    port->sctl = value;
    if (is_reset) {
        port->ssts = 0;
        port->sig = UINT32_MAX;
        port->tfd = port->stays_busy ? AHCI_PXTFD_BSY : TFD_NOTHING;
        port->must_reset = false;
        port_clear(port);
    }
    if (was_reset && !is_reset) {
        port->link_resets++;
        port->ssts = port->is_plugged ? SSTS_UP : 0;
        port->serr |= BIT32(26);
        port_raise(sim, port, AHCI_PXI_PCS);
    }
}

static uint32_t *port_register(struct sim_port *port, uint32_t offset)
{
    switch (offset) {
    case AHCI_PXIS:
        return &port->is;
    case AHCI_PXIE:
        return &port->ie;
    case AHCI_PXCMD:
        return &port->cmd;
    case AHCI_PXTFD:
        return &port->tfd;
    case AHCI_PXSIG:
        return &port->sig;
    case AHCI_PXSSTS:
        return &port->ssts;
    case AHCI_PXSCTL:
        return &port->sctl;
    case AHCI_PXSERR:
        return &port->serr;
    case AHCI_PXSACT:
        return &port->sact;
    case AHCI_PXCI:
        return &port->ci;
    default:
        return nullptr;
    }
}

static void address_set(uint64_t *address, bool is_high, uint32_t value)
{
    *address = is_high ? (*address & UINT32_MAX) | (uint64_t)value << 32 : value;
}

static void port_write(struct ahci_sim *sim, struct sim_port *port, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case AHCI_PXCLB:
    case AHCI_PXCLB + 4:
        address_set(&port->list, offset != AHCI_PXCLB, value);
        break;
    case AHCI_PXFB:
    case AHCI_PXFB + 4:
        address_set(&port->fis, offset != AHCI_PXFB, value);
        break;
    case AHCI_PXIS:
    case AHCI_PXSERR:
        *port_register(port, offset) &= ~value;
        break;
    case AHCI_PXIE:
        port->ie = value;
        break;
    case AHCI_PXCMD:
        command_write(port, value);
        break;
    case AHCI_PXSCTL:
        link_write(sim, port, value);
        break;
    case AHCI_PXSACT:
        port->sact |= value;
        break;
    case AHCI_PXCI:
        issue(sim, port, value);
        break;
    default:
        break;
    }
}

static void adapter_control(struct ahci_sim *sim, uint32_t value)
{
    sim->ghc = value;
    if (!(value & AHCI_GHC_HR) || sim->never_resets)
        return;
    sim->ghc = 0;
    sim->is = 0;
    sim->resets++;
    for (uint32_t i = 0; i < SIM_PORTS; i++) {
        struct sim_port *port = &sim->ports[i];
        port_clear(port);
        port->cmd = port->ie = port->is = 0;
        port->never_stops = false;
        port->ssts = port->is_plugged ? SSTS_UP : 0;
    }
}

static uint64_t sim_read(void *context, uint32_t, uint32_t offset, uint32_t)
{
    struct ahci_sim *sim = context;
    if (offset >= AHCI_PORT(0)) {
        uint32_t number = (offset - AHCI_PORT(0)) / AHCI_PORT_BYTES;
        uint32_t *from = number < SIM_PORTS
                             ? port_register(&sim->ports[number], (offset - AHCI_PORT(0)) % AHCI_PORT_BYTES)
                             : nullptr;
        return from == nullptr ? 0 : *from;
    }
    switch (offset) {
    case AHCI_CAP:
        return sim->cap;
    case AHCI_GHC:
        return sim->ghc;
    case AHCI_IS:
        return sim->is;
    case AHCI_PI:
        return sim->pi;
    case AHCI_CAP2:
        return sim->cap2;
    case AHCI_BOHC:
        return sim->bohc;
    default:
        return 0;
    }
}

static void sim_write(void *context, uint32_t, uint32_t offset, uint32_t, uint64_t value)
{
    struct ahci_sim *sim = context;
    uint32_t number = (offset - AHCI_PORT(0)) / AHCI_PORT_BYTES;
    if (offset >= AHCI_PORT(0) && number < SIM_PORTS)
        port_write(sim, &sim->ports[number], (offset - AHCI_PORT(0)) % AHCI_PORT_BYTES, (uint32_t)value);
    if (offset == AHCI_GHC)
        adapter_control(sim, (uint32_t)value);
    if (offset == AHCI_IS)
        sim->is &= ~(uint32_t)value;
    if (offset == AHCI_BOHC)
        sim->bohc = (uint32_t)value & ~AHCI_BOHC_BOS;
}

/* --- what is there ----------------------------------------------------------------------- */

static void words_text(uint16_t *words, const char *text, uint32_t bytes)
{
    size_t length = strlen(text);
    for (uint32_t i = 0; i < bytes; i++) {
        uint16_t letter = (uint8_t)(i < length ? text[i] : ' ');
        words[i / 2] = (uint16_t)(words[i / 2] | (i % 2 == 0 ? letter << 8 : letter));
    }
}

static void identity_make(uint16_t *words, uint64_t blocks)
{
    words[ATA_WORD_CAPABILITIES] = ATA_CAPABILITIES_LBA_DMA;
    words[ATA_WORD_QUEUE_DEPTH] = 31;
    words[ATA_WORD_SATA] = ATA_SATA_NCQ;
    words[ATA_WORD_COMMANDS_82] = ATA_COMMANDS_82_WRITE_CACHE;
    words[ATA_WORD_COMMANDS_83] = 0x4000 | ATA_COMMANDS_83_LBA48 | ATA_COMMANDS_83_FLUSH_EXT;
    for (uint32_t i = 0; i < 4; i++)
        words[ATA_WORD_SECTORS + i] = (uint16_t)(blocks >> 16 * i);
    words[ATA_WORD_DATA_SET] = ATA_DATA_SET_TRIM;
    words_text(words + ATA_WORD_MODEL, "Sim disk", ATA_MODEL_BYTES);
    words_text(words + ATA_WORD_SERIAL, "Z9", ATA_SERIAL_BYTES);
}

struct sim_port *ahci_sim_add(struct ahci_sim *sim, uint32_t number, uint64_t blocks)
{
    struct sim_port *port = &sim->ports[number];
    *port = (struct sim_port){
        .is_plugged = true,
        .signature = AHCI_SIGNATURE_ATA,
        .ssts = SSTS_UP,
        .sig = UINT32_MAX,
        .tfd = TFD_NOTHING,
        .fail_block = UINT64_MAX,
        .data = calloc(SIM_BLOCKS, BLOCK_BYTES),
    };
    identity_make(port->identity, blocks);
    return port;
}

void ahci_sim_plug(struct ahci_sim *sim, uint32_t number, bool is_plugged)
{
    struct sim_port *port = &sim->ports[number];
    port->is_plugged = is_plugged;
    port->ssts = is_plugged ? SSTS_UP : 0;
    port_clear(port);
    port->serr |= BIT32(16);
    port_raise(sim, port, AHCI_PXI_PRCS);
}

void ahci_sim_free(struct ahci_sim *sim)
{
    for (uint32_t i = 0; i < SIM_PORTS; i++) {
        free(sim->ports[i].data);
        sim->ports[i].data = nullptr;
    }
}

void ahci_sim_init(struct ahci_sim *sim, bool has_iommu)
{
    *sim = (struct ahci_sim){
        .device = { .context = sim,
                    .read = sim_read,
                    .write = sim_write,
                    .bar_bytes = { [HBA_BAR] = BAR_BYTES },
                    .irq = DEVICE_IRQ_MSI,
                    .messages = 1,
                    .has_iommu = has_iommu },
        .cap = AHCI_CAP_S64A | AHCI_CAP_SNCQ | 31u << 8,
        .pi = BIT32(SIM_PORTS) - 1,
    };
    fake_config_put(&sim->device, 0, 4, 0x29228086);
    fake_config_put(&sim->device, 4, 4, BIT32(20));
    fake_config_put(&sim->device, 0x34, 1, 0x40);
    fake_config_capability(&sim->device, 0x40, 0x01, 0);
    (void)ahci_sim_add(sim, 1, 1u << 20);
}
