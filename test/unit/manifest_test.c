/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "refusal.h"

#include <abi/device.h>
#include <core/manifest.h>
#include <efi/cell_check.h>
#include <efi/manifest_check.h>

static struct cell_image file;

/* What the test has made of file.manifest. */
static const char *check(void)
{
    return manifest_check(&file.manifest, CELL_IMAGE_SPAN);
}

#define M(name, member, value, why) BREAK(name, struct manifest, member, value, why)
#define B(name, member, value, why) BREAK_BYTE(name, struct manifest, member, value, why)

static const struct refusal breakages[] = {
    M("MAN0010: another magic", magic, 0, "not a manifest"),
    M("MAN0011: another version", version, MANIFEST_VERSION + 1, "of another version"),
    M("MAN0012: another size", bytes, 0, "not a manifest"),
    M("MAN0013: unknown flags", flags, MANIFEST_SCAN_ONLY << 1, "unknown flags"),
    M("MAN0018: unknown flags and a known one", flags, MANIFEST_SCAN_ONLY | 0x80000000, "unknown flags"),
    M("MAN0019: not to be verified", flags, MANIFEST_SCAN_ONLY, nullptr),
    M("MAN0014: unknown device class", device_class, CLASS_COUNT, "unknown device class"),
    M("MAN0015: device class of 2^32 - 1", device_class, UINT32_MAX, "unknown device class"),
    M("MAN0016: unknown restart policy", restart_policy, 3, "unknown restart policy"),

    B("MAN0020: no name", name[0], 0, "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0021: an upper-case name", name[0], 'S', "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0022: a name with a slash", name[1], '/', "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0023: a name with a space", name[1], ' ', "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0024: a name with a high byte", name[1], 0xE9, "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0025: bytes after the name's end", name[10], 'x', "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0026: a name cut in two", name[3], 0, "name is not 1..15 of a-z 0-9 _ -"),
    B("MAN0027: an escape sequence in the vendor", vendor[0], 0x1B, "vendor is not printable text"),
    B("MAN0028: bytes after the vendor's end", vendor[31], '!', "vendor is not printable text"),
    B("MAN0029: a line break in the description", description[3], '\n', "description is not printable text"),
    B("MAN0030: digits, dash and underline in a name", name[1], '-', nullptr),

    M("MAN0040: too little memory to be one", limits.memory_kib, MANIFEST_MEMORY_KIB_MIN - 4,
      "memory limit out of range"),
    M("MAN0041: too much memory", limits.memory_kib, MANIFEST_MEMORY_KIB_MAX + 4,
      "memory limit out of range"),
    M("MAN0042: part of a page of memory", limits.memory_kib, 1025, "memory limit out of range"),
    M("MAN0043: memory of 2^32 - 1 KiB", limits.memory_kib, UINT32_MAX, "memory limit out of range"),
    M("MAN0044: 101 percent of a CPU", limits.cpu_percent, 101, "CPU limit out of range"),
    M("MAN0045: too many requests", limits.concurrent_requests, MANIFEST_CONCURRENT_MAX + 1,
      "request limit out of range"),
    M("MAN0046: too many interrupts", limits.irq_per_second, MANIFEST_IRQ_PER_SECOND_MAX + 1,
      "interrupt limit out of range"),
    M("MAN0047: too long an operation", limits.operation_timeout_ms, MANIFEST_TIMEOUT_MS_MAX + 1,
      "operation timeout out of range"),
    M("MAN0048: too large a stack", limits.stack_kib, MANIFEST_STACK_KIB_MAX + 4, "stack size out of range"),
    M("MAN0049: part of a page of stack", limits.stack_kib, 5, "stack size out of range"),
    M("MAN0050: priority over the highest", limits.priority, 32, "priority out of range"),
    M("MAN0051: memory below image and stacks", limits.stack_kib, 1024,
      "memory limit below image and stacks"),
    M("MAN0052: any bandwidth", limits.bandwidth_kib_per_s, UINT32_MAX, nullptr),
    M("MAN0053: the lowest priority", limits.priority, 1, nullptr),
    M("MAN0054: the highest priority", limits.priority, 31, nullptr),

    M("MAN0060: provided, neither gate nor channel", provides[0].flags, 0, "provided interface: bad flags"),
    M("MAN0061: provided with a flag of uses", provides[0].flags, INTERFACE_GATE | INTERFACE_MANY,
      "provided interface: bad flags"),
    M("MAN0062: provided with an unknown flag", provides[0].flags, INTERFACE_GATE | 0x80000000,
      "provided interface: bad flags"),
    M("MAN0063: no such gate entry", provides[0].entry, CELL_ENTRY_MAX, "provided interface: no such entry"),
    M("MAN0064: gate entry 2^32 - 1", provides[0].entry, UINT32_MAX, "provided interface: no such entry"),
    M("MAN0065: gate entry without a gate", provides[0].flags, INTERFACE_CHANNEL,
      "provided interface: no such entry"),
    B("MAN0066: provided name not terminated as it should be", provides[1].name[15], 'x',
      "provided interface: bad name"),
    B("MAN0067: a hole in the provided interfaces", provides[0].name[0], 0,
      "rubbish in an unused slot of a table"),
    M("MAN0068: rubbish after the provided interfaces", provides[3].entry, 1,
      "rubbish in an unused slot of a table"),

    M("MAN0080: used, neither gate nor channel", uses[0].flags, INTERFACE_MANY, "used interface: bad flags"),
    M("MAN0081: used with an unknown flag", uses[0].flags, INTERFACE_CHANNEL | 16,
      "used interface: bad flags"),
    M("MAN0082: channel below the least size", uses[0].channel_kib, 28, "used interface: bad channel size"),
    M("MAN0083: channel above the largest size", uses[0].channel_kib, 65540,
      "used interface: bad channel size"),
    M("MAN0084: channel with part of a page", uses[0].channel_kib, 65, "used interface: bad channel size"),
    M("MAN0085: channel of no size", uses[0].channel_kib, 0, "used interface: bad channel size"),
    M("MAN0086: a size without a channel", uses[1].channel_kib, 64, "used interface: bad channel size"),
    B("MAN0087: a bad name in use", uses[1].name[2], 0x7F, "used interface: bad name"),
    B("MAN0088: a hole in the used interfaces", uses[0].name[0], 0, "rubbish in an unused slot of a table"),
    M("MAN0089: rubbish after the used interfaces", uses[7].channel_kib, 4,
      "rubbish in an unused slot of a table"),
    M("MAN0090: the largest channel", uses[0].channel_kib, 65536, nullptr),
    M("MAN0091: the smallest channel", uses[0].channel_kib, 32, nullptr),

    M("MAN0100: a right that is none", caps[0].rights, 64, "capability: bad rights"),
    M("MAN0101: no rights", caps[0].rights, 0, "capability: bad rights"),
    M("MAN0102: unknown capability type", caps[4].type, CAP_TYPE_COUNT, "capability: not a type to ask for"),
    M("MAN0103: capability type 2^32 - 1", caps[4].type, UINT32_MAX, "capability: not a type to ask for"),
    M("MAN0104: asks for an edge", caps[4].type, CAP_EDGE, "capability: not a type to ask for"),
    M("MAN0105: asks for a channel", caps[4].type, CAP_CHANNEL, "capability: not a type to ask for"),
    M("MAN0106: asks for a doorbell", caps[4].type, CAP_NOTIFY, "capability: not a type to ask for"),
    M("MAN0107: ports past 0xFFFF", caps[0].base, 0xFFF9, "capability: no such I/O ports"),
    M("MAN0108: the last ports", caps[0].base, 0xFFF8, nullptr),
    M("MAN0109: ports that wrap around", caps[0].size, UINT64_MAX, "capability: no such I/O ports"),
    M("MAN0110: port base of 2^64 - 8", caps[0].base, UINT64_MAX - 7, "capability: no such I/O ports"),
    M("MAN0111: no ports", caps[0].size, 0, "capability: no such I/O ports"),
    M("MAN0112: interrupt 16", caps[1].base, 16, "capability: no such interrupt"),
    M("MAN0113: interrupt 2^64 - 1", caps[1].base, UINT64_MAX, "capability: no such interrupt"),
    M("MAN0114: two interrupts at once", caps[1].size, 2, "capability: no such interrupt"),
    M("MAN0115: memory with part of a page", caps[2].size, 4097, "capability: bad memory size"),
    M("MAN0116: too large a memory object", caps[2].size, MIB(64) + 4096, "capability: bad memory size"),
    M("MAN0117: memory of 2^64 - 4096 bytes", caps[2].size, UINT64_MAX - 4095, "capability: bad memory size"),
    M("MAN0118: memory of no size", caps[2].size, 0, "capability: bad memory size"),
    M("MAN0119: memory at an address of its choice", caps[2].base, PAGE_BYTES, "capability: bad memory size"),
    M("MAN0120: control of cell 64", caps[3].base, CELL_MAX, "capability: no such cell"),
    M("MAN0121: a log with a size", caps[4].size, 1, "capability: takes no base and no size"),
    M("MAN0122: a hole in the capabilities", caps[1].type, CAP_NONE, "rubbish in an unused slot of a table"),
    M("MAN0123: rubbish after the capabilities", caps[7].base, 1, "rubbish in an unused slot of a table"),
    M("MAN0124: the largest memory object", caps[2].size, MIB(64), nullptr),
    M("MAN0125: control of the last cell", caps[3].base, CELL_MAX - 1, nullptr),
    M("MAN0126: control of cells with a size", caps[3].size, 1, "capability: no such cell"),
};

