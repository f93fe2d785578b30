/* SPDX-License-Identifier: MIT */
#include "fault_flip.h"

#include "device.h"
#include "fault_exercise.h"
#include "fault_load.h"
#include "fault_watch.h"
#include "json.h"
#include "names.h"
#include "system.h"
#include "table.h"
#include "terminal.h"
#include "warden.h"

#include <abi/block.h>
#include <abi/stream.h>
#include <rt/text.h>
#include <sdk/gate.h>
#include <sdk/number.h>

#define FLIP_COUNT_MAX 10000u
#define FLIP_EXERCISE_MS 300u /* after which it is called dormant */
#define FLIP_ANSWER_MS 12000u /* besides the operation timeout: the warden's heartbeat has to act before */
#define FLIP_RELOAD_MS 20000u
#define FLIP_PLACE_BYTES 24u

/* One bit of one cell. */
struct flip {
    struct fault_watch watch;
    const struct cell_edge *block; /* through which it serves us; null: it does not */
    uint64_t place;
    bool is_rejected;
    const char *wrong;             /* null: no answer of its own was */
    uint32_t answers;              /* of its own, calls and requests */
    struct fault_load_result load; /* while the bit was turned */
    enum status reloaded;
};

/* What is asked for. */
struct flip_order {
    bool has_place, has_count;
    uint64_t place, seed, count;
};

/* ---- what to do ---- */

static enum status flip_place_read(const struct command_call *call, struct flip_order *order)
{
    char text[FLIP_PLACE_BYTES];
    const char *word = call->words.at[3];
    uint64_t offset = 0;
    uint64_t bit = 0;
    bool is_right = text_copy(text, sizeof(text), word);
    char *dot = text;
    while (*dot != '\0' && *dot != '.')
        dot++;
    if (*dot == '.') {
        *dot = '\0';
        is_right = is_right && text_to_u64(dot + 1, &bit);
    }
    is_right = is_right && text_to_u64(text, &offset) && offset <= UINT64_MAX / FLIP_BITS - 1 &&
               bit < FLIP_BITS;
    if (!is_right)
        return command_fail(call, ST_RANGE, "fault: '%s' is no place like 0x120 or 0x120.7", word);
    order->has_place = true;
    order->place = offset * FLIP_BITS + bit;
    return ST_OK;
}

static enum status flip_order_read(struct command_call *call, struct flip_order *order)
{
    *order = (struct flip_order){ .seed = UINT64_MAX, .count = 0 };
    enum status status = command_number(call, "--seed", 0, UINT32_MAX, &order->seed)
                             ?: command_number(call, "--count", 1, FLIP_COUNT_MAX, &order->count);
    if (status != ST_OK)
        return status;
    if (call->words.count > 4)
        return command_fail(call, ST_INVALID, "fault: too many words; see 'help fault'");
    bool has_seed = order->seed != UINT64_MAX;
    order->has_count = order->count != 0;
    if (!has_seed)
        order->seed = (uint32_t)(tsc_read() >> 4);
    if (!order->has_count)
        order->count = 1;
    if (call->words.count < 4)
        return ST_OK;
    if (has_seed || order->has_count)
        return command_fail(call, ST_INVALID, "fault: --seed and --count take random places, not %s",
                            call->words.at[3]);
    return flip_place_read(call, order);
}

/* Whoever judges, and through whom the verdict comes. */
static bool flip_is_judge(const struct cell_record *cell)
{
    const struct cell_edge *warden = cell_edge_find(WARDEN_INTERFACE, 0);
    const struct cell_channel *console = cell_channel_find(CONSOLE_INTERFACE, 0);
    return cell->id == cell_info()->id || (warden != nullptr && warden->peer_id == cell->id) ||
           (console != nullptr && console->peer_id == cell->id);
}

static enum status flip_refusal(const struct command_call *call, enum status status)
{
    if (status == ST_DENIED)
        return command_fail(
            call, status, "fault: text-flip is off; boot with 'faults=allow' on the command line (comb.cfg)");
    return command_fail(call, status, "fault: no bit was turned over: %s", status_name(status));
}

