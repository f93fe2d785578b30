/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <arch/x86_64/gate_build.h>
#include <rt/bits.h>

/*
 * The stub as bytes.  What is expected is written down here a second time, from
 * the instruction set and not from gate_template.S, so that a label that slipped
 * shows.
 */

#define STUB_ADDRESS UINT64_C(0x0000500000001300)
#define CALLER_PAGES UINT64_C(0x0000500001006000)
#define CALLEE_PAGES UINT64_C(0x000050000100A000)
#define CALLER_PKRU 0xFFFFFFF2u
#define CALLEE_PKRU 0xFFFFFFCEu
#define CALLER_SLOT 7u
#define CALLEE_SLOT 11u

static const uint8_t wrpkru[3] = { 0x0F, 0x01, 0xEF };

static struct gate_side side_at(uint64_t pages, uint32_t slot, uint32_t pkru)
{
    return (struct gate_side){ .constants = pages, .state = pages + PAGE_BYTES, .slot = slot, .pkru = pkru };
}

static void stub_build(uint8_t *stub, bool has_keys)
{
    struct gate_side caller = side_at(CALLER_PAGES, CALLER_SLOT, CALLER_PKRU);
    struct gate_side callee = side_at(CALLEE_PAGES, CALLEE_SLOT, CALLEE_PKRU);
    gate_build(stub, STUB_ADDRESS, &caller, &callee, has_keys);
}

/* How often WRPKRU can be executed in `stub`, at whatever byte one begins. */
static uint32_t wrpkru_count(const uint8_t *stub)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i + sizeof(wrpkru) <= GATE_STUB_BYTES; i++)
        count += memcmp(stub + i, wrpkru, sizeof(wrpkru)) == 0;
    return count;
}

static uint32_t field_read(const uint8_t *stub, enum gate_field field)
{
    uint32_t value;
    memcpy(&value, stub + gate_fields[field] - sizeof(value), sizeof(value));
    return value;
}

/* Where a rip-relative operand points: the field is the end of its instruction. */
static uint64_t field_target(const uint8_t *stub, uint64_t address, enum gate_field field)
{
    return address + gate_fields[field] + (uint64_t)(int64_t)(int32_t)field_read(stub, field);
}

/* Where the JNE at `offset`, short or near, leads; GATE_STUB_BYTES: there is none. */
static uint32_t jump_target(const uint8_t *stub, uint32_t offset)
{
    if (stub[offset] == 0x75)
        return offset + 2 + (uint32_t)(int32_t)(int8_t)stub[offset + 1];
    int32_t distance;
    memcpy(&distance, stub + offset + 2, sizeof(distance));
    bool is_near = stub[offset] == 0x0F && stub[offset + 1] == 0x85;
    return is_near ? offset + 6 + (uint32_t)distance : GATE_STUB_BYTES;
}

/* --- instructions with a field -------------------------------------------------------------- */

enum side { CALLER, CALLEE };

/* `code` is the instruction up to its field; `page` 0 the constants, 1 the state. */
static const struct {
    enum gate_field field;
    uint8_t code[3];
    enum side side;
    uint32_t page, offset;
} pointers[] = {
    { GATE_OUT_TOKEN, { 0x4C, 0x8B, 0x1D }, CALLER, 0, CALLER_SLOT * 8 },
    { GATE_OUT_STACK, { 0x48, 0x89, 0x25 }, CALLER, 1, 8 + CALLER_SLOT * 8 },
    { GATE_IN_TOKEN, { 0x4C, 0x3B, 0x1D }, CALLEE, 0, (2 * 48 + CALLEE_SLOT) * 8 },
    { GATE_ENTRY_STACK, { 0x48, 0x8B, 0x25 }, CALLEE, 1, 0 },
    { GATE_ENTRY_TAKEN, { 0x48, 0x89, 0x0D }, CALLEE, 1, 0 },
    { GATE_ENTRY, { 0xD2, 0xFF, 0x15 }, CALLEE, 0, (2 * 48 + 2 * 64 + CALLEE_SLOT) * 8 },
    { GATE_ENTRY_FREED, { 0x48, 0x89, 0x25 }, CALLEE, 1, 0 },
    { GATE_IN_RETURN, { 0x4C, 0x8B, 0x1D }, CALLEE, 0, (2 * 48 + 64 + CALLEE_SLOT) * 8 },
    { GATE_OUT_RETURN, { 0x4C, 0x3B, 0x1D }, CALLER, 0, (48 + CALLER_SLOT) * 8 },
    { GATE_OUT_STACK_LOAD, { 0x48, 0x8B, 0x25 }, CALLER, 1, 8 + CALLER_SLOT * 8 },
    { GATE_OUT_STACK_CLEAR, { 0x48, 0x89, 0x0D }, CALLER, 1, 8 + CALLER_SLOT * 8 },
};

