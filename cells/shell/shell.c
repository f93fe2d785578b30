/* SPDX-License-Identifier: MIT */

/*
 * The shell: reads lines from the console, runs them, prints.
 *
 * With a person on the other side it edits, completes and shows warnings as
 * they happen.  With a program (option shell=script) it answers each line with
 * the output and a line RECORD_SEPARATOR "STATUS n", and says nothing unasked.
 */
#include "command.h"
#include "completion.h"
#include "editor.h"
#include "live.h"
#include "names.h"
#include "options.h"
#include "report.h"
#include "system.h"
#include "terminal.h"

#include <abi/block.h>
#include <abi/services.h>
#include <abi/stream.h>
#include <rt/text.h>
#include <sdk/cell.h>

#define RECORD_SEPARATOR "\x1e"
#define SHELL_BYTES_PER_EVENT 4096u /* typed bytes taken before waiting again */
#define SHELL_STOP_MS 100u

struct shell {
    struct editor editor;
    struct history history;
    const struct output *output;
    bool is_script;
    char line[EDITOR_LINE_MAX + 1]; /* the one being run: the parser cuts it up */
};

static struct shell shell;

static const char *shell_prompt(void)
{
    return cell_info()->backend == BACKEND_NONE ? "comb (no isolation)> " : "comb> ";
}

static void shell_banner(void)
{
    struct system_record system;
    if (system_read(&system) != ST_OK)
        return;
    output_format(shell.output, "\nComb %s, backend %s, %u cells.  Type 'help'.\n", system.build,
                  name_of_backend(system.backend), system.cells);
    if (system.backend == BACKEND_NONE)
        output_text(shell.output, "NOTHING KEEPS THESE CELLS APART.\n");
}

/* What broke before the last reset is known only to who asks, so say that there is something. */
static void shell_kept_hint(void)
{
    struct crash_record crash;
    uint64_t index = 0;
    uint32_t count = 0;
    while (crash_kept_next(&index, &crash) == ST_OK)
        count++;
    if (count > 0)
        output_format(shell.output, "%u crash record%s from before the last reset: 'crash kept'\n", count,
                      count == 1 ? "" : "s");
}

/* ---- lines ---- */

static void shell_answer(enum status status)
{
    if (shell.is_script)
        output_format(shell.output, RECORD_SEPARATOR "STATUS %u\n", (unsigned)status);
}

/* What happened meanwhile is said before the prompt rather than above it. */
static void shell_next_line(void)
{
    if (!shell.is_script && live_has_news())
        live_print(shell.output);
    editor_begin(&shell.editor);
    terminal_flush();
}

static void shell_run_line(void)
{
    (void)text_copy(shell.line, sizeof(shell.line), shell.editor.line);
    if (!shell.is_script)
        history_add(&shell.history, shell.line);
    terminal_flush();
    shell_answer(command_run(shell.line, shell.output, &shell.history));
    shell_next_line();
}

static void shell_line_too_long(void)
{
    output_format(shell.output, "a line has at most %u characters; this one was dropped\n", EDITOR_LINE_MAX);
    shell_answer(ST_RANGE);
    shell_next_line();
}

/* One match is typed for the user; of several, what they share, and then they are listed. */
static void shell_complete(void)
{
    struct completion completion;
    struct completion_result result;
    if (!completion_parse(&completion, shell.editor.line, shell.editor.cursor)) {
        editor_beep(&shell.editor);
        return;
    }
    completion_find(&completion, command_complete, nullptr, &result);
    if (result.insert[0] != '\0' && editor_insert(&shell.editor, result.insert))
        return;
    if (result.matches < 2) {
        editor_beep(&shell.editor);
        return;
    }
    editor_hide(&shell.editor);
    completion_list(&completion, command_complete, nullptr, shell.output);
    editor_show(&shell.editor);
}

static void shell_handle(enum editor_event event)
{
    switch (event) {
    case EDITOR_LINE:
        shell_run_line();
        break;
    case EDITOR_TOO_LONG:
        shell_line_too_long();
        break;
    case EDITOR_CANCEL:
        shell_next_line();
        break;
    case EDITOR_COMPLETE:
        shell_complete();
        break;
    case EDITOR_NONE:
        break;
    }
}

/* ---- events ---- */