static enum status flip_prepare(const struct command_call *call, struct cell_record *cell,
                                const struct flip_order *order)
{
    struct system_record system;
    enum status status = device_cell_named(call, call->words.at[1], cell);
    if (status != ST_OK)
        return status;
    if (flip_is_judge(cell))
        return command_fail(call, ST_DENIED,
                            "fault: text-flip needs shell, warden and console to judge; not %s", cell->name);
    if (!system_option_equals("faults", "allow"))
        return flip_refusal(call, ST_DENIED);
    if (cell->device != 0 && system_read(&system) == ST_OK && system.iommu_units == 0)
        return command_fail(call, ST_UNSUPPORTED,
                            "fault: there is no IOMMU; nothing would stop the device of %s", cell->name);
    if (cell->scanned_bytes == 0 || (order->has_place && order->place / FLIP_BITS >= cell->scanned_bytes))
        return command_fail(call, ST_RANGE, "fault: %s has %llu bytes of text", cell->name,
                            (unsigned long long)cell->scanned_bytes);
    return ST_OK;
}

/* ---- doing it ---- */

static enum status flip_ask(const struct command_call *call, struct flip *flip)
{
    const struct cell_edge *warden = nullptr;
    uint64_t words[2];
    uint64_t answer = ST_INVALID;
    enum status status = command_edge(call, WARDEN_INTERFACE, &warden);
    if (status != ST_OK)
        return status;
    gate_name_pack(flip->watch.cell.name, words);
    status = gate_call(warden, WARDEN_FLIP, words[0], words[1], flip->place, &answer);
    if (status != ST_OK)
        return command_fail(call, status, "the warden does not answer: %s", status_name(status));
    flip->is_rejected = answer == ST_REJECTED;
    if (answer == ST_OK || flip->is_rejected)
        return ST_OK;
    return flip_refusal(call, answer < ST_COUNT ? (enum status)answer : ST_DEVICE);
}

static void flip_note(struct flip *flip, const char *wrong)
{
    flip->wrong = flip->wrong ?: wrong;
}

/* Ends the requests that are under way, through a restart if need be. */
static void flip_load_end(struct flip *flip, struct fault_load_result *load)
{
    fault_load_end(tsc_after_ms(FLIP_ANSWER_MS + flip->watch.cell.operation_timeout_ms), load);
    flip->answers += load->answered + load->failed;
    if (load->lost > 0)
        flip_note(flip, "requests are lost");
    if (load->failed > 0)
        flip_note(flip, "requests failed");
    if (load->differs > 0)
        flip_note(flip, "it reads something else than before");
}

/* One that cannot be opened because it was stopped has a crash record. */
static void flip_load_again(struct flip *flip)
{
    struct fault_load_result load;
    if (fault_load_begin(flip->block) == ST_OK) {
        fault_load_kick();
        flip_load_end(flip, &load);
        return;
    }
    fault_watch_look(&flip->watch);
    if (!flip->watch.sight.has_crashed)
        flip_note(flip, "it cannot be opened");
}

static void flip_look(struct flip *flip)
{
    fault_watch_look(&flip->watch);
    if (flip->watch.cell.device != 0)
        fault_watch_look_at_iommu(&flip->watch);
}

static bool flip_is_noticed(const struct flip *flip)
{
    return flip->wrong != nullptr || flip->watch.sight.has_crashed || flip->watch.sight.dma_faults > 0;
}

/* Its clients want all it can do, until somebody notices or the time is up. */
static void flip_exercise(struct flip *flip)
{
    uint64_t deadline = tsc_after_ms(FLIP_EXERCISE_MS);
    for (;;) {
        flip_note(flip, fault_exercise(flip->watch.cell.name, &flip->answers));
        flip_look(flip);
        if (flip_is_noticed(flip) || tsc_read() >= deadline || terminal_interrupted() ||
            !terminal_wait_ms(FAULT_POLL_MS))
            return;
        if (flip->block != nullptr)
            flip_load_again(flip);
    }
}

