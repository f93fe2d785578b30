/* SPDX-License-Identifier: MIT */
#include "gate_check.h"

#include "gate_attack.h"

#include <errno.h>
#include <rt/bits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define STUB(pair) ((uint64_t)(pair)->stub)

static bool attempt(const struct gate_pair *pair, const struct attack *attack, struct attack_report *report)
{
    if (!attack_run(pair, attack, report)) {
        fprintf(stderr, "no child process: %s\n", strerror(errno));
        return false;
    }
    return true;
}

static bool is_exception(const struct gate_pair *pair, const struct attack_report *report, int signal,
                         enum gate_place place)
{
    return report->end == END_EXCEPTION && report->signal == signal &&
           report->rip == STUB(pair) + gate_places[place];
}

static bool is_unused(const struct attack_report *report, enum register_index which, uint64_t value)
{
    return report->arrival.registers[which] != value;
}

/* --- a call --------------------------------------------------------------------------------------- */

static bool call_answers(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller.target = STUB(pair) };
    return attempt(pair, &attack, &report) && report.end == END_CALLER &&
           report.arrival.registers[RAX] == 1 + 2 + 3 + 4 && report.arrival.registers[RDX] == 0 &&
           report.arrival.registers[RSP] == pair->caller_stack &&
           report.arrival.registers[RBP] == JUMP_POISON && report.arrival.pkru == pair->caller_pkru &&
           report.arrival.step == 1 && report.entry_stack == pair->callee_stack && report.out_stack == 0;
}

static bool callee_sees_arguments_only(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .entry = cell_witness, .caller.target = STUB(pair) };
    bool held = attempt(pair, &attack, &report) && report.end == END_CALLEE &&
                report.arrival.pkru == pair->callee_pkru &&
                report.arrival.registers[RSP] == pair->callee_stack - sizeof(uint64_t) &&
                report.arrival.step == 1 && report.entry_stack == 0 && report.out_stack != 0;
    for (uint32_t i = RAX; i <= R11; i++)
        held = held && is_unused(&report, (enum register_index)i, JUMP_POISON);
    for (uint32_t i = R12; i <= R15; i++)
        held = held && report.arrival.registers[i] == i - R12 + 1;
    return held;
}

static bool caller_sees_answer_only(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .entry = cell_secret, .caller.target = STUB(pair) };
    bool held = attempt(pair, &attack, &report) && report.end == END_CALLER &&
                report.arrival.registers[RAX] == JUMP_ANSWER && report.arrival.step == 1 &&
                report.arrival.pkru == pair->caller_pkru;
    for (uint32_t i = RAX; i <= R15; i++)
        held = held && is_unused(&report, (enum register_index)i, JUMP_SECRET);
    return held;
}

/* --- what the gate refuses ------------------------------------------------------------------------ */

static bool wrong_token_refused(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller.target = STUB(pair), .token_change = 1 };
    return attempt(pair, &attack, &report) && is_exception(pair, &report, SIGILL, GATE_AT_BAD_IN);
}

static bool wrong_return_token_refused(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller.target = STUB(pair), .return_change = BIT64(63) };
    return attempt(pair, &attack, &report) && is_exception(pair, &report, SIGILL, GATE_AT_BAD_OUT);
}

/* The callee's rights in eax pass the compare behind WRPKRU; the token stops it. */
static bool forged_rights_refused(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller = { .target = STUB(pair) + gate_places[GATE_AT_WRPKRU_IN],
                                         .rax = pair->callee_pkru } };
    return attempt(pair, &attack, &report) && is_exception(pair, &report, SIGILL, GATE_AT_BAD_IN) &&
           report.pkru == pair->callee_pkru;
}

/* Attack 18 in its plainest form: all rights, for the length of one compare. */
static bool all_rights_end_at_once(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller.target = STUB(pair) + gate_places[GATE_AT_WRPKRU_IN] };
    return attempt(pair, &attack, &report) && is_exception(pair, &report, SIGILL, GATE_AT_BAD_IN) &&
           report.pkru == 0;
}