static void shell_read(void)
{
    uint8_t byte;
    for (uint32_t i = 0; i < SHELL_BYTES_PER_EVENT; i++) {
        if (!terminal_read(&byte))
            return;
        shell_handle(editor_feed(&shell.editor, byte));
    }
    cell_timer_set(tsc_read()); /* there may be more: come back at once */
}

static void shell_show_news(void)
{
    if (shell.is_script || !live_has_news())
        return;
    editor_hide(&shell.editor);
    live_print(shell.output);
    editor_show(&shell.editor);
}

/* A command that waits takes events out of the word: so look at everything, whatever came. */
static void shell_notified(uint64_t events)
{
    (void)events;
    terminal_attach();
    shell_read();
    shell_show_news();
    terminal_flush();
}

/* ---- life ---- */

static enum status shell_init(void)
{
    if (cell_cap_find(CAP_CELLS) == nullptr || cell_cap_find(CAP_LOG) == nullptr)
        return ST_DENIED;
    return ST_OK;
}

static void shell_setup(void)
{
    bool is_dumb = option_equals(cell_info()->config, "term", "dumb") || system_option_equals("term", "dumb");
    enum editor_mode mode = is_dumb ? EDITOR_DUMB : EDITOR_VT100;
    shell.is_script = system_option_equals("shell", "script");
    shell.output = terminal_output();
    if (shell.is_script)
        mode = EDITOR_PLAIN;
    terminal_set_kind(shell.is_script ? TERMINAL_PLAIN : is_dumb ? TERMINAL_DUMB : TERMINAL_VT100);
    editor_init(&shell.editor, shell.output, &shell.history, mode, shell_prompt());
}

static void shell_own_crash_print(void)
{
    struct crash_record crash;
    if (cell_info()->epoch > 1 && crash_by_id(cell_info()->id, &crash) == ST_OK &&
        crash.epoch + 1 == cell_info()->epoch)
        report_crash(shell.output, &crash);
}

static enum status shell_start(void)
{
    terminal_attach();
    shell_setup();
    if (shell.is_script) {
        shell_own_crash_print();
        output_text(shell.output, RECORD_SEPARATOR "READY\n");
    } else {
        shell_banner();
        if (cell_info()->epoch == 1)
            shell_kept_hint();
        live_begin();
    }
    shell_next_line();
    return ST_OK;
}

static void shell_stop(void)
{
    editor_hide(&shell.editor);
    if (!shell.is_script)
        output_text(shell.output, "the shell stops\n");
    terminal_drain(SHELL_STOP_MS);
}

static const struct cell_ops shell_ops = {
    .init = shell_init,
    .start = shell_start,
    .notified = shell_notified,
    .stop = shell_stop,
};

CELL(
    shell_ops,
    ((struct manifest){
        .name = "shell",
        .vendor = "comb",
        .description = "What people and scripts talk to",
        .version_minor = 1,
        .restart_policy = RESTART_ALWAYS,
        .limits = { .memory_kib = 1024, .stack_kib = 32, .priority = 8, .operation_timeout_ms = 5000 },
        .uses = { { .name = CONSOLE_INTERFACE,
                    .flags = INTERFACE_CHANNEL,
                    .channel_kib = CONSOLE_CHANNEL_KIB },
                  { .name = WARDEN_INTERFACE, .flags = INTERFACE_GATE },
                  { .name = CLOCK_INTERFACE, .flags = INTERFACE_GATE | INTERFACE_OPTIONAL },
                  { .name = BENCH_INTERFACE, .flags = INTERFACE_GATE | INTERFACE_OPTIONAL },
                  { .name = BLOCK_INTERFACE,
                    .flags = INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_MANY | INTERFACE_OPTIONAL,
                    .channel_kib = 256 },
                  { .name = DRIVER_INTERFACE, .flags = INTERFACE_GATE | INTERFACE_MANY | INTERFACE_OPTIONAL },
                  { .name = BLOCKCHECK_INTERFACE, .flags = INTERFACE_GATE | INTERFACE_OPTIONAL },
                  { .name = ECHO_INTERFACE, .flags = INTERFACE_GATE | INTERFACE_MANY | INTERFACE_OPTIONAL } },
        .caps = { { .type = CAP_CELLS, .rights = RIGHT_READ | RIGHT_OBSERVE },
                  { .type = CAP_LOG, .rights = RIGHT_READ },
                  { .type = CAP_POWER, .rights = RIGHT_WRITE } },
    }));