static void flip_wait_back(struct flip *flip)
{
    uint64_t deadline = tsc_after_ms(FAULT_UP_MS);
    for (flip_look(flip); flip->watch.sight.has_crashed && !fault_watch_is_back(&flip->watch) &&
                          tsc_read() < deadline && !terminal_interrupted();
         flip_look(flip))
        if (!terminal_wait_ms(FAULT_POLL_MS))
            return;
}

/* What the first blocks hold while all is well. */
static enum status flip_learn(struct flip *flip)
{
    struct fault_load_result load;
    fault_load_forget();
    if (flip->block == nullptr || fault_load_begin(flip->block) != ST_OK)
        return ST_OK; /* nothing to read is nothing to compare */
    fault_load_kick();
    fault_load_end(tsc_after_ms(FLIP_ANSWER_MS), &load);
    return load.answered == load.sent ? ST_OK : ST_STATE;
}

/* Ends it politely, which is work for the flipped text too, and makes a new instance. */
static enum status flip_reload(const struct command_call *call, const struct flip *flip)
{
    return warden_request(call, WARDEN_RESTART, flip->watch.cell.name, 0, FLIP_RELOAD_MS);
}

static enum status flip_do(const struct command_call *call, struct flip *flip, bool is_reloaded)
{
    struct fault_watch *watch = &flip->watch;
    flip->block = cell_edge_to(BLOCK_INTERFACE, watch->cell.name);
    if (!fault_watch_is_up(watch) || flip_learn(flip) != ST_OK)
        return command_fail(call, ST_STATE, "fault: %s is %s and does not serve; try: cell restart %s",
                            watch->cell.name, name_of_state(watch->cell.state), watch->cell.name);
    fault_watch_begin(watch);
    watch->sight.has_load = flip->block != nullptr && fault_load_begin(flip->block) == ST_OK;
    watch->tsc = tsc_read();
    enum status status = flip_ask(call, flip);
    if (watch->sight.has_load) {
        fault_load_kick();
        flip_load_end(flip, &flip->load);
    }
    if (status != ST_OK)
        return status;
    if (!flip->is_rejected)
        flip_exercise(flip);
    flip_wait_back(flip);
    if (is_reloaded && !flip->is_rejected)
        flip->reloaded = flip_reload(call, flip);
    fault_watch_end(watch);
    flip_look(flip);
    return ST_OK;
}

/* ---- saying it ---- */

static uint64_t flip_replayed(const struct flip *flip)
{
    return flip->watch.sight.has_crashed ? flip->load.replayed : 0;
}

static uint64_t flip_outage_us(const struct flip *flip)
{
    return flip->watch.sight.has_crashed ? fault_watch_outage_us(&flip->watch) : 0;
}

static void flip_json(const struct output *output, const struct flip *flip, const struct flip_order *order)
{
    struct json json;
    const struct fault_sight *sight = &flip->watch.sight;
    enum flip_outcome outcome = flip_outcome(sight, flip->is_rejected, flip->wrong);
    const char *verdict = flip_verdict(sight, flip->is_rejected, flip->wrong);
    json_begin(&json, output);
    json_text(&json, "cell", flip->watch.cell.name);
    json_text(&json, "fault", FLIP_NAME);
    json_number(&json, "offset", flip->place / FLIP_BITS);
    json_number(&json, "bit", flip->place % FLIP_BITS);
    if (!order->has_place)
        json_number(&json, "seed", order->seed);
    json_text(&json, "outcome", flip_outcome_name(outcome));
    json_bool(&json, "contained", verdict == nullptr && outcome != FLIP_WRONG);
    json_text(&json, "verdict", verdict == nullptr ? flip_outcome_name(outcome) : verdict);
    json_text(&json, "wrong", flip->wrong == nullptr ? "" : flip->wrong);
    json_text(&json, "detected_by", flip_detector(sight));
    json_text(&json, "reason", name_of_crash(sight->has_crashed ? sight->reason : (uint32_t)CRASH_NONE));
    json_number(&json, "detected_us", fault_watch_notice_us(&flip->watch));
    json_text(&json, "state", name_of_state(flip->watch.cell.state));
    json_number(&json, "instance", flip->watch.cell.epoch);
    json_number(&json, "outage_us", flip_outage_us(flip));
    json_number(&json, "answers", flip->answers);
    json_number(&json, "replayed", flip_replayed(flip));
    json_number(&json, "harmed", sight->harmed);
    json_text(&json, "oracle", sight->oracle == nullptr ? "ok" : sight->oracle);
    json_end(&json);
}

