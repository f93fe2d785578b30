/* SPDX-License-Identifier: MIT */
#include <cells/shell/pci.h>

#include "harness.h"

#include <abi/device.h>

TEST(PCI0001)
{
    for (uint32_t bdf = 0; bdf < 0x10000; bdf++) {
        char text[BDF_TEXT_BYTES];
        uint32_t back = UINT32_MAX;
        bdf_text(bdf, text);
        assert_int_equal(strlen(text), BDF_TEXT_BYTES - 1);
        assert_true(bdf_parse(text, &back));
        assert_int_equal(back, bdf);
    }
}

TEST(PCI0002)
{
    static const char *const wrong[] = {
        "",         "0",        "00:1f",   "00:1f.",  "00:1f.8", "00:20.0", "00:1f.22",
        "0:1f.2",   "000:1f.2", "00:1f,2", "00.1f.2", "0g:1f.2", "00:1g.2", "00:1f.x",
        " 00:1f.2", "00:1f.2 ", "echo",    "-1:00.0", "nvme0",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint32_t bdf = 77;
        if (bdf_parse(wrong[i], &bdf))
            fail_msg("'%s' is taken for a function", wrong[i]);
        assert_int_equal(bdf, 77);
    }
    uint32_t bdf = 0;
    assert_true(bdf_parse("FE:1F.7", &bdf));
    assert_int_equal(bdf, DEVICE_BDF(0xFE, 0x1F, 7));
}

TEST(PCI0003)
{
    assert_string_equal(pci_class_name(0x010802), "nvme");
    assert_string_equal(pci_class_name(0x010801), "flash storage");
    assert_string_equal(pci_class_name(0x010601), "sata (ahci)");
    assert_string_equal(pci_class_name(0x010000), "scsi");
    assert_string_equal(pci_class_name(0x018000), "storage");
    assert_string_equal(pci_class_name(0x020000), "ethernet");
    assert_string_equal(pci_class_name(0x060000), "host bridge");
    assert_string_equal(pci_class_name(0x060400), "pci bridge");
    assert_string_equal(pci_class_name(0x00FF00), "unclassified");
    assert_string_equal(pci_class_name(0xEE0000), "unknown");
    assert_string_equal(pci_class_name(UINT32_MAX), "unclassified");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, PCI0001, "every function can be written and read back");
    ADD(&harness, PCI0002, "what is not exactly a function is none");
    ADD(&harness, PCI0003, "the finest class that fits is named, whatever the device says");
    return harness_run("pci", &harness);
}
