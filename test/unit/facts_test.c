/* SPDX-License-Identifier: MIT */
#include <abi/bundle.h>
#include <abi/monitor_call.h>
#include <cells/shell/fact.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

static struct facts facts;

static int text_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

TEST(FACTS0001)
{
    static char lines[300][32];
    const char *sorted[300];
    uint32_t random = 1;
    for (uint32_t count = 0; count <= 300; count += count < 12 ? 1 : 48) {
        facts_begin(&facts);
        for (uint32_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            (void)snprintf(lines[i], sizeof(lines[i]), "edge %x", random >> 24 << i % 4);
            sorted[i] = lines[i];
            fact_add(&facts, "%s", lines[i]);
        }
        facts_sort(&facts);
        qsort(sorted, count, sizeof(sorted[0]), text_compare);
        for (uint32_t i = 0; i < count; i++)
            assert_string_equal(fact_at(&facts, i), sorted[i]);
        assert_null(fact_at(&facts, count));
    }
}

/* sha256sum of "a x\nb y\n" */
TEST(FACTS0002)
{
    char hash[SHA256_TEXT_BYTES];
    facts_begin(&facts);
    fact_add(&facts, "b y");
    fact_add(&facts, "a x");
    facts_sort(&facts);
    facts_hash(&facts, hash);
    assert_string_equal(hash, "6c986109d607d960ff8374d95fba9947ba05d35a98ed0a466b172a3cabc6f194");
}

TEST(FACTS0003)
{
    facts_begin(&facts);
    fact_add(&facts, "%318s.", "x");
    assert_false(facts.is_cut);
    fact_add(&facts, "%319s.", "x");
    assert_true(facts.is_cut);
    assert_int_equal(facts.count, 1);

    facts_begin(&facts);
    for (uint32_t i = 0; i < FACT_MAX; i++)
        fact_add(&facts, "fact %u", i);
    assert_false(facts.is_cut);
    fact_add(&facts, "one more");
    assert_true(facts.is_cut);

    facts_begin(&facts);
    for (uint32_t i = 0; i < FACT_TEXT_BYTES / FACT_BYTES; i++)
        fact_add(&facts, "%318s.", "x");
    assert_false(facts.is_cut);
    fact_add(&facts, "1");
    assert_true(facts.is_cut);
}

/* A name in a bundle is any text: it cannot end its fact, begin another, or add a word. */
TEST(FACTS0004)
{
    facts_begin(&facts);
    fact_image(&facts, BUNDLE_CELL, "a b\ncell x=", 1, "00");
    assert_string_equal(fact_at(&facts, 0), "image name=a_b_cell_x_ kind=cell bytes=1 sha256=00");
    facts_begin(&facts);
    fact_build(&facts, "0.1.0 abc-dirty\x80");
    assert_string_equal(fact_at(&facts, 0), "build version=0.1.0_abc-dirty_");
    facts_begin(&facts);
    fact_image(&facts, 77, "x", 1, "00");
    assert_string_equal(fact_at(&facts, 0), "image name=x kind=? bytes=1 sha256=00");
}

/* An instance's numbers are no facts: handles and addresses do not show. */
TEST(FACTS0005)
{
    static const struct fact_cap caps[] = {
        { .cell = "a", .type = CAP_MEMORY, .rights = RIGHT_READ, .base = 0xABC, .size = 0x1000 },
        { .cell = "a", .type = CAP_MMIO, .rights = RIGHT_READ, .base = 0xABC, .size = 0x4000 },
        { .cell = "a", .type = CAP_DMA, .rights = RIGHT_READ, .base = 0xABC, .size = 0x2000 },
        { .cell = "a", .type = CAP_DEVICE, .rights = RIGHT_READ, .base = 0xABC, .size = 1 },
        { .cell = "a", .type = CAP_NOTIFY, .rights = RIGHT_WRITE, .to = "b", .base = 0xABC, .size = 9 },
        { .cell = "a", .type = CAP_EDGE, .rights = RIGHT_CALL, .to = "b", .interface = "i", .base = 0xABC },
    };
    static const char *const expected[] = {
        "cap cell=a type=memory rights=r----- size=1000",
        "cap cell=a type=mmio rights=r----- size=4000",
        "cap cell=a type=dma rights=r----- size=2000",
        "cap cell=a type=device rights=r-----",
        "cap cell=a type=notify rights=-w---- to=b",
        "cap cell=a type=edge rights=--c--- to=b interface=i",
    };
    facts_begin(&facts);
    for (uint32_t i = 0; i < 6; i++) {
        fact_cap(&facts, &caps[i]);
        assert_string_equal(fact_at(&facts, i), expected[i]);
    }
    fact_cap(&facts,
             &(struct fact_cap){ .cell = "a", .type = CAP_PORTS, .base = 0x3F8, .size = 8, .from = "b" });
    assert_string_equal(fact_at(&facts, 6), "cap cell=a type=ports rights=------ base=3f8 size=8 from=b");
}

TEST(FACTS0006)
{
    const char *name = "fifteen-letters";
    struct manifest manifest = { .version_major = UINT16_MAX, .version_minor = UINT16_MAX };
    memset(&manifest.limits, 0xFF, sizeof(manifest.limits));
    for (uint32_t i = 0; i < MANIFEST_USES_MAX; i++)
        manifest.uses[i] = (struct manifest_uses){ "fifteen-letters", 31, UINT32_MAX };
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX; i++)
        manifest.provides[i] = (struct manifest_provides){ "fifteen-letters", 31, 0 };
    struct device_record device = { .bdf = 0xFFFF, .vendor = 0xFFFF, .class_code = 0xFFFFFF };
    device.messages = device.behind_iommu = UINT32_MAX;
    for (uint32_t i = 0; i < DEVICE_BARS; i++)
        device.bars[i].bytes = UINT64_MAX;
    facts_begin(&facts);
    fact_cell(&facts, &(struct fact_cell){ name, name, &manifest, RESTART_ON_CRASH, false });
    fact_device(&facts, &device, name);
    fact_edge(&facts, name, name, name, UINT32_MAX, PEER_REVOKED);
    fact_channel(&facts, name, name, name, UINT64_MAX, PEER_REVOKED);
    fact_cap(&facts, &(struct fact_cap){
                         .cell = name, .type = CAP_EDGE, .to = name, .interface = name, .from = name });
    assert_false(facts.is_cut);
    assert_int_equal(facts.count, 1 + MANIFEST_USES_MAX + MANIFEST_PROVIDES_MAX + 4);
}

int main(void)
{
    struct harness harness = { 0 };
    ADD(&harness, FACTS0001, "sorted by bytes, none lost");
    ADD(&harness, FACTS0002, "the hash is that of the lines");
    ADD(&harness, FACTS0003, "what does not fit is said");
    ADD(&harness, FACTS0004, "no text ends its fact or adds a word");
    ADD(&harness, FACTS0005, "an instance's numbers do not show");
    ADD(&harness, FACTS0006, "the longest of each kind fits");
    return harness_run("facts", &harness);
}
