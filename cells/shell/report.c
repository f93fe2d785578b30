/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "json.h"
#include "names.h"
#include "system.h"

#include <rt/text.h>
#include <sdk/cell.h>

#define CRASH_OWN_THREAD UINT32_MAX
#define CRASH_PLACE_BYTES 96u

/* A record is the monitor's copy, but its text is another cell's: only printable bytes go out. */
static void report_printable(const struct output *output, const char *text, size_t bytes)
{
    size_t length = text_length(text, bytes);
    for (size_t i = 0; i < length; i++) {
        char byte = text[i] >= ' ' && text[i] < 0x7F ? text[i] : '.';
        output_bytes(output, &byte, 1);
    }
}

static void report_time(const struct output *output, uint64_t tsc)
{
    uint64_t us = ns_since_boot(tsc) / 1000;
    output_format(output, "[%5llu.%06llu] ", (unsigned long long)(us / 1000000),
                  (unsigned long long)(us % 1000000));
}

void report_log_record(const struct output *output, const struct log_record *record)
{
    report_time(output, record->tsc);
    output_format(output, "%-5s ", name_of_level(record->level));
    report_printable(output, record->cell == 0 ? "monitor" : record->name, CELL_NAME_BYTES);
    output_text(output, ": ");
    report_printable(output, record->text, LOG_TEXT_BYTES);
    output_text(output, "\n");
}

static const char *crash_what(uint32_t reason)
{
    static const char *const texts[CRASH_REASON_COUNT] = {
        [CRASH_PAGE_FAULT] = "touched an address it has no page for",
        [CRASH_KEY_FAULT] = "touched a page of another domain",
        [CRASH_STACK_OVERFLOW] = "ran out of stack",
        [CRASH_EXECUTE] = "jumped to something that is not code",
        [CRASH_PRIVILEGED] = "tried a privileged instruction or port",
        [CRASH_INSTRUCTION] = "failed a check of its own code",
        [CRASH_DIVIDE] = "divided by zero",
        [CRASH_DEBUG] = "raised a debug exception",
        [CRASH_GATE] = "went through a gate where it must not",
        [CRASH_WATCHDOG] = "ran too long without coming back",
        [CRASH_OTHER] = "raised an exception",
        [CRASH_LIMIT] = "got more interrupts than it may",
        [CRASH_STALL] = "answered no request though it waited for work",
        [CRASH_DEVICE] = "could not get its device to come back from a reset",
    };
    return reason < CRASH_REASON_COUNT && texts[reason] != nullptr ? texts[reason] : "?";
}

static bool crash_has_address(uint32_t reason)
{
    return reason == CRASH_PAGE_FAULT || reason == CRASH_KEY_FAULT || reason == CRASH_STACK_OVERFLOW ||
           reason == CRASH_EXECUTE;
}

/* A gate belongs to no cell: its edge says between whom it stands, if that is still there. */
static void crash_gate(const struct crash_record *crash, char text[CRASH_PLACE_BYTES])
{
    struct edge_record edge;
    char caller[CELL_NAME_BYTES], callee[CELL_NAME_BYTES];
    uint32_t id = (uint32_t)(crash->image_offset >> 16);
    uint32_t offset = (uint32_t)(crash->image_offset & 0xFFFF);
    if (edge_by_id(id, &edge) == ST_OK)
        (void)text_format(text, CRASH_PLACE_BYTES, "gate of edge %u (%s -> %s)+0x%x", id,
                          cell_name(edge.caller, caller), cell_name(edge.callee, callee), offset);
    else
        (void)text_format(text, CRASH_PLACE_BYTES, "gate of edge %u+0x%x", id, offset);
}

/* Where the crash was, in words; an address in no image stands for itself. */
static const char *crash_place(const struct crash_record *crash, char text[CRASH_PLACE_BYTES])
{
    if (crash->image == CRASH_IMAGE_GATE)
        crash_gate(crash, text);
    else if (crash->image == CRASH_IMAGE_NONE)
        (void)text_format(text, CRASH_PLACE_BYTES, "0x%llx", (unsigned long long)crash->registers.rip);
    else if (!system_symbol_find(crash->image, crash->image_offset, text, CRASH_PLACE_BYTES))
        (void)text_format(text, CRASH_PLACE_BYTES, "image+0x%llx", (unsigned long long)crash->image_offset);
    return text;
}

static void report_crash_where(const struct output *output, const struct crash_record *crash)
{
    char place[CRASH_PLACE_BYTES];
    output_format(output, "  where   %llx", (unsigned long long)crash->registers.rip);
    if (crash->image != CRASH_IMAGE_NONE) {
        output_text(output, " ");
        report_printable(output, crash_place(crash, place), CRASH_PLACE_BYTES);
    }
    output_text(output, "\n");
}

