# SPDX-License-Identifier: MIT
"""More cells than the processor has keys."""
import sys

from harness import booted, check, expect, expect_equal, verdict

ROUNDS = 20


def forty_checks(base, backend):
    with check(f"QEMU0{base}", f"{backend}: 41 cells start and run"), \
            booted(["appliance=forty", f"backend={backend}"]) as guest:
        cells = guest.cells()
        expect_equal(len(cells), 41, "cells")
        expect_equal({row["state"] for row in cells.values()}, {"running"}, "states")
        with check(f"QEMU0{base + 1}", f"{backend}: 35 echoes answer correctly, {ROUNDS} times over"):
            for _ in range(ROUNDS):
                expect_equal(guest.all_echoes_answer(), 35)
        with check(f"QEMU0{base + 2}", f"{backend}: nothing is warned of, nobody crashes or starts again"):
            expect_equal(guest.warnings(), [])
            lives = {(row["epoch"], row["crashes"]) for row in guest.cells().values()}
            expect_equal(lives, {(1, 0)}, "lives")
        with check(f"QEMU0{base + 3}", f"{backend}: one of the forty breaks, the others do not notice"):
            guest.ok("cell break echo17 wild")
            guest.until_running("echo17")
            changed = {name for name, row in guest.cells().items() if row["epoch"] != 1}
            expect_equal(changed, {"echo17"}, "cells that started again")
            expect_equal(guest.all_echoes_answer(), 35)
        with check(f"QEMU0{base + 4}", f"{backend}: a cell is stopped and started 100 times among forty"):
            guest.ok("cell cycle echo33 -n 100")
        if backend == "pku":
            key_checks(base + 5, guest)


def key_checks(base, guest):
    with check(f"QEMU0{base}", "pku: the domains that have no key are parked, and every key is used once"):
        rows = guest.json("domains --json")
        keys = [row["key"] for row in rows if row["key"] != "parked"]
        expect(len(rows) - len(keys) >= 40, f"{len(rows)} domains, {len(keys)} of them with a key")
        expect_equal(len(keys), len(set(keys)), "different keys")
    with check(f"QEMU0{base + 1}", "pku: parked domains that come back are counted"):
        before = guest.json("backend --json")[0]["key_faults"]
        guest.all_echoes_answer()
        expect(guest.json("backend --json")[0]["key_faults"] >= before + 20, "hardly any came back")


def little_memory_check():
    with check("QEMU0531", "forty-one cells run in 64 MiB"), \
            booted(["appliance=forty"], memory=64) as guest:
        expect_equal({row["state"] for row in guest.cells().values()}, {"running"}, "states")
        expect_equal(guest.all_echoes_answer(), 35)


def main():
    forty_checks(501, "pku")
    forty_checks(511, "pt")
    little_memory_check()
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
