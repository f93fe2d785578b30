/* SPDX-License-Identifier: MIT */

/*
 * The attacker that only asks: attacks 30, 31, 32 and 36, in C, by monitor
 * calls that are well formed but for the one thing that is tried.  It holds much,
 * so that nothing but that one thing can be the reason for a refusal.
 */

#include "deputy.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/gate.h>

#define POST_PORT 0x80u      /* the firmware's progress display: writing harms nobody */
#define SPARE_LINE 7u        /* an interrupt line nobody drives */
#define OBJECT_BYTES KIB(64) /* memory that outlives the instance */
#define TIMEOUT_MS 60000u    /* a sweep is long, and the watchdog is not what is tried here */

static uint8_t *last_page;

cap_handle own_cap(enum capability_type type)
{
    const struct cell_cap *cap = cell_cap_find(type);
    ASSERT(cap != nullptr && cap->handle != 0);
    return cap->handle;
}

uint64_t deputy_escape(const char *format, ...)
{
    char line[LOG_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    (void)text_vformat(line, sizeof(line), format, args);
    va_end(args);
    cell_log(LOG_ERROR, "%s", line);
    return ATTACK_SUCCEEDED;
}

uint8_t *deputy_last_page(void)
{
    return last_page;
}

static enum status deputy_init(void)
{
    uint64_t pages = cell_info()->heap_bytes / PAGE_BYTES;
    uint8_t *heap = pages > 0 ? cell_pages(pages) : nullptr;
    if (heap == nullptr)
        return ST_NO_MEMORY;
    memset(heap, 0, pages * PAGE_BYTES); /* all frames it will ever have: the judge counts them */
    last_page = heap + (pages - 1) * PAGE_BYTES;
    return ST_OK;
}

GATE_ENTRY static uint64_t deputy_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct attack_menu menu[] = {
        { 30, pointer_variants(), pointer_attack },
        { 31, handle_variants(), handle_attack },
        { 32, remap_variants(), remap_attack },
        { 36, exhaust_variants(), exhaust_attack },
        {},
    };
    return attack_answer(menu, operation, a, b, c);
}

static const struct cell_ops deputy_ops = { .init = deputy_init };

CELL(deputy_ops,
     ((struct manifest){
         .name = "hostdeputy",
         .vendor = "Comb",
         .description = "asks the monitor for what it must not get",
         .version_major = 1,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 512, .operation_timeout_ms = TIMEOUT_MS, .priority = 8 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 32 } },
         .caps = { { CAP_CELLS, RIGHT_OBSERVE | RIGHT_CONTROL, 0, 0 },
                   { CAP_LOG, RIGHT_READ, 0, 0 },
                   { CAP_ENTROPY, RIGHT_READ, 0, 0 },
                   { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT, 0, OBJECT_BYTES },
                   { CAP_PORTS, RIGHT_READ | RIGHT_WRITE, POST_PORT, 1 },
                   { CAP_IRQ, RIGHT_READ, SPARE_LINE, 1 },
                   { CAP_POWER, RIGHT_WRITE, 0, 0 },
                   { CAP_PCI, RIGHT_READ | RIGHT_WRITE, 0, 0 } },
     }),
     deputy_call);
