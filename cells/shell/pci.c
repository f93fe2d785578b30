/* SPDX-License-Identifier: MIT */
#include "pci.h"

#include <abi/device.h>
#include <rt/bits.h>
#include <rt/text.h>

void bdf_text(uint32_t bdf, char text[BDF_TEXT_BYTES])
{
    (void)text_format(text, BDF_TEXT_BYTES, "%02x:%02x.%u", DEVICE_BUS(bdf), DEVICE_SLOT(bdf),
                      DEVICE_FUNCTION(bdf));
}

/* One hexadecimal digit; 16: none. */
static uint32_t digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return (uint32_t)(byte - '0');
    if (byte >= 'a' && byte <= 'f')
        return (uint32_t)(byte - 'a') + 10;
    if (byte >= 'A' && byte <= 'F')
        return (uint32_t)(byte - 'A') + 10;
    return 16;
}

bool bdf_parse(const char *text, uint32_t *bdf)
{
    static const char shape[] = "xx:xx.x";
    uint32_t digits[5], count = 0;
    for (uint32_t i = 0; i < sizeof(shape) - 1; i++) {
        if (shape[i] != 'x' && text[i] != shape[i])
            return false;
        if (shape[i] != 'x')
            continue;
        digits[count] = digit_of(text[i]); /* the end of the text is no digit */
        if (digits[count++] > 15)
            return false;
    }
    uint32_t slot = digits[2] << 4 | digits[3];
    if (text[sizeof(shape) - 1] != '\0' || slot > 0x1F || digits[4] > 7)
        return false;
    *bdf = DEVICE_BDF(digits[0] << 4 | digits[1], slot, digits[4]);
    return true;
}

struct pci_class {
    uint32_t code, mask;
    const char *name;
};

#define FULL 0xFFFFFFu
#define SUBCLASS 0xFFFF00u
#define CLASS 0xFF0000u

/* The first that fits: the finer ones stand before the coarser. */
static const struct pci_class classes[] = {
    { 0x010802, FULL, "nvme" },
    { 0x010601, FULL, "sata (ahci)" },
    { 0x010000, SUBCLASS, "scsi" },
    { 0x010100, SUBCLASS, "ide" },
    { 0x010600, SUBCLASS, "sata" },
    { 0x010800, SUBCLASS, "flash storage" },
    { 0x010000, CLASS, "storage" },
    { 0x020000, SUBCLASS, "ethernet" },
    { 0x020000, CLASS, "network" },
    { 0x030000, SUBCLASS, "vga" },
    { 0x030000, CLASS, "display" },
    { 0x040300, SUBCLASS, "hd audio" },
    { 0x040000, CLASS, "multimedia" },
    { 0x050000, CLASS, "memory" },
    { 0x060000, SUBCLASS, "host bridge" },
    { 0x060100, SUBCLASS, "isa bridge" },
    { 0x060400, SUBCLASS, "pci bridge" },
    { 0x060000, CLASS, "bridge" },
    { 0x070000, SUBCLASS, "serial" },
    { 0x078000, SUBCLASS, "communication" },
    { 0x070000, CLASS, "communication" },
    { 0x080600, SUBCLASS, "iommu" },
    { 0x080000, CLASS, "system" },
    { 0x090000, CLASS, "input" },
    { 0x0C0310, FULL, "usb (ohci)" },
    { 0x0C0300, FULL, "usb (uhci)" },
    { 0x0C0320, FULL, "usb (ehci)" },
    { 0x0C0330, FULL, "usb (xhci)" },
    { 0x0C0500, SUBCLASS, "smbus" },
    { 0x0C0000, CLASS, "serial bus" },
    { 0x0D0000, CLASS, "wireless" },
    { 0x100000, CLASS, "encryption" },
    { 0x110000, CLASS, "signal" },
    { 0x120000, CLASS, "accelerator" },
    { 0x00FF00, SUBCLASS, "unclassified" },
    { 0xFF0000, CLASS, "unclassified" },
};

const char *pci_class_name(uint32_t class_code)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(classes); i++)
        if ((class_code & classes[i].mask) == classes[i].code)
            return classes[i].name;
    return "unknown";
}
