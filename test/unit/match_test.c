/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <cells/warden/match.h>

#define CLASS(code, mask) { MATCH_ANY, MATCH_ANY, code, mask }

static const struct manifest by_device = { .match = { { 0x1AF4, 0x1042, 0, 0 }, { 0x1AF4, 0x1001, 0, 0 } } };
static const struct manifest by_vendor = { .match = { { 0x1AF4, MATCH_ANY, 0, 0 } } };
static const struct manifest by_class = { .match = { CLASS(0x010802, 0xFFFFFF) } };
static const struct manifest by_subclass = { .match = { CLASS(0x010800, 0xFFFF00) } };
static const struct manifest by_nothing = {};

static const struct device_record virtio = {
    .bdf = 0x18, .vendor = 0x1AF4, .device = 0x1042, .class_code = 0x010000
};
static const struct device_record nvme = {
    .bdf = 0x20, .vendor = 0x1B36, .device = 0x10, .class_code = 0x010802
};
static const struct device_record other = {
    .bdf = 0x28, .vendor = 0x8086, .device = 0x2930, .class_code = 0x0C0500
};

static struct appliance appliance;

/* Drivers in the order of the file, each with its at= (BDF, 0: none). */
static uint32_t choose(const struct manifest *first, uint32_t first_at, const struct manifest *second,
                       uint32_t second_at, const struct device_record *device)
{
    const struct manifest *manifests[] = { first, second };
    appliance.driver_count = 2;
    appliance.drivers[0].at = first_at != 0 ? first_at + 1 : 0;
    appliance.drivers[1].at = second_at != 0 ? second_at + 1 : 0;
    return match_choose(&appliance, manifests, device);
}

TEST(MATCH0001)
{
    uint32_t device = match_score(&by_device, &virtio), vendor = match_score(&by_vendor, &virtio);
    uint32_t class = match_score(&by_class, &nvme), subclass = match_score(&by_subclass, &nvme);
    assert_true(device > vendor && vendor > class && class > subclass && subclass > 0);
    assert_int_equal(match_score(&by_device, &nvme), 0);
    assert_int_equal(match_score(&by_class, &virtio), 0);
    assert_int_equal(match_score(&by_nothing, &nvme), 0);
}

TEST(MATCH0002)
{
    assert_int_equal(choose(&by_vendor, 0, &by_device, 0, &virtio), 1);
    assert_int_equal(choose(&by_subclass, 0, &by_class, 0, &nvme), 1);
    assert_int_equal(choose(&by_class, 0, &by_class, 0, &nvme), 0); /* the first wins a tie */
    assert_int_equal(choose(&by_class, 0, &by_device, 0, &other), MATCH_NONE);
    assert_int_equal(choose(nullptr, 0, &by_device, 0, &virtio), 1);
}

TEST(MATCH0003)
{
    assert_int_equal(choose(&by_device, 0, &by_vendor, 0x18, &virtio), 1);         /* wins over all */
    assert_int_equal(choose(&by_device, 0x18, &by_device, 0x18, &virtio), 0);      /* the first of two */
    assert_int_equal(choose(&by_device, 0x20, &by_class, 0, &virtio), MATCH_NONE); /* that one only */
    assert_int_equal(choose(&by_class, 0x18, &by_device, 0, &virtio), 1);          /* does not fit */
    assert_int_equal(choose(&by_nothing, 0x28, &by_nothing, 0, &other), 0); /* no rules: by place only */
    assert_int_equal(choose(&by_nothing, 0, &by_nothing, 0, &other), MATCH_NONE);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, MATCH0001, "the more specific rule scores higher");
    ADD(&harness, MATCH0002, "the best rule wins, then the first line");
    ADD(&harness, MATCH0003, "a place wins over every rule");
    return harness_run("match", &harness);
}