/* Which check of its own code stopped the cell.  False: none did, or its image does not say. */
static bool crash_trap(const struct crash_record *crash, struct symbol_trap *trap)
{
    return crash->reason == CRASH_INSTRUCTION && crash->image < CRASH_IMAGE_GATE &&
           system_trap_find(crash->image, crash->image_offset, trap);
}

static void report_crash_check(const struct output *output, const struct crash_record *crash)
{
    struct symbol_trap trap;
    char text[SYMBOL_TRAP_TEXT_BYTES];
    if (!crash_trap(crash, &trap))
        return;
    symbol_trap_text(&trap, text);
    output_format(output, "  check   %s\n", text);
}

static void report_crash_check_json(struct json *json, const struct crash_record *crash)
{
    struct symbol_trap trap;
    if (!crash_trap(crash, &trap))
        return;
    json_text(json, "check", trap.check);
    if (trap.line == 0)
        return;
    json_text(json, "file", trap.file);
    json_number(json, "line", trap.line);
}

/* The edge's own record tells who called; it may be gone by now. */
static void report_crash_caller(const struct output *output, const struct crash_record *crash)
{
    char caller[CELL_NAME_BYTES];
    if (crash->edge == CRASH_OWN_THREAD) {
        output_text(output, "  on      its own thread\n");
        return;
    }
    struct edge_record edge;
    const char *interface = edge_by_id(crash->edge, &edge) == ST_OK ? edge.interface : "?";
    output_format(output, "  called  by %s, interface %.15s (edge %u); that call returned an error\n",
                  cell_name(crash->caller, caller), interface, crash->edge);
}

struct register_name {
    char name[4];
    uint16_t offset; /* in struct crash_registers */
};

#define REGISTER(r) { #r, offsetof(struct crash_registers, r) }

static const struct register_name register_names[] = {
    REGISTER(rax), REGISTER(rbx), REGISTER(rcx), REGISTER(rdx), REGISTER(rsi), REGISTER(rdi),
    REGISTER(rbp), REGISTER(rsp), REGISTER(r8),  REGISTER(r9),  REGISTER(r10), REGISTER(r11),
    REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15),
};

static uint64_t register_value(const struct crash_record *crash, const struct register_name *name)
{
    uint64_t value;
    ASSERT(name->offset <= sizeof(crash->registers) - sizeof(value));
    memcpy(&value, (const uint8_t *)&crash->registers + name->offset, sizeof(value));
    return value;
}

static void report_registers(const struct output *output, const struct crash_record *crash)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(register_names); i++)
        output_format(output, "  %-3s %016llx%s", register_names[i].name,
                      (unsigned long long)register_value(crash, &register_names[i]), i % 3 == 2 ? "\n" : "");
    output_format(output, "  rfl %016llx\n", (unsigned long long)crash->registers.rflags);
}

void report_crash(const struct output *output, const struct crash_record *crash)
{
    report_time(output, crash->tsc);
    output_text(output, "crash of ");
    report_printable(output, crash->name, CELL_NAME_BYTES);
    output_format(output, " (instance %u): it %s\n", crash->epoch, crash_what(crash->reason));
    output_format(output, "  what    %s, vector %u, error %x, pkru %08x", name_of_crash(crash->reason),
                  crash->vector, crash->error, crash->pkru);
    if (crash_has_address(crash->reason))
        output_format(output, ", address %llx", (unsigned long long)crash->address);
    output_text(output, "\n");
    report_crash_check(output, crash);
    report_crash_where(output, crash);
    report_crash_caller(output, crash);
    report_registers(output, crash);
}

void report_crash_json(const struct output *output, const struct crash_record *crash)
{
    struct json json;
    char caller[CELL_NAME_BYTES], place[CRASH_PLACE_BYTES];
    json_begin(&json, output);
    json_text(&json, "cell", crash->name);
    json_number(&json, "epoch", crash->epoch);
    json_text(&json, "reason", name_of_crash(crash->reason));
    json_number(&json, "vector", crash->vector);
    json_hex(&json, "error", crash->error);
    json_hex(&json, "pkru", crash->pkru);
    json_hex(&json, "address", crash->address);
    json_text(&json, "symbol", crash_place(crash, place));
    json_hex(&json, "image_offset", crash->image_offset);
    report_crash_check_json(&json, crash);
    json_number(&json, "ns", ns_since_boot(crash->tsc));
    if (crash->edge != CRASH_OWN_THREAD) {
        json_number(&json, "edge", crash->edge);
        json_text(&json, "caller", cell_name(crash->caller, caller));
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(register_names); i++)
        json_hex(&json, register_names[i].name, register_value(crash, &register_names[i]));
    json_hex(&json, "rip", crash->registers.rip);
    json_hex(&json, "rflags", crash->registers.rflags);
    json_end(&json);
}
