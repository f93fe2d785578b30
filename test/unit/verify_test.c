/* SPDX-License-Identifier: MIT */
#include "decode_forms.h"
#include "harness.h"
#include "verify_reference.h"

#include <stdio.h>

#define PAGE 4096u
#define TRAP 0xCCu
#define GUARD 0xA5u
#define GUARD_BYTES 16u

/* A text of traps, to be written over; exactly as long as it says, so that ASan sees a step too far. */
struct world {
    struct verify_text text;
    struct verify_find find;
};

static struct reference reference;

static struct world world_new(uint64_t pages)
{
    struct world world = { .text.bytes = pages * PAGE };
    uint64_t map_bytes = VERIFY_MAP_BYTES(world.text.bytes);
    world.text.text = malloc(world.text.bytes);
    world.text.maps = malloc(map_bytes + GUARD_BYTES);
    if (world.text.text == nullptr || world.text.maps == nullptr)
        abort();
    memset(world.text.text, TRAP, world.text.bytes);
    memset(world.text.maps, GUARD, map_bytes + GUARD_BYTES);
    return world;
}

static void world_free(struct world *world)
{
    free(world->text.text);
    free(world->text.maps);
}

static void world_write(struct world *world, uint64_t at, const char *bytes, uint64_t count)
{
    assert_true(at + count <= world->text.bytes);
    memcpy(world->text.text + at, bytes, count);
}

#define WRITE(world, at, literal) world_write(world, at, literal, sizeof(literal) - 1)

/* The verdict, which the reference must share, with maps and all; nothing else is written. */
static bool world_verify(struct world *world)
{
    uint64_t map_bytes = VERIFY_MAP_BYTES(world->text.bytes);
    bool is_sound = verify(&world->text, &world->find);
    reference_verify(world->text.text, world->text.bytes, &reference);
    assert_int_equal(is_sound, reference.is_sound);
    assert_int_equal(is_sound, world->find.why == nullptr);
    if (is_sound)
        assert_true(reference_maps_agree(&reference, world->text.maps, world->text.bytes));
    for (uint64_t i = 0; i < GUARD_BYTES; i++)
        assert_int_equal(world->text.maps[map_bytes + i], GUARD);
    return is_sound;
}

static void world_expect(struct world *world, uint64_t at, const char *why)
{
    assert_false(world_verify(world));
    assert_string_equal(world->find.why, why);
    assert_int_equal(world->find.at, at);
    assert_true(world->find.count > 0 && world->find.count <= VERIFY_INSTRUCTION_MAX);
    assert_true(at + world->find.count <= world->text.bytes);
    assert_memory_equal(world->find.sequence, world->text.text + at, world->find.count);
}

static bool return_bit(const struct world *world, uint64_t at)
{
    return world->text.maps[at / 8] >> at % 8 & 1;
}

static bool target_bit(const struct world *world, uint64_t at)
{
    uint64_t bit = at / VERIFY_TARGET_BYTES;
    return world->text.maps[VERIFY_RETURN_MAP_BYTES(world->text.bytes) + bit / 8] >> bit % 8 & 1;
}

TEST(VERIFY0001)
{
    for (uint64_t pages = 1; pages <= 2; pages++) {
        struct world world = world_new(pages);
        assert_true(world_verify(&world));
        for (uint64_t i = 0; i < VERIFY_MAP_BYTES(world.text.bytes); i++)
            assert_int_equal(world.text.maps[i], 0);
        world_free(&world);
    }
}

TEST(VERIFY0002)
{
    /* Whatever stands in the room for the thunks. */
    struct world world = world_new(1);
    memset(world.text.text, 0xC3, THUNKS_BYTES);
    assert_true(world_verify(&world));
    /* A call or a hash at its end is nothing that comes before the first instruction. */
    WRITE(&world, THUNKS_BYTES - 5, "\xE8\0\0\0\0");
    assert_true(world_verify(&world));
    assert_false(return_bit(&world, THUNKS_BYTES));
    WRITE(&world, THUNKS_BYTES - 5, "\xB8\1\2\3\4");
    assert_true(world_verify(&world));
    assert_false(target_bit(&world, THUNKS_BYTES));
    world_free(&world);
}

