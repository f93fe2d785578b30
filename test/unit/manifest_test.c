/* SPDX-License-Identifier: MIT */
#include "cell_image.h"
#include "harness.h"

#include <core/manifest.h>

static struct cell_image file;
static struct image image;
static struct manifest manifest;
static const char *why;

/* Loads what the test has made of file.manifest. */
static enum status load(void)
{
    assert_int_equal(image_check(&file, CELL_IMAGE_BYTES, &image), ST_OK);
    memset(&manifest, 0xA5, sizeof(manifest));
    why = nullptr;
    return manifest_load(&image, &manifest, &why);
}

#define M(name, member, value, expected) BREAK(name, struct manifest, member, value, expected)
#define B(name, member, value, expected) BREAK_BYTE(name, struct manifest, member, value, expected)

static const struct breakage breakages[] = {
    M("MAN0010: another magic", magic, 0, ST_INVALID),
    M("MAN0011: another version", version, 2, ST_UNSUPPORTED),
    M("MAN0012: another size", bytes, 0, ST_INVALID),
    M("MAN0013: unknown flags", flags, 1, ST_INVALID),
    M("MAN0014: unknown device class", device_class, CLASS_COUNT, ST_INVALID),
    M("MAN0015: device class of 2^32 - 1", device_class, UINT32_MAX, ST_INVALID),
    M("MAN0016: unknown restart policy", restart_policy, 3, ST_INVALID),

    B("MAN0020: no name", name[0], 0, ST_INVALID),
    B("MAN0021: an upper-case name", name[0], 'S', ST_INVALID),
    B("MAN0022: a name with a slash", name[1], '/', ST_INVALID),
    B("MAN0023: a name with a space", name[1], ' ', ST_INVALID),
    B("MAN0024: a name with a high byte", name[1], 0xE9, ST_INVALID),
    B("MAN0025: bytes after the name's end", name[10], 'x', ST_INVALID),
    B("MAN0026: a name cut in two", name[3], 0, ST_INVALID),
    B("MAN0027: an escape sequence in the vendor", vendor[0], 0x1B, ST_INVALID),
    B("MAN0028: bytes after the vendor's end", vendor[31], '!', ST_INVALID),
    B("MAN0029: a line break in the description", description[3], '\n', ST_INVALID),
    B("MAN0030: digits, dash and underline in a name", name[1], '-', ST_OK),

    M("MAN0040: too little memory to be one", limits.memory_kib, MANIFEST_MEMORY_KIB_MIN - 4, ST_INVALID),
    M("MAN0041: too much memory", limits.memory_kib, MANIFEST_MEMORY_KIB_MAX + 4, ST_INVALID),
    M("MAN0042: part of a page of memory", limits.memory_kib, 1025, ST_INVALID),
    M("MAN0043: memory of 2^32 - 1 KiB", limits.memory_kib, UINT32_MAX, ST_INVALID),
    M("MAN0044: 101 percent of a CPU", limits.cpu_percent, 101, ST_INVALID),
    M("MAN0045: too many requests", limits.concurrent_requests, MANIFEST_CONCURRENT_MAX + 1, ST_INVALID),
    M("MAN0046: too many interrupts", limits.irq_per_second, MANIFEST_IRQ_PER_SECOND_MAX + 1, ST_INVALID),
    M("MAN0047: too long an operation", limits.operation_timeout_ms, MANIFEST_TIMEOUT_MS_MAX + 1, ST_INVALID),
    M("MAN0048: too large a stack", limits.stack_kib, MANIFEST_STACK_KIB_MAX + 4, ST_INVALID),
    M("MAN0049: part of a page of stack", limits.stack_kib, 5, ST_INVALID),
    M("MAN0050: priority over the highest", limits.priority, 32, ST_INVALID),
    M("MAN0051: memory below image and stacks", limits.stack_kib, 1024, ST_INVALID),
    M("MAN0052: any bandwidth", limits.bandwidth_kib_per_s, UINT32_MAX, ST_OK),
    M("MAN0053: the lowest priority", limits.priority, 1, ST_OK),
    M("MAN0054: the highest priority", limits.priority, 31, ST_OK),

    M("MAN0060: provided, neither gate nor channel", provides[0].flags, 0, ST_INVALID),
    M("MAN0061: provided with a flag of uses", provides[0].flags, INTERFACE_GATE | INTERFACE_MANY,
      ST_INVALID),
    M("MAN0062: provided with an unknown flag", provides[0].flags, INTERFACE_GATE | 0x80000000, ST_INVALID),
    M("MAN0063: no such gate entry", provides[0].entry, CELL_ENTRY_MAX, ST_INVALID),
    M("MAN0064: gate entry 2^32 - 1", provides[0].entry, UINT32_MAX, ST_INVALID),
    M("MAN0065: gate entry without a gate", provides[0].flags, INTERFACE_CHANNEL, ST_INVALID),
    B("MAN0066: provided name not terminated as it should be", provides[1].name[15], 'x', ST_INVALID),
    B("MAN0067: a hole in the provided interfaces", provides[0].name[0], 0, ST_INVALID),
    M("MAN0068: rubbish after the provided interfaces", provides[3].entry, 1, ST_INVALID),

    M("MAN0080: used, neither gate nor channel", uses[0].flags, INTERFACE_MANY, ST_INVALID),
    M("MAN0081: used with an unknown flag", uses[0].flags, INTERFACE_CHANNEL | 16, ST_INVALID),
    M("MAN0082: channel below the least size", uses[0].channel_kib, 28, ST_INVALID),
    M("MAN0083: channel above the largest size", uses[0].channel_kib, 65540, ST_INVALID),
    M("MAN0084: channel with part of a page", uses[0].channel_kib, 65, ST_INVALID),
    M("MAN0085: channel of no size", uses[0].channel_kib, 0, ST_INVALID),
    M("MAN0086: a size without a channel", uses[1].channel_kib, 64, ST_INVALID),
    B("MAN0087: a bad name in use", uses[1].name[2], 0x7F, ST_INVALID),
    B("MAN0088: a hole in the used interfaces", uses[0].name[0], 0, ST_INVALID),
    M("MAN0089: rubbish after the used interfaces", uses[7].channel_kib, 4, ST_INVALID),
    M("MAN0090: the largest channel", uses[0].channel_kib, 65536, ST_OK),
    M("MAN0091: the smallest channel", uses[0].channel_kib, 32, ST_OK),

    M("MAN0100: a right that is none", caps[0].rights, 64, ST_INVALID),
    M("MAN0101: no rights", caps[0].rights, 0, ST_INVALID),
    M("MAN0102: unknown capability type", caps[4].type, CAP_TYPE_COUNT, ST_INVALID),
    M("MAN0103: capability type 2^32 - 1", caps[4].type, UINT32_MAX, ST_INVALID),
    M("MAN0104: asks for an edge", caps[4].type, CAP_EDGE, ST_INVALID),
    M("MAN0105: asks for a channel", caps[4].type, CAP_CHANNEL, ST_INVALID),
    M("MAN0106: asks for a doorbell", caps[4].type, CAP_NOTIFY, ST_INVALID),
    M("MAN0107: ports past 0xFFFF", caps[0].base, 0xFFF9, ST_INVALID),
    M("MAN0108: the last ports", caps[0].base, 0xFFF8, ST_OK),
    M("MAN0109: ports that wrap around", caps[0].size, UINT64_MAX, ST_INVALID),
    M("MAN0110: port base of 2^64 - 8", caps[0].base, UINT64_MAX - 7, ST_INVALID),
    M("MAN0111: no ports", caps[0].size, 0, ST_INVALID),
    M("MAN0112: interrupt 16", caps[1].base, 16, ST_INVALID),
    M("MAN0113: interrupt 2^64 - 1", caps[1].base, UINT64_MAX, ST_INVALID),
    M("MAN0114: two interrupts at once", caps[1].size, 2, ST_INVALID),
    M("MAN0115: memory with part of a page", caps[2].size, 4097, ST_INVALID),
    M("MAN0116: too large a memory object", caps[2].size, MIB(64) + 4096, ST_INVALID),
    M("MAN0117: memory of 2^64 - 4096 bytes", caps[2].size, UINT64_MAX - 4095, ST_INVALID),
    M("MAN0118: memory of no size", caps[2].size, 0, ST_INVALID),
    M("MAN0119: memory at an address of its choice", caps[2].base, PAGE_BYTES, ST_INVALID),
    M("MAN0120: control of cell 64", caps[3].base, CELL_MAX, ST_INVALID),
    M("MAN0121: a log with a size", caps[4].size, 1, ST_INVALID),
    M("MAN0122: a hole in the capabilities", caps[1].type, CAP_NONE, ST_INVALID),
    M("MAN0123: rubbish after the capabilities", caps[7].base, 1, ST_INVALID),
    M("MAN0124: the largest memory object", caps[2].size, MIB(64), ST_OK),
};

