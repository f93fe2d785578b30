/* SPDX-License-Identifier: MIT */

/* Deriving, granting, taking back; the table full; the other cell's view of it. */

#include "check.h"
#include "peer.h"
#include "sets.h"
#include "system.h"

#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define DERIVED_MAX 2048u /* more than the table has records */
#define REUSE_ROUNDS 200u

static cap_handle derived[DERIVED_MAX];

static const struct cell_edge *peer_edge(void)
{
    const struct cell_edge *edge = cell_edge_find(PEER_INTERFACE, 0);
    ASSERT(edge != nullptr);
    return edge;
}

static uint64_t peer_ask(enum peer_call call, uint64_t a, uint64_t b)
{
    uint64_t value = UINT64_MAX;
    EXPECT_STATUS(gate_call(peer_edge(), call, a, b, 0, &value), ST_OK);
    return value;
}

static void rights_fewer(void)
{
    cap_handle observer = 0;
    struct system_record record;
    uint64_t next = 0;
    check_case("cell control with the right to observe alone");
    EXPECT_STATUS(mon_cap_derive(own_cap(CAP_CELLS), RIGHT_OBSERVE, &observer), ST_OK);
    EXPECT(observer != 0 && observer != own_cap(CAP_CELLS));
    EXPECT_STATUS(mon_query(observer, QUERY_SYSTEM, 0, &record, sizeof(record), &next), ST_OK);
    EXPECT_STATUS(mon_cell_kill(observer, cell_now("echo").id), ST_DENIED);
    EXPECT_STATUS(mon_cell_stop(observer, cell_now("echo").id), ST_DENIED);
    EXPECT_STATUS(mon_edge_link(observer, cell_info()->id, 0, cell_now("echo").id), ST_DENIED);
    EXPECT_STATUS(mon_cap_revoke_any(observer, own_cap(CAP_LOG)), ST_DENIED);
    cap_handle more = UINT64_MAX;
    EXPECT_STATUS(mon_cap_derive(observer, RIGHT_OBSERVE | RIGHT_CONTROL, &more), ST_DENIED);
    EXPECT_STATUS(mon_cap_grant(observer, cell_now(PEER_INTERFACE).id, RIGHT_OBSERVE, &more), ST_DENIED);
    EXPECT_EQUAL(more, UINT64_MAX);
    cap_handle nothing = 0;
    EXPECT_STATUS(mon_cap_derive(observer, 0, &nothing), ST_OK);
    EXPECT_STATUS(mon_query(nothing, QUERY_SYSTEM, 0, &record, sizeof(record), &next), ST_DENIED);
    EXPECT_STATUS(mon_cap_revoke(observer), ST_OK);
    EXPECT_STATUS(mon_query(nothing, QUERY_SYSTEM, 0, &record, sizeof(record), &next), ST_HANDLE);
}

static void rights_more(void)
{
    static const uint64_t rights[] = { RIGHT_WRITE, RIGHT_READ | RIGHT_WRITE, RIGHT_GRANT, RIGHT_ALL };
    for (uint32_t i = 0; i < ARRAY_COUNT(rights); i++) {
        check_case("a right the log handle lacks, 0x%lx", rights[i]);
        struct monitor_result result = monitor_call(MON_CAP_DERIVE, own_cap(CAP_LOG), rights[i], 0, 0, 0);
        EXPECT_STATUS(result.status, ST_DENIED);
        EXPECT_EQUAL(result.value, 0);
    }
    static const uint64_t absurd[] = { RIGHT_ALL + 1, UINT32_MAX, UINT64_C(1) << 32 | RIGHT_READ,
                                       UINT64_MAX };
    for (uint32_t i = 0; i < ARRAY_COUNT(absurd); i++) {
        check_case("rights 0x%lx", absurd[i]);
        EXPECT_STATUS(monitor_call(MON_CAP_DERIVE, own_cap(CAP_LOG), absurd[i], 0, 0, 0).status, ST_RANGE);
        EXPECT_STATUS(
            monitor_call(MON_CAP_GRANT, own_cap(CAP_ENTROPY), cell_now(PEER_INTERFACE).id, absurd[i], 0, 0)
                .status,
            ST_RANGE);
    }
}

