/* SPDX-License-Identifier: MIT */
#include "../../cells/warden/wiring.h"

#include "harness.h"

#include <rt/bits.h>
#include <stdio.h>

static struct appliance appliance;
static struct appliance_error error;

static enum status parse(const char *text)
{
    return appliance_parse(text, strlen(text), &appliance, &error);
}

#define GATE INTERFACE_GATE
#define CHANNEL INTERFACE_CHANNEL
#define MANY INTERFACE_MANY

static const struct manifest client_manifest = { .uses = {
                                                     { .name = "echo", .flags = GATE },
                                                     { .name = "block", .flags = GATE | CHANNEL | MANY },
                                                     { .name = "log", .flags = GATE } } };
static const struct manifest echo_manifest = { .provides = { { .name = "echo", .flags = GATE } } };
static const struct manifest disk_manifest = { .provides = { { .name = "block", .flags = GATE | CHANNEL } },
                                               .uses = {
                                                   { .name = "block", .flags = GATE | CHANNEL | MANY } } };
static const struct manifest poor_manifest = { .provides = { { .name = "block", .flags = GATE } } };

static const struct wiring_node nodes[] = {
    { "client", &client_manifest }, { "one", &echo_manifest },   { "two", &echo_manifest },
    { "disk", &disk_manifest },     { "disk2", &disk_manifest }, { "poor", &poor_manifest },
    { "later", nullptr },
};
#define NODES (uint32_t)(sizeof(nodes) / sizeof(nodes[0]))
#define CELLS "cell client\ncell one\ncell two\ncell disk\ncell disk2\ncell poor\ncell later\n"

static uint64_t choose(const char *wires, uint32_t client, uint32_t uses)
{
    char text[512];
    snprintf(text, sizeof(text), "%s%s", CELLS, wires);
    assert_int_equal(parse(text), ST_OK);
    return wiring_choose(&appliance, nodes, NODES, client, uses);
}

TEST(WIR0001)
{
    assert_int_equal(choose("", 0, 0), BIT64(1));
    assert_int_equal(choose("default echo=two\n", 0, 0), BIT64(2));
    assert_int_equal(choose("default echo=two\nwire client.echo=one\n", 0, 0), BIT64(1));
    assert_int_equal(choose("default echo=later\n", 0, 0), BIT64(1));
}

TEST(WIR0002)
{
    assert_int_equal(choose("", 0, 1), BIT64(3) | BIT64(4)); /* not the one without a channel */
    assert_int_equal(choose("wire client.block=disk2\n", 0, 1), BIT64(4));
    assert_int_equal(choose("wire client.block=disk2\nwire client.block=disk\n", 0, 1), BIT64(3) | BIT64(4));
    assert_int_equal(choose("", 3, 0), BIT64(4)); /* nobody serves itself */
}

TEST(WIR0003)
{
    assert_int_equal(choose("", 0, 2), 0);
    assert_int_equal(choose("", 0, 3), 0);                        /* an unused slot */
    assert_int_equal(choose("", 6, 0), 0);                        /* no manifest yet */
    assert_int_equal(choose("wire client.echo=disk\n", 0, 0), 0); /* what was asked for, not a guess */
}

TEST(WIR0004)
{
    uint32_t cursor = 0;
    (void)choose("wire client.echo=disk\nwire client.echo=later\nwire one.echo=two\ndefault echo=two\n", 0,
                 0);
    assert_int_equal(wiring_senseless(&appliance, nodes, NODES, &cursor)->line, 8);
    assert_int_equal(wiring_senseless(&appliance, nodes, NODES, &cursor)->line, 10);
    assert_null(wiring_senseless(&appliance, nodes, NODES, &cursor));
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, WIR0001, "wire before default before first");
    ADD(&harness, WIR0002, "many takes all, or all that are wired");
    ADD(&harness, WIR0003, "nobody rather than a guess");
    ADD(&harness, WIR0004, "reports wires against the manifests");
    return harness_run("wiring", &harness);
}
