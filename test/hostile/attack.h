/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <abi/services.h>

/*
 * The hostile suite: attacks by number, as docs/security.md lists them.
 *
 * The judge (test/hostile/judge) runs one attack after another, each in all its variants:
 * it calls the attacker through an edge, interface "attack", operation = number,
 * argument = variant, and looks at what came of it.  An attacker is a cell of its own under
 * test/hostile/<name>; in C with the profile where the profile lets it, otherwise in
 * assembly (then MANIFEST_SCAN_ONLY).  It answers ATTACK_VARIANTS with how many variants
 * a number has here, on this backend (0: not applicable, say why in the log).
 *
 * After every variant the judge checks, whatever the attack was: the attacker ended as the
 * attack says, for that reason, and nobody else did; the canary pages, hash chain and
 * request oracle of the victim cell are whole; once the attacker is back, frames, keys,
 * handles, edges, channels and domains are as many as before; the metronome, a cell of a
 * high priority, missed no beat for longer than the bound.
 */
#define ATTACK_INTERFACE "attack"
#define ATTACK_VARIANTS UINT64_C(0x56415249) /* operation: number -> count */
/*
 * Operation: a = an address an attack may be aimed at, b = its bytes, c = enum attack_place.
 * A fresh attacker is told all of them before its first attack: whatever an attacker could
 * find out is given.
 */
#define ATTACK_VICTIM UINT64_C(0x5649434d)
#define ATTACK_PING UINT64_C(0x50494e47) /* operation: any answer will do */

enum attack_place {
    PLACE_DATA,      /* writable page of the victim with a canary */
    PLACE_CODE,      /* its text */
    PLACE_STACK,     /* its entry stack */
    PLACE_CONSTANT,  /* its read-only data */
    PLACE_RING,      /* a channel domain the attacker has no part in */
    PLACE_MONITOR,   /* an address of the monitor's own */
    PLACE_STUB,      /* a gate stub of an edge between judge and victim */
    PLACE_GATE_PAGE, /* the gate page with the victim's tokens; its state page follows */
    PLACE_HEAP,      /* a page of the victim's heap, with a canary */
    PLACE_INFO,      /* its information page */
    PLACE_PHYSICAL,  /* where the monitor maps all memory */
    PLACE_COUNT
};

/* What attackers answer. */
enum attack_answer {
    ATTACK_REFUSED = 0,    /* every way was refused with an error, as it has to be */
    ATTACK_HARMLESS = 1,   /* it was carried out and has no effect outside the attacker (6, 15, 17) */
    ATTACK_SUCCEEDED = 2,  /* it got what it must not get: the attacker has seen it itself */
    ATTACK_IMPOSSIBLE = 3, /* this machine has not what it takes; the log says what: counts as skipped */
    /*
     * It happens on the attacker's own thread, or at the next call: the judge pings, 20 times
     * with a wait of a ms in between, or until the attacker has ended.  A ping that ends in
     * ST_CRASHED while the attacker lives (the monitor blames nobody) is allowed with
     * END_HARMLESS; the judge then kills the attacker itself.
     */
    ATTACK_LATER = 4,
};

/* How a variant has to end; a set, since some attacks depend on the processor. */
enum attack_end {
    END_REFUSED = 1 << 0,  /* ATTACK_REFUSED */
    END_HARMLESS = 1 << 1, /* ATTACK_HARMLESS */
    END_CRASH = 1 << 2,    /* the attacker is killed, crash_record.reason as in reasons */
    END_ANSWER = 1 << 4,   /* it lives and the judge's call came back with some number or other, which is a
                              callee's right; but not ATTACK_SUCCEEDED */
    END_TIMEOUT = 1 << 3,  /* the judge's call ends in ST_TIMEOUT, the attacker by CRASH_WATCHDOG */

    END_ANYWHERE =
        1 << 8, /* not an end: tried with backend none, too, since it needs no wall between cells */
};

#define REASON(name) (UINT32_C(1) << CRASH_##name)

struct attack {
    uint32_t number;      /* 1..46, docs/security.md */
    const char *attacker; /* cell */
    const char *name;     /* what it tries, a few words */
    uint32_t ends;        /* enum attack_end, those allowed */
    uint32_t reasons; /* REASON(..) | ..., for END_CRASH; as cells/shell/crash.c reads them off the record */
};

/*
 * A number may stand in several rows, its groups: 18.0, 18.1 ... in this order.  The attacker
 * is asked (ATTACK_VARIANTS, number, group) and called (number, variant, group).
 */

/* Ended by number 0.  One array per group, each in a file of its own under test/hostile/judge. */
extern const struct attack attacks_direct[]; /* 1-6 */
extern const struct attack attacks_switch[]; /* 7-17, those that run; images that must not load: load_test */
extern const struct attack attacks_gate[];   /* 18-29 */
extern const struct attack attacks_deputy[]; /* 30-36 */
extern const struct attack attacks_ring[];   /* 37-40 */
extern const struct attack attacks_device[]; /* 41-44 */