static bool unsolicited_return_refused(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller.target = STUB(pair) + gate_places[GATE_AT_RESUME] };
    return attempt(pair, &attack, &report) && is_exception(pair, &report, SIGSEGV, GATE_AT_POP) &&
           report.address == 0;
}

static bool busy_callee_waited_for(const struct gate_pair *pair)
{
    struct attack_report report;
    struct attack attack = { .caller.target = STUB(pair), .is_busy = true };
    return attempt(pair, &attack, &report) && is_exception(pair, &report, SIGSEGV, GATE_AT_CALL);
}

/* --- what each side cannot touch ------------------------------------------------------------------- */

static bool is_walled(const struct gate_pair *pair, bool is_callee, const uint8_t *access, const void *at)
{
    struct attack_report report;
    struct jump jump = { .target = (uint64_t)access, .rcx = (uint64_t)at };
    struct attack attack = { .entry = cell_jump, .caller.target = STUB(pair), .callee = jump };
    if (!is_callee)
        attack.caller = jump;
    return attempt(pair, &attack, &report) && report.end == END_EXCEPTION && report.signal == SIGSEGV &&
           report.rip == (uint64_t)access && report.address == (uint64_t)at &&
           report.pkru == (is_callee ? pair->callee_pkru : pair->caller_pkru);
}

static bool caller_walled(const struct gate_pair *pair)
{
    return is_walled(pair, false, cell_store, pair->stub) &&
           is_walled(pair, false, cell_store, pair->caller_constants) &&
           is_walled(pair, false, cell_load, pair->callee_constants) &&
           is_walled(pair, false, cell_store, pair->callee_state) &&
           is_walled(pair, false, cell_load, (const void *)pair->callee_stack);
}

static bool callee_walled(const struct gate_pair *pair)
{
    return is_walled(pair, true, cell_store, pair->stub) &&
           is_walled(pair, true, cell_store, pair->callee_constants) &&
           is_walled(pair, true, cell_load, pair->caller_constants) &&
           is_walled(pair, true, cell_store, pair->caller_state) &&
           is_walled(pair, true, cell_load, (const void *)pair->caller_stack);
}

/* --- a jump to every byte ---------------------------------------------------------------------------- */

/* One jump of one side to one byte of the stub; everything else about it is the side's own. */
struct byte_jump {
    bool is_callee;
    bool has_token; /* r11 holds the token that the jumper may have: its own */
    uint32_t offset, rax, rcx;
};

/*
 * Back at the caller by a return: it has its stack again, and the call is over.
 * There are more ways to gate_returned than a RET of the callee's own, two of
 * them in the stub; but past the place where the stub fetches the token, only
 * with the token.  Whether the entry stack is freed is the callee's own affair.
 */
static bool is_return(const struct gate_pair *pair, const struct byte_jump *byte,
                      const struct attack_report *report)
{
    bool is_past_token = byte->offset >= gate_fields[GATE_IN_RETURN] &&
                         byte->offset <= gate_places[GATE_AT_POP];
    return (byte->has_token || !is_past_token) && report->out_stack == 0 &&
           report->arrival.registers[RSP] == pair->caller_stack &&
           report->arrival.registers[RBP] == JUMP_POISON;
}

/*
 * Whoever arrives has the rights of the place, exactly.  The caller gets into
 * the callee through the front door or with its token.  An exception strikes
 * inside the stub, or with the jumper's own rights: no instruction of a cell
 * has run with others.
 */
static bool is_harmless(const struct gate_pair *pair, const struct byte_jump *byte,
                        const struct attack_report *report)
{
    uint32_t own = byte->is_callee ? pair->callee_pkru : pair->caller_pkru;
    switch (report->end) {
    case END_EXCEPTION:
        return report->pkru == own || attack_offset(pair, report->rip) < GATE_STUB_BYTES;
    case END_CALLER:
        return report->arrival.pkru == pair->caller_pkru &&
               (!byte->is_callee || is_return(pair, byte, report));
    case END_CALLEE:
        return report->arrival.pkru == pair->callee_pkru &&
               (byte->is_callee || byte->has_token || byte->offset == 0);
    default:
        return false;
    }
}

