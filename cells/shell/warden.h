/* SPDX-License-Identifier: MIT */
#pragma once

#include "command.h"

#include <abi/services.h>

/*
 * Asks the warden to do something to a cell and waits until it is done, at
 * most `limit_ms`; Ctrl-C stops the waiting, not the work.  Prints why it failed.
 */
enum status warden_request(const struct command_call *call, enum warden_call request, const char *name,
                           uint64_t argument, uint64_t limit_ms);

/* Has any capability revoked; done when it returns. */
enum status warden_revoke(const struct command_call *call, uint64_t handle);

/*
 * The restart policy in force, and whether it stands above the manifest's; prints
 * nothing.  ST_NOT_FOUND: the warden knows no such cell, or there is no warden.
 */
enum status warden_policy(const char *name, uint32_t *policy, bool *is_set);
/* Another one, until the next boot.  Prints why it failed. */
enum status warden_policy_set(const struct command_call *call, const char *name, uint32_t policy);