/* Of what the decoder refuses, the texts that people read. */
static const char *text_of(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_UNLISTED:
        return "not on the list of instructions";
    case REFUSAL_RETURN:
        return "return outside the thunk";
    case REFUSAL_INDIRECT:
        return "indirect call or jump outside the thunks";
    case REFUSAL_INTERRUPT:
        return "software interrupt";
    case REFUSAL_PORT:
        return "port input or output";
    case REFUSAL_SEGMENT:
        return "segment register or prefix";
    case REFUSAL_SYSTEM:
        return "system instruction";
    case REFUSAL_FLAGS:
        return "sets flags that outlast it: popf or std";
    case REFUSAL_VECTOR:
        return "vector or floating-point instruction";
    case REFUSAL_PREFIX:
        return "prefix without meaning here";
    default:
        fail();
        return "";
    }
}

TEST(VERIFY0003)
{
    /* Each refused form in the first place there is, in the middle, and across a seam of pages. */
    static const uint64_t places[] = { THUNKS_BYTES, 1000, PAGE - 1 };
    for (size_t i = 0; i < FORM_COUNT(forms_refused); i++) {
        for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
            struct world world = world_new(2);
            uint8_t bytes[INSTRUCTION_WINDOW];
            uint32_t count = form_bytes(&forms_refused[i], bytes);
            memcpy(world.text.text + places[k], bytes, count);
            world_expect(&world, places[k], text_of((enum refusal)forms_refused[i].expected));
            world_free(&world);
        }
    }
}

TEST(VERIFY0004)
{
    /* Each listed form, cut off by the end of the text after each of its bytes. */
    for (size_t i = 0; i < FORM_COUNT(forms_accepted); i++) {
        uint8_t bytes[INSTRUCTION_WINDOW];
        uint32_t count = form_bytes(&forms_accepted[i], bytes);
        for (uint32_t part = 1; part < count; part++) {
            struct world world = world_new(1);
            memcpy(world.text.text + PAGE - part, bytes, part);
            world_expect(&world, PAGE - part, "runs past the end of the text");
            assert_int_equal(world.find.count, part);
            world_free(&world);
        }
    }
}

TEST(VERIFY0005)
{
    /* Whole, at the very end: only what never goes on may stand there. */
    for (size_t i = 0; i < FORM_COUNT(forms_accepted); i++) {
        const struct form *form = &forms_accepted[i];
        struct world world = world_new(1);
        uint8_t bytes[INSTRUCTION_WINDOW];
        uint32_t count = form_bytes(form, bytes);
        memcpy(world.text.text + PAGE - count, bytes, count);
        if (form->expected == INSTRUCTION_TRAP)
            assert_true(world_verify(&world));
        else if (form->expected == INSTRUCTION_JUMP) /* to behind itself */
            world_expect(&world, PAGE - count, "branch out of the text");
        else
            world_expect(&world, PAGE - count, "runs past the end of the text");
        world_free(&world);
    }
    struct world world = world_new(1);
    WRITE(&world, PAGE - 2, "\xEB\xFE"); /* to itself */
    assert_true(world_verify(&world));
    world_free(&world);
}

/* --- Branches --- */

/* Instructions of every length up to ten, from `at` to the end of the page. */
static void world_fill(struct world *world, uint64_t at, uint64_t end)
{
    static const char *const pieces[] = {
        "\x90",
        "\x31\xC0",
        "\x0F\xB6\xC0",
        "\x66\x81\xC0\x34\x12",
        "\x48\x8B\x44\x24\x08",
        "\xB8\xCC\xCC\xCC\xCC",
        "\x48\xC7\xC0\x01\x01\x01\x01",
        "\x48\xB8\x90\x90\x90\x90\x90\x90\x90\x90",
    };
    for (size_t i = 0; at < end; i++) {
        const char *piece = pieces[i % (sizeof(pieces) / sizeof(pieces[0]))];
        if (strlen(piece) > end - at)
            piece = pieces[0];
        world_write(world, at, piece, strlen(piece));
        at += strlen(piece);
    }
}

