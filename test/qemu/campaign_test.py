# SPDX-License-Identifier: MIT
"""A seeded campaign of faults: whatever a cell does, the monitor lives and no other cell is touched.

usage: campaign_test.py [FAULTS [SEED]]

A fault is activated when somebody noticed it: a crash, a refusal, an access that the IOMMU stopped.
"""
import collections
import random
import sys

from disks import MIB, Drive, disk_files
from harness import booted, check, expect, expect_equal, verdict

FAULTS = 240
SEED = 20261120
PER_BOOT = 500  # then a fresh machine: a bad state must not hide behind the next one
DISK_BYTES = 8 * MIB
HANG_S_EACH = 15.0

# What takes seconds to be noticed, and so comes seldom: the watchdog's and the heartbeat's.
COMMON = ("null-deref", "wild-store cell", "wild-store monitor", "wild-store gate", "stack-overflow", "leak",
          "double-free", "wrong-handle", "execute-data", "divide", "privileged", "bounds", "assert",
          "monitor-read", "port")
ECHO = ("gate-jump", "hide")  # who calls nobody has no gate to abuse
SLOW = ("never-return",)
SLOW_ECHO = ("hide-loop",)
DRIVER = ("bad-dma",)
SERVER = ("ring-corrupt", "stall")
SLOW_SHARE = 60
TARGETS = ("echo", "virtio_blk0", "nvme0", "ahci0")
QUIET = ("warden", "console", "clock", "ramdisk", "pci", "shell")


def choose(dice):
    """A cell and what it is to do."""
    cell = dice.choice(TARGETS)
    kinds = COMMON + (ECHO if cell == "echo" else DRIVER * 3)
    if dice.randrange(SLOW_SHARE) == 0:
        kinds = SLOW + (SLOW_ECHO if cell == "echo" else SERVER)
    return cell, dice.choice(kinds)


def break_one(guest, cell, kind, seen):
    guest.command(f"cell start {cell}")  # forgives; refused if it runs
    guest.until_running(cell)
    answer = guest.command(f"fault {cell} {kind} --json").output.splitlines()
    figures = guest.figures(answer[-1])
    expect(figures["contained"] and not figures["harmed"] and not figures["lost"] and not figures["failed"],
           f"fault {cell} {kind}: {figures}")
    seen[f"{kind.split()[0]}: {figures['detected_by']}"] += 1


def machine_campaign(count, backend, dice, seen):
    with disk_files(DISK_BYTES, DISK_BYTES, DISK_BYTES) as paths, \
            booted([f"backend={backend}"], timeout=120 + count * HANG_S_EACH,
                   drives=[Drive(kind, path) for kind, path in
                           zip(("virtio-blk", "nvme", "ahci"), paths)]) as guest:
        for cell in TARGETS:
            guest.until_running(cell)
        before = guest.cells()
        for _ in range(count):
            break_one(guest, *choose(dice), seen)
        after = guest.cells()
        for name in QUIET:
            for what in ("epoch", "crashes"):
                expect_equal(after[name][what], before[name][what], f"{what} of {name}")
        expect_equal(guest.all_echoes_answer(), 1)


def main(arguments):
    faults = int(arguments[0]) if arguments else FAULTS
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    seen = collections.Counter()
    boots = -(-faults // PER_BOOT)
    for boot in range(max(boots, 2)):
        backend = ("pku", "pt")[boot % 2]
        count = min(PER_BOOT, -(-faults // max(boots, 2)))
        with check(f"QEMU18{boot:02}", f"{backend}: {count} faults, seed {seed}: contained, nobody else "
                                       "touched"):
            machine_campaign(count, backend, random.Random(f"{seed} {boot}"), seen)
        print(f"     {sum(seen.values())} activated so far", flush=True)
    for how, count in sorted(seen.items()):
        print(f"     {count:6} {how}")
    total = sum(seen.values())
    with check("QEMU1899", f"{total} faults were activated; none got out"):
        expect(total >= faults, f"only {total} of {faults}")
        print(f"     with 95 % confidence fewer than {3 / max(total, 1):.2e} of such faults get out (3/n)")
    return verdict()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