static bool byte_harmless(const struct gate_pair *pair, const struct byte_jump *byte)
{
    uint64_t token = byte->is_callee ? pair->callee_constants->in_return[PAIR_IN_SLOT]
                                     : pair->caller_constants->out_token[PAIR_OUT_SLOT];
    struct attack_report report;
    struct jump jump = { .target = STUB(pair) + byte->offset,
                         .rax = byte->rax,
                         .rcx = byte->rcx,
                         .r11 = byte->has_token ? token : 0 };
    struct attack attack = { .entry = cell_jump, .caller.target = STUB(pair), .callee = jump };
    if (!byte->is_callee) {
        attack.caller = jump;
        attack.entry = cell_witness;
    }
    if (!attempt(pair, &attack, &report))
        return false;
    if (is_harmless(pair, byte, &report))
        return true;
    fprintf(stderr, "%s, offset %u, eax %08x, ecx %u, %s token: end %d signal %d rip %llx rights %08x\n",
            byte->is_callee ? "callee" : "caller", byte->offset, byte->rax, byte->rcx,
            byte->has_token ? "own" : "no", (int)report.end, report.signal, (unsigned long long)report.rip,
            report.end == END_EXCEPTION ? report.pkru : report.arrival.pkru);
    return false;
}

/* Whatever is in eax; a WRPKRU with anything in ecx is an exception of its own. */
static bool bytes_harmless(const struct gate_pair *pair, bool is_callee)
{
    const uint32_t rights[] = { 0, pair->caller_pkru, pair->callee_pkru };
    bool held = true;
    for (uint32_t offset = 0; offset < GATE_STUB_BYTES; offset++) {
        struct byte_jump byte = { .is_callee = is_callee, .offset = offset, .rcx = 1 };
        held &= byte_harmless(pair, &byte);
        for (uint32_t i = 0; i < 2 * ARRAY_COUNT(rights); i++) {
            byte = (struct byte_jump){ is_callee, i >= ARRAY_COUNT(rights), offset,
                                       rights[i % ARRAY_COUNT(rights)], 0 };
            held &= byte_harmless(pair, &byte);
        }
    }
    return held;
}

static bool caller_bytes_harmless(const struct gate_pair *pair)
{
    return bytes_harmless(pair, false);
}

static bool callee_bytes_harmless(const struct gate_pair *pair)
{
    return bytes_harmless(pair, true);
}

/* --- all -------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*holds)(const struct gate_pair *pair);
} promises[] = {
    { "HOST0001: a call answers and leaves everything as it was", call_answers },
    { "HOST0002: the callee gets its own rights, its own stack, four arguments and nothing else",
      callee_sees_arguments_only },
    { "HOST0003: the caller gets the answer and nothing else", caller_sees_answer_only },
    { "HOST0004: a wrong token ends at gate_bad_in", wrong_token_refused },
    { "HOST0005: a wrong return token ends at gate_bad_out", wrong_return_token_refused },
    { "HOST0006: a jump to WRPKRU with the callee's rights ends at gate_bad_in", forged_rights_refused },
    { "HOST0007: a jump to WRPKRU with all rights ends at gate_bad_in", all_rights_end_at_once },
    { "HOST0008: a return that nobody waits for faults", unsolicited_return_refused },
    { "HOST0009: a call of a busy callee faults where the monitor waits", busy_callee_waited_for },
    { "HOST0010: the caller reaches neither stub nor constants nor the callee", caller_walled },
    { "HOST0011: the callee reaches neither stub nor constants nor the caller", callee_walled },
    { "HOST0012: a jump of the caller to any byte gains nothing", caller_bytes_harmless },
    { "HOST0013: a jump of the callee to any byte gains nothing", callee_bytes_harmless },
};

unsigned gate_check(const struct gate_pair *pair, bool is_verbose)
{
    unsigned broken = 0;
    for (size_t i = 0; i < ARRAY_COUNT(promises); i++) {
        if (!promises[i].holds(pair)) {
            fprintf(stderr, "FAIL %s\n", promises[i].name);
            broken++;
        } else if (is_verbose) {
            printf("ok   %s\n", promises[i].name);
            fflush(stdout);
        }
    }
    return broken;
}