/* What is bound to this cell's address space stays here, rights or not. */
static void grants_refused(void)
{
    uint32_t peer = cell_now(PEER_INTERFACE).id;
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    const struct cell_channel *channel = cell_channel_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr && channel != nullptr);
    cap_handle granted = UINT64_MAX;
    uint32_t caps = cell_now(PEER_INTERFACE).caps;
    check_case("grants");
    EXPECT_STATUS(mon_cap_grant(own_cap(CAP_LOG), peer, RIGHT_READ, &granted), ST_DENIED);
    EXPECT_STATUS(mon_cap_grant(edge->handle, peer, RIGHT_CALL, &granted), ST_DENIED);
    EXPECT_STATUS(mon_cap_grant(channel->notify, peer, RIGHT_WRITE, &granted), ST_DENIED);
    EXPECT_STATUS(mon_cap_grant(own_cap(CAP_MEMORY), peer, RIGHT_READ, &granted), ST_UNSUPPORTED);
    EXPECT_EQUAL(granted, UINT64_MAX);
    EXPECT_EQUAL(cell_now(PEER_INTERFACE).caps, caps);
}

/* Authority that is given works there and only there, and is gone when it is taken back here. */
static void grant_and_revoke(void)
{
    uint32_t peer = cell_now(PEER_INTERFACE).id;
    cap_handle own = 0;
    cap_handle granted = 0;
    uint64_t random = 0;
    struct system_record before = system_now();
    check_case("entropy granted to the peer");
    EXPECT_EQUAL(peer_ask(PEER_ENTROPY, own_cap(CAP_ENTROPY), 0), ST_HANDLE);
    EXPECT_STATUS(mon_cap_derive(own_cap(CAP_ENTROPY), RIGHT_READ | RIGHT_GRANT, &own), ST_OK);
    EXPECT_STATUS(mon_cap_grant(own, peer, RIGHT_READ, &granted), ST_OK);
    EXPECT_EQUAL(peer_ask(PEER_ENTROPY, granted, 0), ST_OK);
    EXPECT_STATUS(mon_entropy(granted, &random), ST_HANDLE);
    EXPECT_STATUS(mon_cap_revoke(granted), ST_HANDLE);
    EXPECT_EQUAL(peer_ask(PEER_REVOKE, own, 0), ST_HANDLE);
    cap_handle grandchild = peer_ask(PEER_DERIVE, granted, RIGHT_READ);
    EXPECT_EQUAL(peer_ask(PEER_ENTROPY, grandchild, 0), ST_OK);
    EXPECT_EQUAL(peer_ask(PEER_DERIVE, granted, RIGHT_READ | RIGHT_GRANT), 0);
    check_case("entropy taken back");
    EXPECT_STATUS(mon_cap_revoke(own), ST_OK);
    EXPECT_EQUAL(peer_ask(PEER_ENTROPY, granted, 0), ST_HANDLE);
    EXPECT_EQUAL(peer_ask(PEER_ENTROPY, grandchild, 0), ST_HANDLE);
    EXPECT_STATUS(mon_entropy(own, &random), ST_HANDLE);
    EXPECT_STATUS(mon_entropy(own_cap(CAP_ENTROPY), &random), ST_OK);
    EXPECT_EQUAL(system_now().caps, before.caps);
}

/* The peer gives up what it was granted: ours stays. */
static void revoke_by_the_grantee(void)
{
    cap_handle own = 0;
    cap_handle granted = 0;
    uint64_t random = 0;
    check_case("revoked by the one it was granted to");
    EXPECT_STATUS(mon_cap_derive(own_cap(CAP_ENTROPY), RIGHT_READ | RIGHT_GRANT, &own), ST_OK);
    EXPECT_STATUS(mon_cap_grant(own, cell_now(PEER_INTERFACE).id, RIGHT_READ, &granted), ST_OK);
    EXPECT_EQUAL(peer_ask(PEER_REVOKE, granted, 0), ST_OK);
    EXPECT_EQUAL(peer_ask(PEER_ENTROPY, granted, 0), ST_HANDLE);
    EXPECT_STATUS(mon_entropy(own, &random), ST_OK);
    EXPECT_STATUS(mon_cap_revoke(own), ST_OK);
}

static bool log_works(cap_handle handle)
{
    struct log_record record;
    uint64_t next;
    return mon_log_read(handle, 0, &record, &next) == ST_OK;
}