static_assert(ARRAY_COUNT(pointers) + 4 == GATE_FIELD_COUNT, "all fields but the four of the rights");
static_assert(GATE_OUT_SLOTS == 48 && GATE_IN_SLOTS == 64, "the offsets in the table");

TEST(GATE0001)
{
    uint8_t stub[GATE_STUB_BYTES];
    stub_build(stub, true);
    assert_int_equal(wrpkru_count(stub), 2);
    assert_memory_equal(stub + gate_places[GATE_AT_WRPKRU_IN], wrpkru, sizeof(wrpkru));
    assert_memory_equal(stub + gate_places[GATE_AT_WRPKRU_OUT], wrpkru, sizeof(wrpkru));
}

TEST(GATE0002)
{
    static const uint64_t pages[] = { [CALLER] = CALLER_PAGES, [CALLEE] = CALLEE_PAGES };
    uint8_t stub[GATE_STUB_BYTES];
    stub_build(stub, true);
    for (uint32_t i = 0; i < ARRAY_COUNT(pointers); i++) {
        uint64_t expected = pages[pointers[i].side] + pointers[i].page * PAGE_BYTES + pointers[i].offset;
        assert_int_equal(field_target(stub, STUB_ADDRESS, pointers[i].field), expected);
    }
}

TEST(GATE0003)
{
    uint8_t stub[GATE_STUB_BYTES];
    stub_build(stub, true);
    for (uint32_t i = 0; i < ARRAY_COUNT(pointers); i++) {
        uint32_t code = gate_fields[pointers[i].field] - sizeof(uint32_t) - sizeof(pointers[i].code);
        assert_memory_equal(stub + code, pointers[i].code, sizeof(pointers[i].code));
    }
}

/* --- rights ---------------------------------------------------------------------------------- */

/* mov $rights,%eax; wrpkru; cmp $rights,%eax; jne bad: nothing in between, from `begin` on. */
static void switch_check(const uint8_t *stub, uint32_t begin, uint32_t rights, uint32_t bad)
{
    uint8_t expected[13] = { 0xB8, 0, 0, 0, 0, 0x0F, 0x01, 0xEF, 0x3D, 0, 0, 0, 0 };
    memcpy(expected + 1, &rights, sizeof(rights));
    memcpy(expected + 9, &rights, sizeof(rights));
    assert_memory_equal(stub + begin, expected, sizeof(expected));
    assert_int_equal(jump_target(stub, begin + sizeof(expected)), bad);
}

/* The compare with the token that ends at `field`, and the jump behind it. */
static void token_check(const uint8_t *stub, enum gate_field field, uint32_t begin, uint32_t bad)
{
    assert_int_equal(gate_fields[field] - 7, begin);
    assert_int_equal(jump_target(stub, gate_fields[field]), bad);
}

TEST(GATE0004)
{
    uint8_t stub[GATE_STUB_BYTES];
    stub_build(stub, true);
    switch_check(stub, gate_places[GATE_AT_RIGHTS_IN], CALLEE_PKRU, gate_places[GATE_AT_BAD_IN]);
    switch_check(stub, gate_places[GATE_AT_RIGHTS_OUT], CALLER_PKRU, gate_places[GATE_AT_BAD_OUT]);
}

TEST(GATE0005)
{
    static const uint8_t undefined[2] = { 0x0F, 0x0B };
    uint32_t bad_in = gate_places[GATE_AT_BAD_IN], bad_out = gate_places[GATE_AT_BAD_OUT];
    uint8_t stub[GATE_STUB_BYTES];
    stub_build(stub, true);
    token_check(stub, GATE_IN_TOKEN, gate_places[GATE_AT_CHECKED_IN], bad_in);
    token_check(stub, GATE_OUT_RETURN, gate_places[GATE_AT_CHECKED_OUT], bad_out);
    assert_memory_equal(stub + bad_in, undefined, sizeof(undefined));
    assert_memory_equal(stub + bad_out, undefined, sizeof(undefined));
}