/* What must be said of a branch to `target`; null: nothing.  `reference` knows the beginnings. */
static const char *target_text(bool is_call, int64_t target, uint64_t bytes)
{
    if (target == THUNK_GATE && !is_call)
        return "jump to the gate thunk, which is to be called";
    if (target == THUNK_INDIRECT || target == THUNK_RETURN || target == THUNK_GATE)
        return nullptr;
    if (target < 0 || target >= (int64_t)bytes)
        return "branch out of the text";
    if (target < THUNKS_BYTES)
        return "branch into the thunks, not to the beginning of one";
    return reference.starts[target] ? nullptr : "branch into the middle of an instruction";
}

static void target_expect(const struct world *world, uint64_t at, int64_t target)
{
    struct verify_find find;
    const char *why = target_text(world->text.text[at] == 0xE8, target, world->text.bytes);
    assert_int_equal(verify(&world->text, &find), why == nullptr);
    if (why != nullptr) {
        assert_string_equal(find.why, why);
        assert_int_equal(find.at, at);
    }
}

/* `head` and a displacement of `size` bytes at `at`, to every byte from `first` to `last`. */
static void branches_expect(const char *head, uint64_t size, uint64_t at, int64_t first, int64_t last)
{
    struct world world = world_new(at / PAGE + 1);
    uint64_t count = strlen(head) + size;
    world_fill(&world, THUNKS_BYTES, at);
    memset(world.text.text + at, 0, count);
    world_fill(&world, at + count, world.text.bytes - 1);
    world_write(&world, at, head, strlen(head));
    assert_true(world_verify(&world)); /* to what follows; where instructions begin depends on no target */
    for (int64_t target = first; target <= last; target++) {
        int64_t displacement = target - (int64_t)(at + count);
        memcpy(world.text.text + at + count - size, &displacement, size);
        target_expect(&world, at, target);
    }
    world_free(&world);
}

TEST(VERIFY0006)
{
    branches_expect("\xE8", 4, PAGE + 1000, -64, 2 * PAGE + 64);
}

TEST(VERIFY0007)
{
    branches_expect("\xE9", 4, THUNKS_BYTES, -64, PAGE + 64);
}

TEST(VERIFY0008)
{
    branches_expect("\x0F\x8F", 4, PAGE - 77, -64, PAGE + 64);
}

TEST(VERIFY0009)
{
    static const uint64_t places[] = { THUNKS_BYTES, THUNKS_BYTES + 40, PAGE - 60 };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int64_t behind = (int64_t)places[i] + 2;
        branches_expect("\xEB", 1, places[i], behind - 128, behind + 127);
        branches_expect("\x72", 1, places[i], behind - 128, behind + 127);
    }
}

TEST(VERIFY0010)
{
    /* As far as a displacement goes, both ways. */
    static const int32_t far[] = { INT32_MIN, INT32_MIN + 1, INT32_MAX - 1, INT32_MAX };
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        struct world world = world_new(1);
        WRITE(&world, 500, "\xE9");
        memcpy(world.text.text + 501, &far[i], sizeof(far[i]));
        world_expect(&world, 500, "branch out of the text");
        world_free(&world);
    }
}

/* --- Maps --- */

TEST(VERIFY0011)
{
    /* A call that ends at every byte of the text: that bit and no other. */
    for (uint64_t at = THUNKS_BYTES; at + 5 < PAGE; at++) {
        struct world world = world_new(1);
        int32_t displacement = (int32_t)THUNK_INDIRECT - (int32_t)(at + 5);
        WRITE(&world, at, "\xE8");
        memcpy(world.text.text + at + 1, &displacement, sizeof(displacement));
        assert_true(world_verify(&world));
        assert_true(return_bit(&world, at + 5));
        uint32_t bits = 0;
        for (uint64_t i = 0; i < VERIFY_MAP_BYTES(PAGE); i++)
            bits += (uint32_t)__builtin_popcount(world.text.maps[i]);
        assert_int_equal(bits, 1);
        world_free(&world);
    }
}