/*   a -> b -> c,  a -> d: without b there is no c, and a and d do not notice.  */
static void revoke_descendants(void)
{
    cap_handle a = 0, b = 0, c = 0, d = 0;
    check_case("descendants");
    EXPECT_STATUS(mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &a), ST_OK);
    EXPECT_STATUS(mon_cap_derive(a, RIGHT_READ, &b), ST_OK);
    EXPECT_STATUS(mon_cap_derive(b, RIGHT_READ, &c), ST_OK);
    EXPECT_STATUS(mon_cap_derive(a, RIGHT_READ, &d), ST_OK);
    EXPECT(log_works(a) && log_works(b) && log_works(c) && log_works(d));
    EXPECT_STATUS(mon_cap_revoke(b), ST_OK);
    EXPECT(log_works(a) && !log_works(b) && !log_works(c) && log_works(d));
    EXPECT_STATUS(mon_cap_revoke(b), ST_HANDLE);
    EXPECT_STATUS(mon_cap_revoke_any(own_cap(CAP_CELLS), a), ST_OK);
    EXPECT(!log_works(a) && !log_works(d) && log_works(own_cap(CAP_LOG)));
}

/* A record is used again at once, its old handles never. */
static void generations(void)
{
    cap_handle first = 0;
    cap_handle last = 0;
    check_case("the first handle of a record used again");
    EXPECT_STATUS(mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &first), ST_OK);
    EXPECT_STATUS(mon_cap_revoke(first), ST_OK);
    for (uint32_t i = 0; i < REUSE_ROUNDS; i++) {
        cap_handle next = 0;
        EXPECT_STATUS(mon_cap_derive(own_cap(CAP_LOG), RIGHT_READ, &next), ST_OK);
        EXPECT(next != first && next != last);
        EXPECT(log_works(next) && !log_works(first));
        EXPECT_STATUS(mon_cap_revoke(next), ST_OK);
        last = next;
    }
}

/* Derives from `from`, or each from the one before, until its share is used up. */
static uint32_t exhaust(cap_handle from, bool is_chain)
{
    uint32_t count = 0;
    enum status status = ST_OK;
    while (count < DERIVED_MAX) {
        cap_handle parent = is_chain && count > 0 ? derived[count - 1] : from;
        status = mon_cap_derive(parent, RIGHT_READ, &derived[count]);
        if (status != ST_OK)
            break;
        count++;
    }
    EXPECT_STATUS(status, ST_QUOTA);
    return count;
}

static void exhaustion(bool is_chain)
{
    uint32_t before = system_now().caps;
    check_case("its share used up, %s", is_chain ? "one chain" : "all children of one");
    uint32_t count = exhaust(own_cap(CAP_LOG), is_chain);
    EXPECT(count > 64);
    EXPECT_EQUAL(system_now().caps, before + count);
    EXPECT(log_works(derived[0]) && log_works(derived[count - 1]));
    cap_handle granted = UINT64_MAX;
    EXPECT_STATUS(mon_cap_grant(own_cap(CAP_ENTROPY), cell_now(PEER_INTERFACE).id, RIGHT_READ, &granted),
                  ST_QUOTA);
    EXPECT_EQUAL(granted, UINT64_MAX);
    uint64_t sum = 0;
    EXPECT_STATUS(gate_call(peer_edge(), PEER_NESTED, 1, 2, 0, &sum), ST_OK);
    EXPECT_EQUAL(sum, 4);
    for (uint32_t i = 0; i < (is_chain ? 1 : count); i++)
        EXPECT_STATUS(mon_cap_revoke(derived[i]), ST_OK);
    EXPECT_EQUAL(system_now().caps, before);
    EXPECT(!log_works(derived[count - 1]));
    breathe();
}

static void edge_refused(void)
{
    uint32_t peer = cell_now("selfpeer").id;
    uint32_t self = cell_info()->id;
    check_case("an edge to itself");
    EXPECT_STATUS(mon_edge_link(own_cap(CAP_CELLS), self, SELF_USES_BACK, self), ST_CYCLE);
    check_case("an edge the manifest does not ask for");
    EXPECT_STATUS(mon_edge_link(own_cap(CAP_CELLS), peer, 1, self), ST_DENIED);
    check_case("an edge to a cell that does not provide");
    EXPECT_STATUS(mon_edge_link(own_cap(CAP_CELLS), self, SELF_USES_BACK, peer), ST_DENIED);
}

void set_capability(void)
{
    edge_refused();
    rights_fewer();
    rights_more();
    grants_refused();
    grant_and_revoke();
    revoke_by_the_grantee();
    revoke_descendants();
    generations();
    exhaustion(false);
    exhaustion(true);
}
