/* SPDX-License-Identifier: MIT */

#include <rt/bits.h>
#include <rt/status.h>

static const char *const status_names[] = {
    [ST_OK] = "ok",
    [ST_EMPTY] = "empty",
    [ST_FULL] = "full",
    [ST_AGAIN] = "again",
    [ST_TIMEOUT] = "timeout",
    [ST_DENIED] = "denied",
    [ST_HANDLE] = "handle",
    [ST_FAULT] = "fault",
    [ST_RANGE] = "range",
    [ST_INVALID] = "invalid",
    [ST_NO_MEMORY] = "no-memory",
    [ST_QUOTA] = "quota",
    [ST_NOT_FOUND] = "not-found",
    [ST_EXISTS] = "exists",
    [ST_STATE] = "state",
    [ST_GONE] = "gone",
    [ST_REVOKED] = "revoked",
    [ST_CRASHED] = "crashed",
    [ST_DEVICE] = "device",
    [ST_IO] = "io",
    [ST_UNSUPPORTED] = "unsupported",
    [ST_BUSY] = "busy",
    [ST_CYCLE] = "cycle",
    [ST_REJECTED] = "rejected",
};
static_assert(ARRAY_COUNT(status_names) == ST_COUNT, "every status has a name");

const char *status_name(enum status status)
{
    /* The value may have come from another cell. */
    uint32_t value = (uint32_t)status;
    return value < ST_COUNT ? status_names[value] : "unknown";
}
