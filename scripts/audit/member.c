/* SPDX-License-Identifier: MIT */
#include "member.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <stdlib.h>
#include <string.h>
#include <warden/match.h>

static struct member *member_add(struct members *members, const char *name, const char *image)
{
    struct member *member = &members->at[members->count++];
    (void)text_copy(member->name, sizeof(member->name), name);
    (void)text_copy(member->image, sizeof(member->image), image);
    return member;
}

void members_begin(struct members *members)
{
    for (uint32_t i = 0; i < members->appliance.cell_count; i++) {
        const struct appliance_cell *cell = &members->appliance.cells[i];
        struct member *member = member_add(members, cell->name, cell->image);
        member->is_manual = !cell->is_auto;
        member->manifest = cell->is_auto ? bundle_manifest(members->bundle, cell->image) : nullptr;
    }
    member_add(members, APPLIANCE_WARDEN, APPLIANCE_WARDEN)->manifest = bundle_manifest(members->bundle,
                                                                                        APPLIANCE_WARDEN);
}

static bool name_is_taken(const struct members *members, const char *name)
{
    for (uint32_t i = 0; i < members->count; i++)
        if (text_equal(members->at[i].name, name))
            return true;
    return false;
}

/* As instance_make() of cells/warden/driver.c names and numbers them. */
static void driver_add(struct members *members, const struct appliance_driver *driver,
                       const struct device_record *device)
{
    char name[2 * CELL_NAME_BYTES];
    uint32_t number = 0;
    do
        (void)text_format(name, sizeof(name), "%s%u", driver->cell.image, number++);
    while (name_is_taken(members, name));
    if (strlen(name) >= CELL_NAME_BYTES || members->count > APPLIANCE_CELL_MAX)
        return;
    struct member *member = member_add(members, name, driver->cell.image);
    member->is_driver = true;
    member->is_manual = !driver->cell.is_auto;
    member->device = device;
    member->manifest = bundle_manifest(members->bundle, driver->cell.image);
}

void members_add_possible(struct members *members)
{
    for (uint32_t i = 0; i < members->count; i++)
        members->at[i].manifest = bundle_manifest(members->bundle, members->at[i].image);
    for (uint32_t i = 0; i < members->appliance.driver_count; i++)
        driver_add(members, &members->appliance.drivers[i], nullptr);
}

void members_add_drivers(struct members *members)
{
    const struct manifest *manifests[APPLIANCE_DRIVER_MAX] = { nullptr };
    for (uint32_t i = 0; i < members->appliance.driver_count; i++)
        manifests[i] = bundle_manifest(members->bundle, members->appliance.drivers[i].cell.image);
    for (uint32_t i = 0; i < members->device_count; i++) {
        uint32_t driver = match_choose(&members->appliance, manifests, &members->devices[i]);
        if (driver != MATCH_NONE && members->appliance.drivers[driver].cell.is_auto)
            driver_add(members, &members->appliance.drivers[driver], &members->devices[i]);
    }
}

static uint32_t irq_parse(const char *name)
{
    static const char *const names[] = { "none", "msix", "msi", "intx" };
    for (uint32_t i = 0; i < ARRAY_COUNT(names); i++)
        if (text_equal(names[i], name))
            return i;
    return DEVICE_IRQ_NONE;
}

/* A letter and a size; where the registers lie is not told, but whether a driver can have them. */
static void bar_parse(struct device_bar *bar, const char *text)
{
    bar->bytes = text[0] == '-' ? 0 : strtoull(text + 1, nullptr, 16);
    bar->is_io = text[0] == 'p';
    bar->base = text[0] == 'u' ? 1 : 0;
}

static void bars_parse(struct device_record *device, const char *text)
{
    for (uint32_t i = 0; i < DEVICE_BARS && text != nullptr; i++) {
        bar_parse(&device->bars[i], text);
        text = strchr(text, ',');
        text = text != nullptr ? text + 1 : nullptr;
    }
}

/* The number at *text, which ends at `end` and moves on behind it; UINT32_MAX: there is none. */
static uint32_t number_take(const char **text, int base, char end)
{
    char *behind;
    unsigned long number = strtoul(*text, &behind, base);
    if (behind == *text || *behind != end || number >= UINT32_MAX)
        return UINT32_MAX;
    *text = behind + 1;
    return (uint32_t)number;
}

/* The word at *text up to a blank; false: it is too long, or the last one. */
static bool word_take(const char **text, char *word, size_t bytes)
{
    size_t length = strcspn(*text, " ");
    if ((*text)[length] == '\0' || length >= bytes)
        return false;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length + 1;
    return true;
}

bool members_device_parse(struct members *members, const char *text)
{
    char irq[8] = "";
    if (members->device_count == DEVICE_MAX)
        return false;
    uint32_t bus = number_take(&text, 16, ':'), slot = number_take(&text, 16, '.');
    uint32_t function = number_take(&text, 16, ' ');
    uint32_t vendor = number_take(&text, 16, ' '), id = number_take(&text, 16, ' ');
    uint32_t class_code = number_take(&text, 16, ' ');
    bool is_good = word_take(&text, irq, sizeof(irq));
    uint32_t messages = number_take(&text, 10, ' '), iommu = number_take(&text, 10, ' ');
    if (!is_good || bus > 0xFF || slot > 31 || function > 7 || vendor > UINT16_MAX || id > UINT16_MAX ||
        class_code > 0xFFFFFF || messages == UINT32_MAX || iommu > 1)
        return false;
    struct device_record *device = &members->devices[members->device_count++];
    *device = (struct device_record){ .bdf = DEVICE_BDF(bus, slot, function),
                                      .vendor = (uint16_t)vendor,
                                      .device = (uint16_t)id,
                                      .class_code = class_code,
                                      .irq = irq_parse(irq),
                                      .messages = messages,
                                      .behind_iommu = iommu };
    bars_parse(device, text);
    return true;
}