TEST(GATE0006)
{
    uint8_t stub[GATE_STUB_BYTES], changed[GATE_STUB_BYTES];
    stub_build(stub, true);
    memcpy(changed, stub, sizeof(stub));
    gate_build_rights(changed, 0x11111111, 0x22222222);
    assert_int_equal(field_read(changed, GATE_RIGHTS_IN), 0x22222222);
    assert_int_equal(field_read(changed, GATE_RIGHTS_IN_CHECK), 0x22222222);
    assert_int_equal(field_read(changed, GATE_RIGHTS_OUT), 0x11111111);
    assert_int_equal(field_read(changed, GATE_RIGHTS_OUT_CHECK), 0x11111111);
    gate_build_rights(changed, CALLER_PKRU, CALLEE_PKRU);
    assert_memory_equal(changed, stub, sizeof(stub));
}

/* --- addresses -------------------------------------------------------------------------------- */

TEST(GATE0007)
{
    static const uint64_t distances[] = { GIB(1), -GIB(1), GIB(2) - MIB(1), MIB(1) - GIB(2) };
    for (uint32_t i = 0; i < ARRAY_COUNT(distances); i++) {
        uint8_t stub[GATE_STUB_BYTES];
        uint64_t pages = STUB_ADDRESS + distances[i];
        struct gate_side caller = side_at(pages, 0, CALLER_PKRU);
        struct gate_side callee = side_at(pages + 2 * PAGE_BYTES, 0, CALLEE_PKRU);
        gate_build(stub, STUB_ADDRESS, &caller, &callee, true);
        assert_int_equal(field_target(stub, STUB_ADDRESS, GATE_OUT_TOKEN), pages);
        assert_int_equal(field_target(stub, STUB_ADDRESS, GATE_ENTRY_FREED), pages + 3 * PAGE_BYTES);
    }
}

/* No slot leaves its page, and no two slots or kinds of constant share a word. */
TEST(GATE0008)
{
    static const enum gate_field in[] = { GATE_IN_TOKEN, GATE_IN_RETURN, GATE_ENTRY };
    static const enum gate_field out[] = { GATE_OUT_TOKEN, GATE_OUT_RETURN };
    bool is_used[PAGE_BYTES / sizeof(uint64_t)] = {};
    for (uint32_t slot = 0; slot < GATE_IN_SLOTS; slot++) {
        uint8_t stub[GATE_STUB_BYTES];
        bool has_out = slot < GATE_OUT_SLOTS;
        struct gate_side both = side_at(CALLER_PAGES, slot, CALLER_PKRU);
        gate_build(stub, STUB_ADDRESS, &both, &both, true);
        for (uint32_t i = 0; i < ARRAY_COUNT(in) + (has_out ? ARRAY_COUNT(out) : 0); i++) {
            enum gate_field field = i < ARRAY_COUNT(in) ? in[i] : out[i - ARRAY_COUNT(in)];
            uint64_t offset = field_target(stub, STUB_ADDRESS, field) - CALLER_PAGES;
            assert_true(offset + sizeof(uint64_t) <= PAGE_BYTES && offset % sizeof(uint64_t) == 0);
            assert_false(is_used[offset / sizeof(uint64_t)]);
            is_used[offset / sizeof(uint64_t)] = true;
        }
    }
}

/* An address is data too: none of those that the monitor hands out spells WRPKRU. */
TEST(GATE0009)
{
    const uint64_t region = STUB_ADDRESS - STUB_ADDRESS % GIB(1);
    for (uint32_t edge = 0; edge < 1024; edge++) {
        for (uint32_t cell = 1; cell < 64; cell++) {
            uint8_t stub[GATE_STUB_BYTES];
            uint64_t pages = region + MIB(16);
            struct gate_side caller = side_at(pages + cell * 2 * PAGE_BYTES, edge % 48, CALLER_PKRU);
            struct gate_side callee = side_at(pages + (63 - cell) * 2 * PAGE_BYTES, edge % 64, CALLEE_PKRU);
            gate_build(stub, region + edge * GATE_STUB_BYTES, &caller, &callee, true);
            assert_int_equal(wrpkru_count(stub), 2);
        }
    }
}

