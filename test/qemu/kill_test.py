# SPDX-License-Identifier: MIT
"""A block driver is killed again and again under load; nothing acknowledged is lost, nothing is left behind.

usage: kill_test.py [KILLS [SEED]]
"""
import random
import sys

from disks import MIB, Drive, check_well, checked, disk_files, pattern_expect
from harness import booted, check, expect, expect_equal, verdict

KILLS = 40
SEED = 20261120
WARM_UP = 5
FAULT_SHARE = 4   # every so many deaths are a fault of its own, not a kill
PAUSE_COMMANDS = 6  # at most so many cheap commands between two deaths: the moment is anybody's guess
DISK_BYTES = 32 * MIB
HANG_S_EACH = 6.0

TARGETS = (  # cell, kind of drive
    ("ramdisk", None),
    ("virtio_blk0", "virtio-blk"),
    ("nvme0", "nvme"),
    ("ahci0", "ahci"),
)


def percentile(values, per_cent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * per_cent // 100)]


def holdings(guest):
    """All that a life of a driver could leave behind."""
    return guest.counts() | {f"dma {row['device']}": row["mapped"] for row in guest.json("dma --json")}


def cell_row(guest, cell):
    return guest.cells()[cell]


def death(guest, dice, cell):
    """One death at some moment; returns when the next instance runs."""
    for _ in range(dice.randrange(PAUSE_COMMANDS)):
        guest.ok("check status")
    epoch = cell_row(guest, cell)["epoch"]
    if dice.randrange(FAULT_SHARE) == 0 and cell != "ramdisk":
        figures = guest.figures(guest.ok(f"fault {cell} null-deref --json").splitlines()[-1])
        expect(figures["contained"] and figures["lost"] == 0, f"{figures}")
    else:
        guest.ok(f"cell kill {cell}")
    guest.until("cells --json", lambda rows: any(
        row["name"] == cell and row["state"] == "running" and row["epoch"] > epoch for row in rows),
        f"the next instance of {cell}")
    guest.command(f"cell start {cell}")  # refused, as it runs; the warden forgives the deaths


def outage_us(guest, cell):
    return guest.json(f"stats {cell} --json")[0]["outage_us"]


def killed_often(guest, dice, cell, kills):
    """The load's figures, and how long the driver was away each time."""
    outages = []
    guest.ok(f"check block {cell} oracle -s {dice.randrange(1 << 32)} --background")
    for _ in range(kills):
        death(guest, dice, cell)
        outages.append(outage_us(guest, cell))
    return checked(guest, "stop"), outages


def outage_report(cell, outages, figures):
    milliseconds = [f"{percentile(outages, p) / 1000:.1f}" for p in (50, 99, 100)]
    print(f"     {cell}: {len(outages)} deaths, {figures['writes']} writes acknowledged, "
          f"{figures['checks']} blocks compared; away, in ms on this emulator: p50 {milliseconds[0]}, "
          f"p99 {milliseconds[1]}, max {milliseconds[2]}; longest wait of the load "
          f"{figures['pause_max_ns'] / 1e6:.1f}")


def campaign(base, cell, kind, kills, seed):
    dice = random.Random(f"{seed} {cell}")
    with disk_files(DISK_BYTES) as (path,), \
            booted(["appliance=block"], timeout=60 + kills * HANG_S_EACH,
                   drives=[Drive(kind, path)] if kind else []) as guest:
        with check(f"QEMU{base + 1}", f"{cell}: conforms before"):
            check_well(guest, f"block {cell} conform")
            killed_often(guest, dice, cell, WARM_UP)  # for what is allocated at first use
        before, others = holdings(guest), guest.cells()
        with check(f"QEMU{base + 2}", f"{cell}: {kills} deaths under load: no write lost, no block corrupt, "
                                      "no request failed"):
            figures, outages = killed_often(guest, dice, cell, kills)
            outage_report(cell, outages, figures)
            expect_equal((figures["lost"], figures["corrupt"], figures["errors"], figures["result"]),
                         (0, 0, 0, "ok"), "lost, corrupt, errors, result")
            expect(figures["writes"] > 10 * kills, f"too little load: {figures}")
        with check(f"QEMU{base + 3}", f"{cell}: frames, keys, capabilities, edges, channels and what the "
                                      "device reaches are as before"):
            expect_equal(holdings(guest), before, "holdings")
        with check(f"QEMU{base + 4}", f"{cell}: nobody else was touched"):
            after = guest.cells()
            for name in others.keys() - {cell}:
                for what in ("epoch", "crashes"):
                    expect_equal(after[name][what], others[name][what], f"{what} of {name}")
        with check(f"QEMU{base + 5}", f"{cell}: a pattern written while it dies is whole"):
            guest.ok(f"check block {cell} pattern -s {seed} --background")
            for _ in range(3):
                guest.ok(f"cell kill {cell}")
            guest.until("check status --json", lambda rows: rows[0]["state"] == "done", "the pattern written")
            expect_equal(guest.json("check status --json")[0]["errors"], 0, "errors")
            check_well(guest, f"block {cell} verify -s {seed}")
            guest.close()
            if kind:
                pattern_expect(path, seed)


def main(arguments):
    kills = int(arguments[0]) if arguments else KILLS
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    for number, (cell, kind) in enumerate(TARGETS):
        with check(f"QEMU{1600 + 10 * number}", f"{cell}: boots with seed {seed}"):
            campaign(1600 + 10 * number, cell, kind, kills, seed)
    return verdict()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
