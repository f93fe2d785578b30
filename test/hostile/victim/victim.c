/* SPDX-License-Identifier: MIT */

#include "victim.h"

#include "../attack.h"

#include <abi/image.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define CANARY_WORDS (2 * PAGE_BYTES / sizeof(uint64_t))
#define HEAP_WORDS (PAGE_BYTES / sizeof(uint64_t))

/* The image as it was loaded (abi/image.h); the linker's name for where it begins. */
extern const uint8_t __executable_start[];

static alignas(PAGE_BYTES) uint64_t canary[CANARY_WORDS];
static const uint64_t constant[64] = { 0x5AFE, 0xC0DE };

struct victim {
    uint64_t head;
    uint64_t *heap;
};

static struct victim victim;

static uint64_t canary_word(uint64_t index)
{
    return victim_link(UINT64_C(0xCA9A4EE5), index);
}

static void canary_set(uint64_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        words[i] = canary_word(i);
}

static uint64_t canary_damage(const uint64_t *words, uint64_t count)
{
    uint64_t damage = 0;
    for (uint64_t i = 0; i < count; i++)
        damage += words[i] != canary_word(i);
    return damage;
}

static uint64_t victim_mend(void)
{
    canary_set(canary, CANARY_WORDS);
    canary_set(victim.heap, HEAP_WORDS);
    victim.head = 0;
    return 0;
}

static uint64_t image_part_end(enum image_part part)
{
    struct image_header header;
    memcpy(&header, __executable_start, sizeof(header));
    return image_end(&header, part);
}

/* Header, constants, text, relocated constants: all that nobody may write. */
static uint64_t victim_digest(void)
{
    uint64_t digest = 0;
    uint64_t end = image_part_end(IMAGE_RELRO);
    for (uint64_t i = 0; i < end; i++)
        digest = (digest ^ __executable_start[i]) * UINT64_C(0x100000001B3);
    return digest;
}

struct place {
    const volatile void *start;
    uint64_t bytes;
};

static struct place victim_place(uint64_t place)
{
    switch (place) {
    case PLACE_DATA:
        return (struct place){ canary, sizeof(canary) };
    case PLACE_CODE:
        return (struct place){ __executable_start + image_part_end(IMAGE_CONSTANT), PAGE_BYTES };
    case PLACE_STACK:
        return (struct place){ __builtin_frame_address(0), 64 };
    case PLACE_CONSTANT:
        return (struct place){ constant, sizeof(constant) };
    case PLACE_HEAP:
        return (struct place){ victim.heap, HEAP_WORDS * sizeof(uint64_t) };
    case PLACE_INFO:
        return (struct place){ cell_info(), sizeof(struct cell_info) };
    default:
        return (struct place){ nullptr, 0 };
    }
}

static uint64_t victim_chain(uint64_t link)
{
    victim.head = victim_link(victim.head, link);
    return victim.head;
}

GATE_ENTRY static uint64_t victim_call(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
    switch (call) {
    case VICTIM_SUM:
        return a + b + c;
    case VICTIM_CHAIN:
        return victim_chain(a);
    case VICTIM_CHECK:
        return canary_damage(canary, CANARY_WORDS) + canary_damage(victim.heap, HEAP_WORDS);
    case VICTIM_DIGEST:
        return victim_digest();
    case VICTIM_PLACE:
        return (uint64_t)(uintptr_t)victim_place(a).start;
    case VICTIM_BYTES:
        return victim_place(a).bytes;
    case VICTIM_MEND:
        return victim_mend();
    default:
        return 0;
    }
}

static enum status victim_start(void)
{
    victim.heap = cell_pages(1);
    if (victim.heap == nullptr)
        return ST_QUOTA;
    (void)victim_mend();
    return ST_OK;
}

static const struct cell_ops victim_ops = { .start = victim_start };

CELL(victim_ops,
     ((struct manifest){
         .name = "victim",
         .vendor = "Comb",
         .description = "has something to lose in every kind of page",
         .version_major = 1,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 256, .priority = 16 },
         .provides = { { VICTIM_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 0 } },
     }),
     victim_call);