/* What drivers ask for. */
static const struct manifest_cap driver_caps[MANIFEST_CAP_MAX] = {
    { CAP_DEVICE, RIGHT_READ | RIGHT_WRITE, 0, 0 },
    { CAP_MMIO, RIGHT_READ | RIGHT_WRITE, MMIO_BAR(5, MMIO_WRITE_COMBINING), 4096 },
    { CAP_DMA, RIGHT_READ | RIGHT_WRITE, 0, MIB(1) },
    { CAP_DEVICE_IRQ, RIGHT_READ, 2, 0 },
    { CAP_PCI, RIGHT_READ, 0, 0 },
};

static const struct refusal driver_breakages[] = {
    M("MAN0200: a function of its choice", caps[0].base, 8, "capability: takes no base and no size"),
    M("MAN0201: a function with a size", caps[0].size, 1, "capability: takes no base and no size"),
    M("MAN0202: BAR 6", caps[1].base, MMIO_BAR(6, 0), "capability: no such registers"),
    M("MAN0203: BAR 255", caps[1].base, MMIO_BAR(255, 0), "capability: no such registers"),
    M("MAN0204: a way of caching that is none", caps[1].base, MMIO_BAR(0, 4),
      "capability: no such registers"),
    M("MAN0205: a BAR of 2^64 - 1", caps[1].base, UINT64_MAX, "capability: no such registers"),
    M("MAN0206: the last BAR, cached", caps[1].base, MMIO_BAR(5, MMIO_WRITE_BACK), nullptr),
    M("MAN0207: all of a BAR", caps[1].size, 0, nullptr),
    M("MAN0208: as many registers as there may be", caps[1].size, MMIO_BYTES_MAX, nullptr),
    M("MAN0209: more registers than there may be", caps[1].size, MMIO_BYTES_MAX + 1,
      "capability: no such registers"),
    M("MAN0210: DMA memory at an address of its choice", caps[2].base, PAGE_BYTES,
      "capability: bad size of DMA memory"),
    M("MAN0211: no DMA memory", caps[2].size, 0, "capability: bad size of DMA memory"),
    M("MAN0212: DMA memory with part of a page", caps[2].size, 4097, "capability: bad size of DMA memory"),
    M("MAN0213: too much DMA memory", caps[2].size, MMIO_BYTES_MAX + PAGE_BYTES,
      "capability: bad size of DMA memory"),
    M("MAN0214: as much DMA memory as there may be", caps[2].size, MMIO_BYTES_MAX, nullptr),
    M("MAN0215: message 2047", caps[3].base, 2047, nullptr),
    M("MAN0216: message 2048", caps[3].base, 2048, "capability: no such interrupt"),
    M("MAN0217: messages by the dozen", caps[3].size, 12, "capability: no such interrupt"),
    M("MAN0218: configuration space from a place on", caps[4].base, 1,
      "capability: takes no base and no size"),
    M("MAN0219: a channel that a device reaches", provides[1].flags,
      INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_DMA, nullptr),
    M("MAN0220: a gate that a device reaches", provides[1].flags, INTERFACE_GATE | INTERFACE_DMA,
      "provided interface: bad flags"),
    M("MAN0221: used with a flag of provides", uses[0].flags, INTERFACE_CHANNEL | INTERFACE_DMA,
      "used interface: bad flags"),
};

