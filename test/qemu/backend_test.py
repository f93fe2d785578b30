# SPDX-License-Identifier: MIT
"""The three ways of keeping cells apart, each booted."""
import sys

from harness import booted, check, expect, expect_equal, expect_in, verdict

CELLS = {"warden", "console", "clock", "echo", "ramdisk", "ipcbench", "shell", "pci",
         "ahci0"}  # q35 has that one built in


def backend_checks(base, backend):
    with check(f"QEMU{base + 1:04}", f"backend {backend}: it boots to a shell that takes commands"), \
            booted([f"backend={backend}"]) as guest:
        with check(f"QEMU{base + 2:04}", f"backend {backend}: 'backend' names it"):
            expect_equal(guest.json("backend --json")[0]["backend"], backend)
        with check(f"QEMU{base + 3:04}", f"backend {backend}: every cell of the appliance runs"):
            rows = guest.until("cells --json", lambda rows: {
                row["name"] for row in rows if row["state"] == "running"} >= CELLS, "all cells running")
            expect_equal({row["name"] for row in rows}, CELLS, "cells")
        with check(f"QEMU{base + 4:04}", f"backend {backend}: a call across the wall is answered"):
            expect_equal(guest.all_echoes_answer(), 1)
        with check(f"QEMU{base + 5:04}", f"backend {backend}: the disk keeps what is written"):
            guest.ok("blk fill ramdisk 3 9 0xa5")
            guest.ok("blk verify ramdisk 3 9 0xa5")
        with check(f"QEMU{base + 6:04}", f"backend {backend}: a boot without faults warns of nothing"):
            expect_equal([text for text in guest.warnings() if "NO ISOLATION" not in text], [])
        with check(f"QEMU{base + 7:04}", f"backend {backend}: poweroff switches the machine off"):
            guest.close()


def containment_checks():
    for number, backend in ((41, "pku"), (42, "pt")):
        with check(f"QEMU00{number}", f"backend {backend}: a read of address 0 ends echo and nothing else"), \
                booted([f"backend={backend}"]) as guest:
            before = guest.cells()
            expect_in("crashed", guest.ok("cell break echo null"))
            guest.until_running("echo")
            after = guest.cells()
            expect_equal(after["echo"]["crashes"], 1, "crashes")
            for name in CELLS - {"echo"}:
                expect_equal(after[name]["epoch"], before[name]["epoch"], f"epoch of {name}")
            expect_equal(guest.all_echoes_answer(), 1)


def main():
    for base, backend in ((0, "pku"), (10, "pt"), (20, "none")):
        backend_checks(base, backend)
    containment_checks()
    with check("QEMU0051", "without isolation the prompt says so"), \
            booted(["backend=none"]) as guest:
        expect("NO ISOLATION" in guest.ok("backend"), "'backend' does not say so")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