static void flip_text_crash(const struct output *output, const struct flip *flip)
{
    const struct fault_sight *sight = &flip->watch.sight;
    output_format(output, "  detected by  %s, after %llu us", flip_detector(sight),
                  (unsigned long long)fault_watch_notice_us(&flip->watch));
    if (sight->has_crashed)
        output_format(output, ": %s", name_of_crash(sight->reason));
    output_format(output, "\n  now          %s, instance %u, %llu us without it, %llu requests replayed\n",
                  name_of_state(flip->watch.cell.state), flip->watch.cell.epoch,
                  (unsigned long long)flip_outage_us(flip), (unsigned long long)flip_replayed(flip));
}

/* Only of others: what the cell itself did is said before. */
static void flip_text_others(const struct output *output, const struct flip *flip)
{
    const struct fault_sight *sight = &flip->watch.sight;
    char name[CELL_NAME_BYTES];
    if (sight->harmed > 0)
        output_format(output, "  others       %u HARMED, the first is %s\n", sight->harmed,
                      cell_name(flip->watch.harmed_first, name));
    else
        output_text(output, "  others       as before\n");
    output_format(output, "  oracle       %s\n",
                  sight->oracle == nullptr ? "all other answers are right" : sight->oracle);
}

static void flip_text_line(const struct output *output, const struct flip *flip)
{
    const struct fault_sight *sight = &flip->watch.sight;
    const char *verdict = flip_verdict(sight, flip->is_rejected, flip->wrong);
    enum flip_outcome outcome = flip_outcome(sight, flip->is_rejected, flip->wrong);
    output_format(output, "%s of %s at 0x%llx.%llu: %s", FLIP_NAME, flip->watch.cell.name,
                  (unsigned long long)(flip->place / FLIP_BITS),
                  (unsigned long long)(flip->place % FLIP_BITS), flip_outcome_name(outcome));
    if (outcome == FLIP_WRONG)
        output_format(output, ": %s", flip->wrong);
    if (outcome == FLIP_ACTIVATED)
        output_format(output, ", detected by %s", flip_detector(sight));
    output_format(output, "%s%s\n", verdict == nullptr ? "" : ".  ", verdict == nullptr ? "" : verdict);
}

static void flip_text(const struct output *output, const struct flip *flip, const struct flip_order *order)
{
    const struct fault_sight *sight = &flip->watch.sight;
    bool has_run = !flip->is_rejected && !sight->is_new;
    flip_text_line(output, flip);
    if (!order->has_place)
        output_format(output, "  seed         %llu\n", (unsigned long long)order->seed);
    if (flip->is_rejected)
        output_text(output, "  detected by  the scanner: nothing has changed\n");
    if (sight->has_crashed || sight->dma_faults > 0)
        flip_text_crash(output, flip);
    output_format(output, "  exercised    %u answers of %s\n", flip->answers, flip->watch.cell.name);
    flip_text_others(output, flip);
    if (has_run)
        output_format(output, "%s still runs the flipped text; 'reload %s' restores it\n",
                      flip->watch.cell.name, flip->watch.cell.name);
}

/* ---- series ---- */

static const struct column flip_columns[] = {
    { "outcome", 14, COLUMN_TEXT },
    { "detected_by", 24, COLUMN_TEXT },
    { "flips", 6, COLUMN_NUMBER },
};

static void flip_row(struct table *table, const char *outcome, const char *detector, uint32_t flips)
{
    table_text(table, outcome);
    table_text(table, detector);
    table_number(table, flips);
}

