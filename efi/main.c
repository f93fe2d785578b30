/* SPDX-License-Identifier: MIT */
#include "acpi.h"
#include "bundle.h"
#include "config.h"
#include "console.h"
#include "entropy.h"
#include "graphics.h"
#include "handover.h"
#include "kept.h"
#include "load.h"
#include "options.h"
#include "page_table.h"
#include "wall_time.h"

#include <cpuid.h>
#include <rt/text.h>

/*
 * The EFI program: collects what the monitor needs to know, loads it, leaves.
 * On failure it says why in one line and goes back to the firmware.
 */
EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

#define SMBIOS_3_ANCHOR "_SM3_"
#define SMBIOS_ANCHOR "_SM_"

static struct boot_info boot_info;

static void firmware_begin(struct firmware *firmware, EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;

    *firmware = (struct firmware){ .image = image, .system = system, .boot = system->BootServices };
    if (EFI_ERROR(firmware->boot->HandleProtocol(image, &guid, (void **)&firmware->loaded)))
        firmware->loaded = NULL;
    /* From here on a hang is ours to explain; a reset after five minutes would hide it. */
    firmware->boot->SetWatchdogTimer(0, 0, 0, NULL);
    console_begin(firmware);
}

static uint64_t smbios_find(const struct firmware *firmware, const struct memory_map *map)
{
    uint64_t address = firmware_table(firmware, (EFI_GUID)SMBIOS3_TABLE_GUID);
    if (address && memory_map_covers(map, address, sizeof(SMBIOS_3_ANCHOR)) &&
        !memcmp((const void *)(uintptr_t)address, SMBIOS_3_ANCHOR, sizeof(SMBIOS_3_ANCHOR) - 1))
        return address;
    address = firmware_table(firmware, (EFI_GUID)SMBIOS_TABLE_GUID);
    if (address && memory_map_covers(map, address, sizeof(SMBIOS_ANCHOR)) &&
        !memcmp((const void *)(uintptr_t)address, SMBIOS_ANCHOR, sizeof(SMBIOS_ANCHOR) - 1))
        return address;
    return 0;
}

/* [Intel SDM 2A CPUID, leaves 80000002-4] */
static void cpu_name_read(char name[52])
{
    uint32_t words[12] = { 0 };
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t *part = words + (size_t)i * 4;
        __get_cpuid(0x80000002 + i, &part[0], &part[1], &part[2], &part[3]);
    }
    memcpy(name, words[0] ? (const char *)words : "x86-64", words[0] ? sizeof(words) : sizeof("x86-64"));
}

static void info_fill(const struct firmware *firmware, const struct memory_map *map, struct boot_info *info)
{
    info->magic = BOOT_INFO_MAGIC;
    info->version = BOOT_INFO_VERSION;
    info->bytes = sizeof(*info);
    info->memory = (uintptr_t)map->digest;
    info->smbios = smbios_find(firmware, map);
    info->runtime_services = (uintptr_t)firmware->system->RuntimeServices;
    graphics_read(firmware, &info->framebuffer);
    acpi_read(firmware, map, &info->acpi);
    info->entropy_source = (uint32_t)entropy_read(firmware, info->entropy);
    config_read(firmware, info);
    options_read(info);
    cpu_name_read(info->cpu);
}

/* Unpacks and checks the bundle and finds the monitor in it; says what is wrong. */
static enum status bundle_open(const struct firmware *firmware, struct boot_info *info, const uint8_t **elf,
                               uint64_t *elf_bytes)
{
    enum status status;
    uint8_t *bundle = bundle_unpack(firmware, &info->bundle_bytes, &status);

    if (bundle)
        status = bundle_monitor_find(bundle, info->bundle_bytes, elf, elf_bytes);
    if (status == ST_NO_MEMORY)
        console_line("too little memory to unpack the bundle");
    else if (status != ST_OK)
        console_line("this image is damaged: the bundle in it is %s",
                     status == ST_IO ? "corrupt (wrong checksum)" : "not valid");
    else
        bundle_cells_check(bundle);
    info->bundle = (uintptr_t)bundle;
    return status;
}

static enum status monitor_load(const struct firmware *firmware, struct boot_info *info,
                                struct load_image *image)
{
    const uint8_t *elf = NULL;
    uint64_t bytes = 0;

    enum status status = bundle_open(firmware, info, &elf, &bytes);
    if (status != ST_OK)
        return status;
    status = load_monitor(firmware, elf, bytes, image);
    if (status == ST_NO_MEMORY)
        console_line("too little memory to load the monitor");
    else if (status != ST_OK)
        console_line("this image is damaged: the monitor in it is not a valid executable");
    info->monitor = image->physical;
    info->monitor_bytes = image->bytes;
    return status;
}

static EFI_STATUS stub_run(const struct firmware *firmware, struct boot_info *info)
{
    struct load_image image;
    struct memory_map map = { 0 };

    kept_read(firmware, info);
    const char *obstacle = handover_obstacle();
    if (obstacle) {
        console_line("cannot start: %s", obstacle);
        return EFI_UNSUPPORTED;
    }
    if (monitor_load(firmware, info, &image) != ST_OK)
        return EFI_LOAD_ERROR;

    enum status status = memory_map_begin(firmware, &map);
    if (status != ST_OK) {
        console_line("cannot read the memory map (status %u)", (unsigned)status);
        return EFI_LOAD_ERROR;
    }
    info->physical_map_bytes = align_up(memory_map_top(&map), PAGE_TABLE_LARGE);
    info_fill(firmware, &map, info);
    info->page_table = page_table_build(firmware, &map, &image, info->physical_map_bytes);
    if (!info->page_table) {
        console_line("too little memory for page tables");
        return EFI_OUT_OF_RESOURCES;
    }
    wall_time_read(firmware, &info->time);
    return handover(firmware, &map, info, image.entry);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    struct firmware firmware;

    boot_info.tsc_entry = __builtin_ia32_rdtsc();
    firmware_begin(&firmware, image, system);
    return stub_run(&firmware, &boot_info);
}
