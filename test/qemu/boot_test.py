# SPDX-License-Identifier: MIT
"""Machines of every size and shape, and configurations of every quality."""
import re
import sys

from harness import (IMAGE, READY, booted, check, disk_with, expect, expect_equal, expect_in,
                     guest_for, machine, verdict)

OPTIONS = b"shell=script panic=exit"
READY_OR_TROUBLE = re.compile(READY.pattern + rb"|comb: too little|PANIC: |BdsDxe: failed to load")


def memory_checks():
    for number, mebibytes in ((101, 64), (102, 128), (103, 1024), (104, 4096)):
        with check(f"QEMU0{number}", f"with {mebibytes} MiB it boots and counts about that much"), \
                booted(memory=mebibytes) as guest:
            rows = {row["use"]: row["kib"] for row in guest.json("mem --json") if "use" in row}
            expect(mebibytes * 1024 * 3 // 4 - 16 * 1024 <= rows["total"] <= mebibytes * 1024, f"mem: {rows}")
            parts = sum(rows[use] for use in ("free", "monitor", "page-tables", "cells", "shared"))
            expect_equal(parts, rows["total"], "sum of the uses")
            guest.all_echoes_answer()


def small_memory_check():
    """The firmware needs nearly all of this, and below some point cannot even load us."""
    for number, mebibytes in ((105, 40), (106, 37), (107, 34)):
        with check(f"QEMU0{number}", f"with {mebibytes} MiB it boots, or somebody says in words why not"), \
                guest_for(machine(memory=mebibytes), wait_ready=False) as guest:
            # -no-reboot: a triple fault would end the machine, and expect would say so.
            guest.expect(READY_OR_TROUBLE)


def processor_checks():
    with check("QEMU0111", "a CPU without protection keys gets page tables, and the log says why"), \
            booted(cpu="max,-pku") as guest:
        backend = guest.json("backend --json")[0]
        expect_equal((backend["backend"], backend["has_pku"]), ("pt", False))
        expect_in("no protection keys", guest.ok("log monitor"))
        guest.all_echoes_answer()
    with check("QEMU0112", "backend=pku without such a CPU is one warning and page tables"), \
            booted(["backend=pku"], cpu="max,-pku") as guest:
        expect_equal(guest.json("backend --json")[0]["backend"], "pt")
        expect_equal(len(guest.warnings()), 1, "warnings")
    for number, missing in ((113, "-smep"), (114, "-smap"), (115, "-umip"), (116, "-smep,-smap,-umip")):
        with check(f"QEMU0{number}", f"a CPU with {missing} boots"), booted(cpu=f"max,{missing}") as guest:
            guest.all_echoes_answer()
            guest.ok("cell break echo monitor")
    with check("QEMU0117", "of 4 processors it finds 4 and uses 1"), booted(cpus=4) as guest:
        expect_in("4 found, 1 used", guest.ok("version"))
        guest.all_echoes_answer()
    with check("QEMU0118", "without RDRAND and firmware entropy it says that timing is all it has"), \
            booted(cpu="max,-rdrand") as guest:
        expect_in("jitter", guest.json("version --json")[0]["entropy"])
        expect(any("jitter" in text for text in guest.warnings()), f"warnings: {guest.warnings()}")
    with check("QEMU0119", "an entropy device of the firmware is used"), \
            booted(extra=["-device", "virtio-rng-pci"], cpu="max,-rdrand") as guest:
        expect_equal(guest.json("version --json")[0]["entropy"], "efi-rng")


def option_checks():
    for number, option in ((121, "backend=bogus"), (122, "log=bogus")):
        with check(f"QEMU0{number}", f"{option} is one line at boot that names it, and it boots"), \
                booted([option]) as guest:
            expect_equal(guest.output.count(f"option {option}: no such value".encode()), 1, "lines")
            expect_equal(guest.warnings(), [], "warnings")
            guest.all_echoes_answer()
    with check("QEMU0123", "appliance=bogus is one warning that names it, and it boots"), \
            booted(["appliance=bogus"]) as guest:
        warnings = guest.warnings()
        expect_equal(len(warnings), 1, f"warnings {warnings}, count")
        expect_in("bogus", warnings[0])
        guest.all_echoes_answer()
    with check("QEMU0124", "an option as long as the line allows changes nothing"), \
            booted(["x" * 400]) as guest:
        guest.all_echoes_answer()
    with check("QEMU0125", "options longer than the line are one message, and it boots without them"), \
            guest_for(machine(["x" * 600]), wait_ready=False) as guest:
        guest.expect(b"load options are")
        guest.expect(b"comb> ")
    with check("QEMU0126", "log=debug shows the log on the serial line while it boots"), \
            booted(["log=debug"]) as guest:
        expect(b"backend pku" in guest.output, "the monitor's log is not on the serial line")


def disk_checks():
    with check("QEMU0131", "the disk image boots as a disk and obeys its comb.cfg"), \
            disk_with(OPTIONS + b" backend=pt # a comment\n") as guest:
        guest.expect(READY)
        expect_equal(guest.json("backend --json")[0]["backend"], "pt")
        guest.all_echoes_answer()
    bad = ((132, "binary", b"\x00\xff\x80 backend=pt"), (133, "oversized", b"# long\n" + b"word " * 2000),
           (134, "of more words than fit", b"word-of-option " * 60))
    for number, what, config in bad:
        with check(f"QEMU0{number}", f"a comb.cfg that is {what} is one clear message, and it boots"), \
                disk_with(config) as guest:
            guest.expect(b"comb.cfg is unreadable")
            guest.expect(b"comb> ")
            expect_equal(guest.output.count(b"comb.cfg is unreadable"), 1, "messages")
    with check("QEMU0135", "an empty comb.cfg and CR LF in it are no trouble"), \
            disk_with(b"\r\n\r\n" + OPTIONS + b"\r\n") as guest:
        guest.expect(READY)
        expect_equal(guest.warnings(), [])


def main():
    memory_checks()
    small_memory_check()
    processor_checks()
    option_checks()
    disk_checks()
    with check("QEMU0141", "the image is at most 1 MiB"):
        expect(IMAGE.stat().st_size <= 1 << 20, f"{IMAGE.stat().st_size} bytes")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