static void flip_table(const struct output *output, const struct flip_summary *summary)
{
    struct table table;
    const uint32_t *outcomes = summary->outcomes;
    table_begin(&table, output, false, flip_columns, ARRAY_COUNT(flip_columns));
    flip_row(&table, flip_outcome_name(FLIP_REJECTED), "scanner", outcomes[FLIP_REJECTED]);
    flip_row(&table, flip_outcome_name(FLIP_DORMANT), "-", outcomes[FLIP_DORMANT]);
    for (uint32_t i = 0; i < CRASH_REASON_COUNT; i++)
        if (summary->noticed[i] > 0)
            flip_row(&table, flip_outcome_name(FLIP_ACTIVATED), flip_noticed_name(i), summary->noticed[i]);
    flip_row(&table, flip_outcome_name(FLIP_WRONG), "its clients", outcomes[FLIP_WRONG]);
    flip_row(&table, "collateral", "-", summary->collateral);
}

/* The detectors stand in objects of their own: their names are no keys. */
static void flip_summary_json(const struct output *output, const struct flip_summary *summary,
                              const struct flip_order *order, const char *name)
{
    struct json json;
    for (uint32_t i = 0; i < CRASH_REASON_COUNT; i++) {
        if (summary->noticed[i] == 0)
            continue;
        json_begin(&json, output);
        json_text(&json, "detected_by", flip_noticed_name(i));
        json_number(&json, "activated", summary->noticed[i]);
        json_end(&json);
    }
    json_begin(&json, output);
    json_text(&json, "cell", name);
    json_number(&json, "seed", order->seed);
    json_number(&json, "flips", summary->flips);
    json_number(&json, "rejected", summary->outcomes[FLIP_REJECTED]);
    json_number(&json, "dormant", summary->outcomes[FLIP_DORMANT]);
    json_number(&json, "activated", summary->outcomes[FLIP_ACTIVATED]);
    json_number(&json, "wrong", summary->outcomes[FLIP_WRONG]);
    json_number(&json, "collateral", summary->collateral);
    json_end(&json);
}

static void flip_say(const struct command_call *call, const struct flip *flip, const struct flip_order *order)
{
    if (call->is_json)
        flip_json(call->output, flip, order);
    else if (order->has_count)
        flip_text_line(call->output, flip);
    else
        flip_text(call->output, flip, order);
    terminal_flush();
}

static void flip_say_summary(const struct command_call *call, const struct flip_summary *summary,
                             const struct flip_order *order, const char *name)
{
    if (call->is_json) {
        flip_summary_json(call->output, summary, order, name);
        return;
    }
    output_format(call->output, "%u flips of %s, seed %llu\n", summary->flips, name,
                  (unsigned long long)order->seed);
    flip_table(call->output, summary);
}

static enum status flip_series(const struct command_call *call, const struct cell_record *cell,
                               const struct flip_order *order, struct flip_summary *summary)
{
    static struct flip flip;
    enum status status = ST_OK;
    for (uint64_t i = 0; i < order->count && status == ST_OK; i++) {
        flip = (struct flip){ .watch.cell = *cell, .place = order->place };
        if (!order->has_place)
            flip.place = flip_place(order->seed, i, cell->scanned_bytes);
        if (terminal_interrupted())
            return command_interrupted(call);
        status = flip_do(call, &flip, order->has_count);
        if (status != ST_OK)
            return status;
        flip_count(summary, &flip.watch.sight, flip.is_rejected, flip.wrong);
        flip_say(call, &flip, order);
        status = flip.reloaded;
    }
    return status;
}

enum status fault_flip_run(struct command_call *call)
{
    struct cell_record cell;
    struct flip_order order;
    struct flip_summary summary = { 0 };
    enum status status = flip_order_read(call, &order) ?: flip_prepare(call, &cell, &order);
    if (status != ST_OK)
        return status;
    status = flip_series(call, &cell, &order, &summary);
    if (order.has_count && summary.flips > 0)
        flip_say_summary(call, &summary, &order, cell.name);
    return status != ST_OK ? status : summary.collateral == 0 ? ST_OK : ST_STATE;
}