/* --- the rest of the stub --------------------------------------------------------------------- */

TEST(GATE0010)
{
    uint8_t with[GATE_STUB_BYTES], without[GATE_STUB_BYTES];
    stub_build(with, true);
    stub_build(without, false);
    assert_int_equal(wrpkru_count(without), 0);
    static const uint8_t no_operation[3] = { 0x0F, 0x1F, 0x00 };
    static const enum gate_place places[] = { GATE_AT_WRPKRU_IN, GATE_AT_WRPKRU_OUT };
    for (uint32_t i = 0; i < ARRAY_COUNT(places); i++) {
        assert_memory_equal(without + gate_places[places[i]], no_operation, sizeof(no_operation));
        memcpy(without + gate_places[places[i]], wrpkru, sizeof(wrpkru));
    }
    assert_memory_equal(with, without, sizeof(with));
}

TEST(GATE0011)
{
    uint8_t open[GATE_STUB_BYTES], closed[GATE_STUB_BYTES];
    stub_build(open, true);
    memcpy(closed, open, sizeof(open));
    gate_build_closed(closed, ST_REVOKED);
    const uint8_t expected[GATE_CLOSED_BYTES] = { 0x31, 0xC0, 0xBA, ST_REVOKED, 0, 0, 0, 0xC3 };
    assert_memory_equal(closed, expected, sizeof(expected));
    assert_memory_equal(closed + sizeof(expected), open + sizeof(expected), sizeof(open) - sizeof(expected));
    assert_int_equal(gate_places[GATE_AT_PUSHED], GATE_CLOSED_BYTES);
}

TEST(GATE0012)
{
    uint8_t memory[3 * GATE_STUB_BYTES];
    memset(memory, 0xA5, sizeof(memory));
    stub_build(memory + GATE_STUB_BYTES, true);
    for (uint32_t i = 0; i < GATE_STUB_BYTES; i++) {
        assert_int_equal(memory[i], 0xA5);
        assert_int_equal(memory[2 * GATE_STUB_BYTES + i], 0xA5);
    }
    assert_true(gate_places[GATE_AT_END] <= GATE_STUB_BYTES);
    for (uint32_t i = gate_places[GATE_AT_END]; i < GATE_STUB_BYTES; i++)
        assert_int_equal(memory[GATE_STUB_BYTES + i], 0xCC);
}

TEST(GATE0013)
{
    for (uint32_t i = 1; i < GATE_FIELD_COUNT; i++)
        assert_true(gate_fields[i] >= gate_fields[i - 1] + sizeof(uint32_t));
    for (uint32_t i = 1; i < GATE_PLACE_COUNT; i++)
        assert_true(gate_places[i] > gate_places[i - 1]);
    assert_int_equal(gate_places[GATE_AT_RETURNED], GATE_STUB_RETURN);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, GATE0001, "a stub holds WRPKRU twice, at the two places named, and at no other byte");
    ADD(&harness, GATE0002, "each address in a stub leads to the word asked for");
    ADD(&harness, GATE0003, "each address belongs to the instruction it was meant for");
    ADD(&harness, GATE0004, "behind WRPKRU comes the compare with the rights, and nothing before it");
    ADD(&harness, GATE0005, "behind the rights the token is compared, and both failures end at UD2");
    ADD(&harness, GATE0006, "new rights change the four fields of the rights and nothing else");
    ADD(&harness, GATE0007, "gate pages may lie up to 2 GiB away, on either side");
    ADD(&harness, GATE0008, "slots stay on their page and share no word");
    ADD(&harness, GATE0009, "no address in any stub of the monitor's layout spells WRPKRU");
    ADD(&harness, GATE0010, "without keys there is no WRPKRU, and no other difference");
    ADD(&harness, GATE0011, "a closed stub returns its status before anything else of it runs");
    ADD(&harness, GATE0012, "a stub stays in its bytes and ends in INT3");
    ADD(&harness, GATE0013,
        "fields and places are in the order of the code, the return where it was promised");
    return harness_run("gate_build", &harness);
}