static void breakage_try(const struct refusal *refusal)
{
    struct manifest before;
    refusal_apply(refusal, &file.manifest);
    before = file.manifest;
    refusal_expect(refusal, check());
    if (refusal->why != nullptr)
        assert_memory_equal(&before, &file.manifest, sizeof(before));
}

static void breakage_test(void **state)
{
    cell_image_make(&file);
    breakage_try(*state);
}

static void driver_test(void **state)
{
    cell_image_make(&file);
    memcpy(file.manifest.caps, driver_caps, sizeof(driver_caps));
    breakage_try(*state);
}

TEST(MAN0001)
{
    cell_image_make(&file);
    struct manifest before = file.manifest;
    assert_null(check());
    before.limits = file.manifest.limits;
    assert_memory_equal(&before, &file.manifest, sizeof(before));
}

TEST(MAN0002)
{
    cell_image_make(&file);
    assert_null(check());
    const struct manifest_limits *limits = &file.manifest.limits;
    assert_int_equal(limits->memory_kib, 1024);
    assert_int_equal(limits->cpu_percent, 100);
    assert_int_equal(limits->concurrent_requests, 64);
    assert_int_equal(limits->irq_per_second, 100000);
    assert_int_equal(limits->operation_timeout_ms, 1000);
    assert_int_equal(limits->bandwidth_kib_per_s, 0);
    assert_int_equal(limits->stack_kib, 16);
    assert_int_equal(limits->priority, 8);
}