static void breakage_test(void **state)
{
    const struct breakage *breakage = *state;
    struct manifest untouched;
    memset(&untouched, 0xA5, sizeof(untouched));
    cell_image_make(&file);
    breakage_apply(breakage, &file.manifest);
    assert_int_equal(load(), breakage->expected);
    assert_non_null(why);
    if (breakage->expected == ST_OK) {
        assert_string_equal(why, "");
    } else {
        assert_string_not_equal(why, "");
        assert_memory_equal(&manifest, &untouched, sizeof(manifest));
    }
}

TEST(MAN0001)
{
    cell_image_make(&file);
    assert_int_equal(load(), ST_OK);
    assert_string_equal(why, "");
    assert_string_equal(manifest.name, "sample");
    assert_int_equal(manifest.provides[1].flags, INTERFACE_GATE | INTERFACE_CHANNEL);
    assert_int_equal(manifest.caps[0].size, 8);
}

TEST(MAN0002)
{
    cell_image_make(&file);
    assert_int_equal(load(), ST_OK);
    assert_int_equal(manifest.limits.memory_kib, 1024);
    assert_int_equal(manifest.limits.cpu_percent, 100);
    assert_int_equal(manifest.limits.concurrent_requests, 64);
    assert_int_equal(manifest.limits.irq_per_second, 100000);
    assert_int_equal(manifest.limits.operation_timeout_ms, 1000);
    assert_int_equal(manifest.limits.bandwidth_kib_per_s, 0);
    assert_int_equal(manifest.limits.stack_kib, 16);
    assert_int_equal(manifest.limits.priority, 8);
}

