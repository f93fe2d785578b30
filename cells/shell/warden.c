/* SPDX-License-Identifier: MIT */
#include "warden.h"

#include "terminal.h"

#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>

#define WARDEN_POLL_MS 5u
#define WARDEN_POLICY_IS_SET BIT64(8) /* services.h, WARDEN_POLICY_GET */

static enum status warden_ask(const struct cell_edge *warden, enum warden_call request,
                              const uint64_t words[2], uint64_t argument, uint64_t *value)
{
    return gate_call(warden, request, words[0], words[1], argument, value);
}

/*
 * ST_GONE is a warden between two instances: the question is asked again.  Its
 * next instance may not know the request; then it is not busy, and the result
 * says what it can.
 */
static enum status warden_wait(const struct command_call *call, const struct cell_edge *warden,
                               const uint64_t words[2], uint64_t limit_ms)
{
    uint64_t deadline = tsc_after_ms(limit_ms);
    while (tsc_read() < deadline) {
        uint64_t busy = 1;
        enum status status = warden_ask(warden, WARDEN_BUSY, words, 0, &busy);
        if (status != ST_OK && status != ST_GONE && status != ST_CRASHED)
            return command_fail(call, status, "the warden does not answer: %s", status_name(status));
        if (status == ST_OK && busy == 0)
            return ST_OK;
        if (terminal_interrupted())
            return command_fail(call, ST_AGAIN, "interrupted; the warden goes on with it");
        if (!terminal_wait_ms(WARDEN_POLL_MS))
            return ST_GONE;
    }
    return command_fail(call, ST_TIMEOUT, "the warden is still busy with it after %llu ms",
                        (unsigned long long)limit_ms);
}

static enum status warden_refusal(const struct command_call *call, const char *what, uint64_t answer)
{
    enum status status = answer > ST_OK && answer < ST_COUNT ? (enum status)answer : ST_DEVICE;
    return command_fail(call, status, "%s: %s", what, status_name(status));
}

enum status warden_request(const struct command_call *call, enum warden_call request, const char *name,
                           uint64_t argument, uint64_t limit_ms)
{
    const struct cell_edge *warden = nullptr;
    enum status status = command_edge(call, WARDEN_INTERFACE, &warden);
    if (status != ST_OK)
        return status;
    uint64_t words[2];
    gate_name_pack(name, words);
    uint64_t answer = ST_INVALID;
    status = warden_ask(warden, request, words, argument, &answer);
    if (status == ST_GONE && text_equal(name, warden->peer))
        answer = ST_OK; /* it ended itself, as it was asked to, before it could say so */
    else if (status != ST_OK)
        return command_fail(call, status, "the warden does not answer: %s", status_name(status));
    if (answer == ST_OK) {
        status = warden_wait(call, warden, words, limit_ms);
        if (status != ST_OK)
            return status;
        answer = ST_GONE;
        status = warden_ask(warden, WARDEN_RESULT, words, 0, &answer);
        if (status != ST_OK)
            return command_fail(call, status, "the warden does not answer: %s", status_name(status));
    }
    return answer == ST_OK ? ST_OK : warden_refusal(call, name, answer);
}

enum status warden_revoke(const struct command_call *call, uint64_t handle)
{
    const struct cell_edge *warden = nullptr;
    enum status status = command_edge(call, WARDEN_INTERFACE, &warden);
    if (status != ST_OK)
        return status;
    uint64_t answer = ST_INVALID;
    status = gate_call(warden, WARDEN_REVOKE, handle, 0, 0, &answer);
    if (status != ST_OK)
        return command_fail(call, status, "the warden does not answer: %s", status_name(status));
    return answer == ST_OK ? ST_OK : warden_refusal(call, "revoke", answer);
}

enum status warden_policy(const char *name, uint32_t *policy, bool *is_set)
{
    const struct cell_edge *warden = cell_edge_find(WARDEN_INTERFACE, 0);
    uint64_t words[2];
    uint64_t answer = UINT64_MAX;
    if (warden == nullptr)
        return ST_NOT_FOUND;
    gate_name_pack(name, words);
    enum status status = warden_ask(warden, WARDEN_POLICY_GET, words, 0, &answer);
    if (status != ST_OK)
        return status;
    if (answer == UINT64_MAX)
        return ST_NOT_FOUND;
    *policy = (uint32_t)(answer & (WARDEN_POLICY_IS_SET - 1));
    *is_set = (answer & WARDEN_POLICY_IS_SET) != 0;
    return ST_OK;
}

enum status warden_policy_set(const struct command_call *call, const char *name, uint32_t policy)
{
    const struct cell_edge *warden = nullptr;
    uint64_t words[2];
    uint64_t answer = ST_INVALID;
    enum status status = command_edge(call, WARDEN_INTERFACE, &warden);
    if (status != ST_OK)
        return status;
    gate_name_pack(name, words);
    status = warden_ask(warden, WARDEN_POLICY, words, policy, &answer);
    if (status != ST_OK)
        return command_fail(call, status, "the warden does not answer: %s", status_name(status));
    return answer == ST_OK ? ST_OK : warden_refusal(call, name, answer);
}
