/* SPDX-License-Identifier: MIT */

/* Decides when a created cell may start: when those it depends on are there. */

#include "warden.h"

#include <rt/bits.h>

/* True if it is going to run without anybody doing something about it. */
static bool is_on_its_way(const struct member *member)
{
    return member->is_wanted && !member->is_stuck && !member->is_cyclic && !member_is_running(member);
}

/*
 * A use that can do without: wait, but only for a provider that is about to
 * come up for the first time, that stands before us in the order (so that no
 * two wait for each other), and not for ever.
 */
static enum readiness ready_optional(const struct member *member, uint64_t providers)
{
    for (; !member->is_patience_over && providers != 0; providers &= providers - 1) {
        const struct member *provider = &warden.members[__builtin_ctzll(providers)];
        if (provider->rank < member->rank && provider->policy.ends == 0 && is_on_its_way(provider))
            return READY_WAIT;
    }
    return READY_GO;
}

/* A use that cannot do without: one linked provider has to run; the rest as if optional. */
static enum readiness ready_required(const struct member *member, uint32_t uses)
{
    bool is_one_running = false;
    bool is_one_coming = false;
    for (uint64_t set = member->providers[uses]; set != 0; set &= set - 1) {
        const struct member *provider = &warden.members[__builtin_ctzll(set)];
        uint64_t bit = set & (~set + 1);
        bool is_linked = (member->linked[uses] & bit) != 0;
        is_one_running |= member_is_running(provider) && is_linked;
        is_one_coming |= member_is_running(provider) ? !is_linked : is_on_its_way(provider);
    }
    if (is_one_running)
        return ready_optional(member, member->providers[uses]);
    return is_one_coming ? READY_WAIT : READY_MISSING;
}

enum readiness member_readiness(const struct member *member, const char **interface)
{
    enum readiness all = READY_GO;
    for (uint32_t uses = 0; uses < MANIFEST_USES_MAX; uses++) {
        const struct manifest_uses *use = &member->manifest.uses[uses];
        if (use->name[0] == '\0')
            break;
        enum readiness one = (use->flags & INTERFACE_OPTIONAL) != 0
                                 ? ready_optional(member, member->providers[uses])
                                 : ready_required(member, uses);
        if (one == READY_MISSING) {
            *interface = use->name;
            return READY_MISSING;
        }
        all = one == READY_WAIT ? READY_WAIT : all;
    }
    return all;
}