TEST(MAN0003)
{
    cell_image_make(&file);
    memset(&file.manifest, 0, sizeof(file.manifest));
    assert_string_equal(check(), "not a manifest");
}

TEST(MAN0004)
{
    cell_image_make(&file);
    memset(file.manifest.name, 'a', sizeof(file.manifest.name));
    assert_non_null(check());
    file.manifest.name[CELL_NAME_BYTES - 1] = '\0';
    assert_null(check());
    memset(file.manifest.vendor, 'v', sizeof(file.manifest.vendor));
    assert_non_null(check());
    file.manifest.vendor[31] = '\0';
    assert_null(check());
}

TEST(MAN0005)
{
    cell_image_make(&file);
    file.manifest.provides[1] = file.manifest.provides[0];
    assert_string_equal(check(), "interface named twice");
    cell_image_make(&file);
    file.manifest.uses[2] = file.manifest.uses[0];
    assert_string_equal(check(), "interface named twice");
}

TEST(MAN0006)
{
    /* Every slot in use: no terminator to be found, none needed. */
    cell_image_make(&file);
    struct manifest *full = &file.manifest;
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX; i++) {
        full->provides[i] = (struct manifest_provides){ "p0", INTERFACE_GATE, i };
        full->provides[i].name[1] += (char)i;
    }
    for (uint32_t i = 0; i < MANIFEST_USES_MAX; i++) {
        full->uses[i] = (struct manifest_uses){ "u0", INTERFACE_GATE, 0 };
        full->uses[i].name[1] += (char)i;
    }
    for (uint32_t i = 0; i < MANIFEST_CAP_MAX; i++)
        full->caps[i] = (struct manifest_cap){ CAP_IRQ, RIGHT_READ, i, 0 };
    assert_null(check());
    full->uses[7].name[1] = '0';
    assert_non_null(check());
}

TEST(MAN0007)
{
    /* What has been settled once is sound, and stays as it is. */
    cell_image_make(&file);
    assert_null(check());
    struct manifest settled = file.manifest;
    assert_null(check());
    assert_memory_equal(&settled, &file.manifest, sizeof(settled));
}

TEST(MAN0008)
{
    const char *part = nullptr;
    cell_image_make(&file);
    assert_null(cell_check(&file, CELL_IMAGE_BYTES, &part));
    assert_int_equal(file.manifest.limits.priority, 8);
    file.header.machine++;
    assert_non_null(cell_check(&file, CELL_IMAGE_BYTES, &part));
    assert_string_equal(part, "image");
    cell_image_make(&file);
    file.relocations[0] = 0;
    assert_non_null(cell_check(&file, CELL_IMAGE_BYTES, &part));
    assert_string_equal(part, "image");
    cell_image_make(&file);
    file.manifest.limits.memory_kib = 64;
    file.manifest.limits.stack_kib = 28;
    assert_string_equal(cell_check(&file, CELL_IMAGE_BYTES, &part), "memory limit below image and stacks");
    assert_string_equal(part, "manifest");
    cell_image_make(&file);
    file.header.maps = 0;
    assert_string_equal(cell_check(&file, CELL_IMAGE_BYTES, &part),
                        "no room for the maps in its relocated constants");
    assert_string_equal(part, "image");
    file.manifest.flags = MANIFEST_SCAN_ONLY;
    assert_null(cell_check(&file, CELL_IMAGE_BYTES, &part));
}

TEST(MAN0009)
{
    static struct manifest other;
    cell_image_make(&file);
    other = file.manifest;
    assert_null(manifest_offer(&file.manifest, 0, &other, INTERFACE_CHANNEL));
    strcpy(other.provides[1].name, "console");
    assert_ptr_equal(manifest_offer(&file.manifest, 0, &other, INTERFACE_CHANNEL), &other.provides[1]);
    assert_null(manifest_offer(&file.manifest, 0, &other, INTERFACE_GATE));
    assert_null(manifest_offer(&file.manifest, 7, &other, INTERFACE_CHANNEL));
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, MAN0001, "a sound manifest is accepted, and but for the limits left alone");
    ADD(&harness, MAN0002, "what is 0 gets its default");
    ADD(&harness, MAN0003, "zeros are no manifest");
    ADD(&harness, MAN0004, "names and texts must end inside their fields");
    ADD(&harness, MAN0005, "no interface may be named twice");
    ADD(&harness, MAN0006, "full tables are read to their end and no further");
    ADD(&harness, MAN0007, "defaults are sound themselves");
    ADD(&harness, MAN0008, "a cell is its image, its manifest and its relocations");
    ADD(&harness, MAN0009, "an offer is of that name and that kind");
    ADD_TABLE(&harness, breakages, breakage_test);
    ADD_TABLE(&harness, driver_breakages, driver_test);
    return harness_run("manifest", &harness);
}
