/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <core/bundle.h>
#include <efi/bundle_check.h>
#include <rt/bits.h>

enum { ENTRIES = 4 };

/* The header ends in entries[0..]: here they follow as a member of their own. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-variable-sized-type-not-at-end"
struct sample {
    struct bundle_header header;
    struct bundle_entry entries[ENTRIES];
    uint8_t padding[BUNDLE_ENTRY_MAX * sizeof(struct bundle_entry)]; /* a count may be made larger */
    alignas(PAGE_BYTES) char payloads[ENTRIES][PAGE_BYTES];
};
#pragma clang diagnostic pop

static struct sample sample;

static void sample_make(void)
{
    static const struct bundle_entry entries[ENTRIES] = {
        { .name = "monitor", .kind = BUNDLE_MONITOR, .bytes = 9 },
        { .name = "echo", .kind = BUNDLE_CELL, .bytes = PAGE_BYTES },
        { .name = "echo", .kind = BUNDLE_APPLIANCE, .bytes = 1 },
        { .name = "clock", .kind = BUNDLE_CELL, .bytes = 9 },
    };
    memset(&sample, 0, sizeof(sample));
    sample.header.magic = BUNDLE_MAGIC;
    sample.header.version = BUNDLE_VERSION;
    sample.header.count = ENTRIES;
    sample.header.bytes = sizeof(sample);
    strcpy(sample.header.build, "0.1.0");
    memcpy(sample.entries, entries, sizeof(entries));
    for (size_t i = 0; i < ENTRIES; i++) {
        sample.entries[i].offset = offsetof(struct sample, payloads) + i * PAGE_BYTES;
        memcpy(sample.payloads[i], "123456789", 9);
    }
    sample.entries[0].crc32 = 0xCBF43926; /* the check value of this CRC */
}

#define S(name, member, value, expected) BREAK(name, struct sample, member, value, expected)
#define B(name, member, value, expected) BREAK_BYTE(name, struct sample, member, value, expected)

static const struct breakage breakages[] = {
    S("BND0010: another magic", header.magic, 0, ST_INVALID),
    S("BND0011: another version", header.version, 2, ST_UNSUPPORTED),
    S("BND0012: larger than its memory", header.bytes, sizeof(struct sample) + 1, ST_INVALID),
    S("BND0013: 2^64 - 1 bytes", header.bytes, UINT64_MAX, ST_INVALID),
    S("BND0014: smaller than its header", header.bytes, 8, ST_INVALID),
    S("BND0015: smaller than its entries", header.bytes, sizeof(struct bundle_header) + 8, ST_INVALID),
    S("BND0016: too many entries", header.count, BUNDLE_ENTRY_MAX + 1, ST_INVALID),
    S("BND0017: 2^32 - 1 entries", header.count, UINT32_MAX, ST_INVALID),
    S("BND0018: no entries, so no monitor", header.count, 0, ST_INVALID),
    S("BND0019: an entry that is not there", header.count, ENTRIES + 1, ST_INVALID),
    S("BND0020: unknown kind", entries[1].kind, 4, ST_INVALID),
    S("BND0021: kind 0", entries[1].kind, 0, ST_INVALID),
    S("BND0022: two monitors", entries[1].kind, BUNDLE_MONITOR, ST_INVALID),
    S("BND0023: no monitor", entries[0].kind, BUNDLE_CELL, ST_INVALID),
    B("BND0024: no name", entries[3].name[0], 0, ST_INVALID),
    S("BND0025: payload not page aligned", entries[3].offset, offsetof(struct sample, payloads) + 1,
      ST_INVALID),
    S("BND0026: payload over the header", entries[3].offset, 0, ST_INVALID),
    S("BND0027: payload past the end", entries[3].offset, sizeof(struct sample), ST_INVALID),
    S("BND0028: payload wraps around", entries[3].offset, UINT64_MAX - 4095, ST_INVALID),
    S("BND0029: 2^64 - 1 bytes of payload", entries[3].bytes, UINT64_MAX, ST_INVALID),
    S("BND0030: payload one byte too long", entries[3].bytes, PAGE_BYTES + 1, ST_INVALID),
    S("BND0031: empty payload", entries[3].bytes, 0, ST_INVALID),
    S("BND0032: payloads overlap", entries[1].bytes, PAGE_BYTES + 1, ST_INVALID),
    S("BND0033: payload that fills its page", entries[3].bytes, PAGE_BYTES, ST_OK),
};

static void breakage_test(void **state)
{
    const struct breakage *breakage = *state;
    sample_make();
    breakage_apply(breakage, &sample);
    assert_int_equal(bundle_check(&sample.header, sizeof(sample)), breakage->expected);
}

TEST(BND0001)
{
    sample_make();
    assert_int_equal(bundle_check(&sample.header, sizeof(sample)), ST_OK);
}

TEST(BND0002)
{
    sample_make();
    assert_ptr_equal(bundle_find(&sample.header, BUNDLE_CELL, "echo"), &sample.entries[1]);
    assert_ptr_equal(bundle_find(&sample.header, BUNDLE_APPLIANCE, "echo"), &sample.entries[2]);
    assert_null(bundle_find(&sample.header, BUNDLE_CELL, "ech"));
    assert_null(bundle_find(&sample.header, BUNDLE_CELL, "monitor"));
    assert_ptr_equal(bundle_payload(&sample.header, &sample.entries[3]), sample.payloads[3]);
}

TEST(BND0004)
{
    sample_make();
    memset(sample.entries[3].name, 'x', BUNDLE_NAME_BYTES);
    assert_int_equal(bundle_check(&sample.header, sizeof(sample)), ST_INVALID);
    sample_make();
    memset(sample.header.build, 'x', sizeof(sample.header.build));
    assert_int_equal(bundle_check(&sample.header, sizeof(sample)), ST_INVALID);
}

TEST(BND0005)
{
    sample_make();
    strcpy(sample.entries[3].name, "echo");
    assert_int_equal(bundle_check(&sample.header, sizeof(sample)), ST_INVALID);
}

TEST(BND0006)
{
    /* Memory that ends inside the header, inside the entries, inside a payload. */
    static alignas(8) uint8_t cut[sizeof(struct sample)];
    sample_make();
    for (size_t size = 0; size < sizeof(sample); size += 8) {
        uint8_t *copy = cut + sizeof(cut) - size;
        memcpy(copy, &sample, size);
        assert_int_not_equal(bundle_check((const struct bundle_header *)(void *)copy, size), ST_OK);
    }
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, BND0001, "a sound bundle is accepted");
    ADD(&harness, BND0002, "entries are found by kind and whole name");
    ADD(&harness, BND0004, "texts must end inside their fields");
    ADD(&harness, BND0005, "a name is unique within its kind");
    ADD(&harness, BND0006, "a bundle cut short is refused");
    ADD_TABLE(&harness, breakages, breakage_test);
    return harness_run("bundle", &harness);
}