TEST(VERIFY0012)
{
    /* A hash that ends at every byte: a target every 16th time. */
    for (uint64_t at = THUNKS_BYTES; at + 5 < PAGE; at++) {
        struct world world = world_new(1);
        WRITE(&world, at, "\xB8\x78\x56\x34\x12");
        assert_true(world_verify(&world));
        uint32_t bits = 0;
        for (uint64_t i = 0; i < VERIFY_MAP_BYTES(PAGE); i++)
            bits += (uint32_t)__builtin_popcount(world.text.maps[i]);
        bool is_target = (at + 5) % VERIFY_TARGET_BYTES == 0;
        assert_int_equal(bits, is_target ? 1 : 0);
        assert_true(!is_target || target_bit(&world, at + 5));
        world_free(&world);
    }
}

TEST(VERIFY0013)
{
    /* A hash inside another instruction, with a prefix, or with a nop behind it is none. */
    static const struct {
        const char *bytes;
        uint64_t count;
    } rows[] = {
        { "\x48\xB8\x90\x90\x90\xB8\x01\x02\x03\x04", 10 },
        { "\x41\xB8\x01\x02\x03\x04", 6 },
        { "\xB9\x01\x02\x03\x04", 5 },
        { "\xB8\x01\x02\x03\x04\x90", 6 },
        { "\x05\x01\x02\x03\x04", 5 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world = world_new(1);
        world_write(&world, 1024 - rows[i].count, rows[i].bytes, rows[i].count);
        assert_true(world_verify(&world));
        assert_false(target_bit(&world, 1024));
        world_free(&world);
    }
}

TEST(VERIFY0014)
{
    /* A jump is no call, and a call inside another instruction is none either. */
    struct world world = world_new(1);
    WRITE(&world, 300, "\xE9\0\0\0\0");
    WRITE(&world, 400, "\x0F\x84\0\0\0\0");
    WRITE(&world, 500, "\x48\xB8\x90\x90\x90\xE8\0\0\0\0");
    assert_true(world_verify(&world));
    assert_false(return_bit(&world, 305));
    assert_false(return_bit(&world, 406));
    assert_false(return_bit(&world, 510));
    world_free(&world);
}

TEST(VERIFY0015)
{
    /* The first fault in the text is what is reported, and the second pass comes after the first. */
    struct world world = world_new(1);
    WRITE(&world, 300, "\xEB\x7F");
    WRITE(&world, 428, "\x31\xC0");
    world_expect(&world, 300, "branch into the middle of an instruction");
    WRITE(&world, 3000, "\x0F\x05\xC3");
    world_expect(&world, 3002, "return outside the thunk");
    WRITE(&world, 2000, "\xF4");
    world_expect(&world, 2000, "system instruction");
    world_free(&world);
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, VERIFY0001, "nothing but traps");
    ADD(&harness, VERIFY0002, "the thunks' room is not looked at");
    ADD(&harness, VERIFY0003, "every refused form, with its reason, place and bytes");
    ADD(&harness, VERIFY0004, "every listed form cut off by the end");
    ADD(&harness, VERIFY0005, "what may be the last instruction");
    ADD(&harness, VERIFY0006, "a call to every byte");
    ADD(&harness, VERIFY0007, "a jump to every byte");
    ADD(&harness, VERIFY0008, "a branch to every byte");
    ADD(&harness, VERIFY0009, "short ones to every byte they reach");
    ADD(&harness, VERIFY0010, "as far as a displacement goes");
    ADD(&harness, VERIFY0011, "a return site behind a call, wherever it ends");
    ADD(&harness, VERIFY0012, "a target behind a type hash, every 16 bytes");
    ADD(&harness, VERIFY0013, "what only looks like a type hash");
    ADD(&harness, VERIFY0014, "what only looks like a call");
    ADD(&harness, VERIFY0015, "which fault is reported");
    return harness_run("verify", &harness);
}