TEST(MAN0003)
{
    cell_image_make(&file);
    memset(&file.manifest, 0, sizeof(file.manifest));
    assert_int_equal(load(), ST_INVALID);
    assert_string_not_equal(why, "");
}

TEST(MAN0004)
{
    cell_image_make(&file);
    memset(file.manifest.name, 'a', sizeof(file.manifest.name));
    assert_int_equal(load(), ST_INVALID);
    file.manifest.name[CELL_NAME_BYTES - 1] = '\0';
    assert_int_equal(load(), ST_OK);
    memset(file.manifest.vendor, 'v', sizeof(file.manifest.vendor));
    assert_int_equal(load(), ST_INVALID);
    file.manifest.vendor[31] = '\0';
    assert_int_equal(load(), ST_OK);
}

TEST(MAN0005)
{
    cell_image_make(&file);
    file.manifest.provides[1] = file.manifest.provides[0];
    assert_int_equal(load(), ST_INVALID);
    cell_image_make(&file);
    file.manifest.uses[2] = file.manifest.uses[0];
    assert_int_equal(load(), ST_INVALID);
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
    assert_int_equal(load(), ST_OK);
    full->uses[7].name[1] = '0';
    assert_int_equal(load(), ST_INVALID);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, MAN0001, "a sound manifest is copied");
    ADD(&harness, MAN0002, "what is 0 gets its default");
    ADD(&harness, MAN0003, "zeros are no manifest");
    ADD(&harness, MAN0004, "names and texts must end inside their fields");
    ADD(&harness, MAN0005, "no interface may be named twice");
    ADD(&harness, MAN0006, "full tables are read to their end and no further");
    ADD_TABLE(&harness, breakages, breakage_test);
    return harness_run("manifest", &harness);
}
