# SPDX-License-Identifier: MIT
"""Every command: help, JSON, width, absurd arguments; and input without end."""
import random
import sys

from harness import COLUMNS, booted, check, expect, expect_equal, expect_in, verdict

TABLES = ("cells", "mem", "caps", "edges", "rings", "domains", "top", "log", "backend", "version", "time",
          "blk list", "blk info ramdisk", "cell info shell", "crash", "crash list", "ipc plain -n 10", "dev",
          "dev info 00:1f.2", "dev info ahci0", "irq", "dma", "iommu", "driver", "limits ahci0", "stats",
          "stats ramdisk", "stats echo", "power ahci0", "restart-policy echo", "fault echo assert")
ABSURD = (
    "cells 1 2 3", "cells --frob", "cell", "cell frob echo", "cell info", "cell info nobody",
    "cell start nobody", "cell info " + "n" * 100, "cell break echo", "cell break echo frob",
    "cell break shell null", "cell break echo null extra", "cell cycle echo -n", "cell cycle echo -n 0",
    "cell cycle echo -n -1", "cell cycle echo -n 100001", "cell cycle echo -n 18446744073709551616",
    "cell cycle nobody", "cell stop warden", "cell start ''", "cell kill ..", "ipc frob", "ipc plain -n 0",
    "ipc plain -n 100001", "ipc plain -n", "ipc -n x", "ipc plain gate0", "top -n 0", "top -n 10001",
    "top -d 9", "top -d 60001", "top -n 99999999999999999999", "top x", "log nobody", "log error warn info",
    "crash nobody", "crash echo echo", "revoke", "revoke x", "revoke 0", "caps nobody", "caps a b",
    "help frob", "help a b", "mem 1", "edges --kill", "rings -n 3", "domains x", "backend pt", "version 1",
    "time now", "history 1", "clear 1", "poweroff now", "reboot --json", "blk", "echo " + "word " * 40,
    "cell info 'a b", "\\", "dev frob", "dev info", "dev info 00:1f.2 x", "dev info ff:1f.7",
    "dev info 00:1f.9", "dev info echo", "irq 1", "dma x", "iommu on", "driver ahci0", "power",
    "power nobody", "power echo D3", "power ahci0 D4", "power ahci0 3", "power 00:1f.3 D3", "limits",
    "limits nobody", "stats nobody", "stats echo clock", "crash show", "crash show nobody",
    "crash frob echo", "crash kept echo", "restart-policy", "restart-policy nobody",
    "restart-policy echo sometimes", "restart-policy " + "n" * 100, "reload", "reload nobody", "fault",
    "fault echo", "fault echo frob", "fault nobody null-deref", "fault shell null-deref",
    "fault ramdisk null-deref", "fault echo null-deref cell", "fault echo wild-store frob",
    "fault echo wild-store cell x", "fault echo stall", "fault echo bad-dma", "fault echo irq-storm",
)


def command_names(guest):
    return [text.split()[0] for text in guest.ok("help").splitlines() if text.startswith("  ")]


def help_checks(guest):
    with check("QEMU1101", "'help' lists the commands, and each of them has help with usage and an example"):
        names = command_names(guest)
        expect(len(names) >= 20, f"{names}")
        for name in names:
            text = guest.ok(f"help {name}")
            expect(text.startswith(f"{name}: "), text)
            expect_in("Example: ", text)
    with check("QEMU1102", "every command with --json prints objects that parse, one per line"):
        guest.ok("cell break echo divide")
        guest.until_running("echo")
        for line in TABLES:
            rows = guest.json(f"{line} --json")
            expect(rows and all(isinstance(row, dict) for row in rows), f"{line}: {rows}")
    with check("QEMU1103", f"no line of a table, a report or a help is longer than {COLUMNS} columns"):
        wide = []
        for line in TABLES + tuple(f"help {name}" for name in command_names(guest)) + ("help", "ipc check"):
            if line != "log":
                wide += [f"{line}: {text}" for text in guest.ok(line).splitlines() if len(text) > COLUMNS]
        expect(not wide, "\n".join(wide))


def absurd_checks(guest):
    with check("QEMU1104", "absurd arguments and numbers out of range are refused with one message"):
        before = guest.cells()
        for line in ABSURD:
            expect_equal(guest.refused(line).count("\n"), 1, f"lines of message for '{line}'")
        after = guest.cells()
        for name, row in before.items():
            for field in ("epoch", "crashes", "state"):
                expect_equal(after[name][field], row[field], f"{field} of {name}")


def burst_checks(guest):
    with check("QEMU1111", "500 numbered lines sent at once are all answered, in order"):
        guest.send(b"".join(b"echo %d\n" % number for number in range(500)))
        for number in range(500):
            answer = guest.answer()
            expect_equal((answer.status, answer.output), (0, f"{number}\n"), "answer")
    with check("QEMU1112", "1 MiB sent at full speed comes back without a lost or changed byte"):
        lines = [b"%06d %s" % (number, b"abcdefghij" * 11) for number in range(8800)]
        data = b"".join(b"echo " + text + b"\n" for text in lines)
        expect(len(data) >= 1 << 20, f"{len(data)} bytes")
        guest.send(data)
        for text in lines:
            expect_equal(guest.answer().output.encode(), text + b"\n", "answer")


def garbage_checks(guest):
    with check("QEMU1113", "a line of 64 KiB is one message and one status; the next line is answered"):
        result = guest.command("echo " + "x" * 65536)
        expect(result.status != 0 and result.output.count("\n") == 1, f"{result.output[:200]}")
        expect_equal(guest.ok("echo next"), "next\n")
    with check("QEMU1114", "64 KiB of random bytes do no harm"):
        noise = random.Random(20261120).randbytes(65536)
        guest.send(noise + b"\n\x03\necho the noise is over\n")
        guest.expect(b"the noise is over\n")
        guest.answer()
        expect_equal(guest.ok("echo next"), "next\n")
        crashes = {row["crashes"] for name, row in guest.cells().items() if name != "echo"}
        expect_equal(crashes, {0}, "crashes")
        guest.all_echoes_answer()


def main():
    with check("QEMU1100", "it boots"), booted(timeout=240) as guest:
        for checks in (help_checks, absurd_checks, burst_checks, garbage_checks):
            checks(guest)
        with check("QEMU1120", "after all that it powers off"):
            guest.close()
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
