# SPDX-License-Identifier: MIT
"""Cells that break: the caller gets an error, the others get nothing."""
import contextlib
import json
import pathlib
import re
import sys
import tempfile

from harness import (booted, check, expect, expect_equal, expect_in, guest_for, machine, machine_module,
                     verdict)

# What `crash` says about each fault; a list where the hardware decides.
FAULTS = {
    "null": ["page-fault"],
    "wild": ["key-fault", "page-fault"],
    "stack": ["stack-overflow"],
    "execute": ["execute"],
    "divide": ["divide", "instruction"],
    "privileged": ["privileged"],
    "gate": ["gate"],
    "loop": ["watchdog"],
    "trap": ["instruction"],
    "assert": ["instruction"],
    "monitor": ["page-fault", "key-fault"],
    "port": ["privileged"],
    "hide": ["page-fault", "key-fault"],
    "hideloop": ["watchdog", "page-fault", "key-fault"],
}
OTHERS = ("warden", "console", "clock", "ramdisk", "ipcbench", "shell")


def others_are_unharmed(before, after):
    for name in OTHERS:
        for field in ("id", "epoch", "crashes", "state"):
            expect_equal(after[name][field], before[name][field], f"{field} of {name}")


def echo_broken(guest, backend, fault, later):
    """Breaks echo once and looks at everything around it."""
    guest.command("cell start echo")  # at once, and forgiven; refused if it is there
    guest.until_running("echo")
    before = guest.cells()
    answer = guest.ok(f"cell break echo {fault}{' --later' if later else ''}")
    expect_in(answer.split(": ")[-1].strip(), ["ok", "crashed", "timeout"] if later else
              ["timeout", "crashed"] if fault == "hideloop" else
              ["timeout"] if fault == "loop" else ["crashed"], "list of answers")
    guest.until("cells --json", lambda rows: any(
        row["name"] == "echo" and row["crashes"] > before["echo"]["crashes"] for row in rows),
        "a crash of echo")
    crash = guest.json("crash echo --json")[0]
    expect_equal(crash["cell"], "echo", "the cell that is blamed")
    # With page tables there are no stubs: their addresses hold nothing.
    reasons = ["page-fault"] if (fault, backend) == ("gate", "pt") else FAULTS[fault]
    expect_in(crash["reason"], reasons, "list of reasons")
    # Where there is no function there is an address.
    place = "0x" if fault in ("execute", "gate") else "+0x"
    expect_in(place, crash.get("symbol", ""), "symbol of the report")
    expect_equal(crash.get("caller"), None if later else "shell", "the caller in the report")
    guest.command("cell start echo")
    guest.until_running("echo")
    others_are_unharmed(before, guest.cells())
    expect_equal(guest.all_echoes_answer(), 1)


def fault_checks(base, backend):
    with booted([f"backend={backend}"]) as guest:
        for number, fault in enumerate(FAULTS):
            with check(f"QEMU0{base + number}", f"{backend}: {fault} in a call ends echo alone"):
                echo_broken(guest, backend, fault, False)
            with check(f"QEMU0{base + 20 + number}", f"{backend}: {fault} on its own thread ends echo alone"):
                echo_broken(guest, backend, fault, True)


def late_fault_checks():
    for number, backend in ((279, "pku"), (280, "pt")):
        with check(f"QEMU0{number}", f"{backend}: a call that was done when its callee broke returns ok"), \
                booted([f"backend={backend}"]) as guest:
            expect_in("returned: ok", guest.ok("cell break echo null --later"))


def give_up_check():
    with check("QEMU0281", "a cell that crashes again and again is given up, and 'cell start' forgives"), \
            booted() as guest:
        for _ in range(20):
            guest.command("cell break echo null")
            if guest.cells()["echo"]["state"] == "failed":
                break
        expect_equal(guest.cells()["echo"]["state"], "failed")
        expect_in("gone", guest.command("cell break echo null").output)
        guest.ok("cell start echo")
        expect_equal(guest.cells()["echo"]["state"], "running")
        guest.all_echoes_answer()


def system_cell_checks(base, backend):
    """The cells that all the others need are cells too."""
    with booted([f"backend={backend}"]) as guest:
        for number, name in enumerate(("clock", "ramdisk", "ipcbench", "console", "warden")):
            with check(f"QEMU0{base + number}", f"{backend}: {name} is killed, comes back; the rest goes on"):
                before = guest.cells()
                guest.command(f"cell kill {name}")
                guest.command(f"cell start {name}")
                guest.until("cells --json", lambda rows: any(
                    row["name"] == name and row["state"] == "running" and row["epoch"] > before[name]["epoch"]
                    for row in rows), f"the next instance of {name}")
                after = guest.cells()
                for other in set(after) - {name}:
                    expect_equal(after[other]["epoch"], before[other]["epoch"], f"epoch of {other}")
                guest.all_echoes_answer()
        with check(f"QEMU0{base + 5}", f"{backend}: the shell kills itself; the next one takes commands"):
            epoch = guest.cells()["shell"]["epoch"]
            guest.shell_killed()
            expect_equal(guest.cells()["shell"]["epoch"], epoch + 1)
            guest.all_echoes_answer()
        with check(f"QEMU0{base + 6}", f"{backend}: after all that the counts are those of a fresh machine"):
            with booted([f"backend={backend}"]) as fresh:
                expect_equal(guest.counts(), fresh.counts())


# What `fault` does to echo, and who must notice; a list where the backend decides.
KINDS = {
    "null-deref": ["page tables"],
    "wild-store": ["wall between domains", "page tables"],
    "wild-store monitor": ["page tables", "wall between domains"],
    "wild-store gate": ["wall between domains", "page tables"],
    "stack-overflow": ["guard page"],
    "ring-corrupt": ["nobody: nothing believed it"],
    "never-return": ["watchdog"],
    "leak": ["memory limit"],
    "double-free": ["ASSERT of the SDK"],
    "wrong-handle": ["monitor: each handle refused"],
    "execute-data": ["no-execute page"],
    "divide": ["processor (divide)", "check in its own code"],
    "privileged": ["processor (privilege)"],
    "gate-jump": ["gate", "page tables"],
    "bounds": ["bounds check of the compiler"],
    "overflow": ["check in its own code"],
    "wrong-call": ["check in its own code"],
    "assert": ["check in its own code"],
    "monitor-read": ["page tables", "wall between domains"],
    "port": ["processor (privilege)"],
    "hide": ["page tables", "wall between domains"],
    "hide-loop": ["watchdog", "page tables", "wall between domains"],
}
# On a block driver rubbish in the rings looks like silence.  Without an edge there is no gate to jump into.
DRIVER_KINDS = {kind: who for kind, who in KINDS.items() if kind != "gate-jump"} | {
    "ring-corrupt": ["heartbeat of the warden"],
    "stall": ["heartbeat of the warden"],
    "bad-dma": ["IOMMU"],
} | dict.fromkeys(("execute-data", "privileged", "port"), ["check in its own code"])  # strict: its thunk
DRIVERS = ("virtio_blk0", "nvme0", "ahci0", "edu0")  # of the machine below
DISK_BYTES = 16 << 20
REQUESTS = 4  # that `fault` has under way on a block server
FLIPS = 20  # of a series of text-flip
FLIP_SERIES_MAX = 10  # until one flip shows; about one in ten of a driver's does


def judged(guest, cell, kind, detectors):
    """Has one cell broken once; the guest's verdict, and ours on what it reports."""
    guest.ok(f"cell restart {cell}")  # an early end is forgiven
    guest.until_running(cell)
    before = guest.cells()
    result = guest.command(f"fault {cell} {kind} --json")
    expect_equal(result.status, 0, f"status of: {result.output.strip()}")
    # The emulator's own complaints about a refused access come through the same line.
    rows = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    expect_equal(len(rows), 1, f"verdicts in {result.output!r}")
    row = rows[0]
    expect_equal((row["contained"], row["harmed"], row["oracle"]), (True, 0, "ok"), "verdict")
    expect_in(row["detected_by"], detectors, "list of those who may notice")
    expect(row["detected_us"] > 0 or kind == "ring-corrupt", f"noticed after no time: {row}")
    after = guest.cells()
    expect_equal(after[cell]["state"], "running")
    for other in set(after) - {cell}:
        for field in ("id", "epoch", "crashes", "state"):
            expect_equal(after[other][field], before[other][field], f"{field} of {other}")
    return row


def judged_driver(guest, cell, kind, detectors):
    row = judged(guest, cell, kind, detectors)
    expect_equal((row["requests"], row["answered"], row["failed"], row["lost"]), (REQUESTS, REQUESTS, 0, 0),
                 "requests under way, answered, failed, lost")
    if row["reason"] != "none":
        expect(row["replayed"] > 0, f"the next instance was owed nothing: {row}")
        expect(row["outage_us"] > 0, f"no outage: {row}")


def verdict_checks(base, backend):
    """`fault` on echo: every kind, watched from inside."""
    with booted([f"backend={backend}"], timeout=300) as guest:
        for number, (kind, detectors) in enumerate(KINDS.items()):
            with check(f"QEMU02{base + number}", f"{backend}: fault echo {kind} is contained"):
                judged(guest, "echo", kind, detectors)


@contextlib.contextmanager
def driver_machine(backend, options=()):
    with tempfile.TemporaryDirectory(prefix="comb-fault-") as folder:
        drives = []
        for kind in ("virtio-blk", "nvme", "ahci"):
            path = pathlib.Path(folder) / f"{kind}.img"
            path.touch()
            with open(path, "r+b") as file:
                file.truncate(DISK_BYTES)
            drives.append(machine_module.Drive(kind, str(path)))
        with booted([f"backend={backend}", *options], drives=drives, edu=True, timeout=600) as guest:
            for cell in DRIVERS:
                guest.until_running(cell)
            yield guest


def driver_checks(base, backend, drivers):
    """`fault` on drivers with requests under way: none is lost."""
    with driver_machine(backend) as guest:
        numbers = iter(range(base, base + 99))
        for cell in drivers:
            for kind, detectors in DRIVER_KINDS.items():
                with check(f"QEMU02{next(numbers)}", f"{backend}: fault {cell} {kind} is contained"):
                    judged_driver(guest, cell, kind, detectors)
        with check(f"QEMU02{next(numbers)}", f"{backend}: a device that interrupts without end is stopped"):
            judged(guest, "edu0", "irq-storm", ["interrupt limit"])


def flipped(guest, cell, seed):
    """One series of bit flips in the text of a cell; the flips, and the summary."""
    before = guest.cells()
    result = guest.command(f"fault {cell} text-flip --count {FLIPS} --seed {seed} --json")
    rows = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    expect_equal(result.status, 0, f"status of: {result.output.strip()}")
    flips, total = [row for row in rows if "outcome" in row], rows[-1]
    expect_equal((len(flips), total["flips"], total["collateral"]), (FLIPS, FLIPS, 0), "flips, collateral")
    outcomes = ("rejected", "dormant", "activated", "wrong")
    expect_equal(sum(total[kind] for kind in outcomes), FLIPS, "outcomes")
    for row in flips:
        expect_equal((row["harmed"], row["oracle"], row["seed"]), (0, "ok", seed), f"collateral of {row}")
        expect(row["answers"] > 0 or row["outcome"] != "dormant", f"it was not exercised: {row}")
    after = guest.cells()
    expect_equal(after[cell]["state"], "running")
    for other in set(after) - {cell}:
        for field in ("id", "epoch", "crashes", "state"):
            expect_equal(after[other][field], before[other][field], f"{field} of {other}")
    return flips, total


def flips_show(guest, cell, first):
    """Series until somebody noticed a flip: that all stay without effect would show nothing."""
    for seed in range(first, first + FLIP_SERIES_MAX):
        total = flipped(guest, cell, seed)[1]
        if total["activated"] > 0:
            return
    expect(False, f"nobody has noticed any of {FLIP_SERIES_MAX * FLIPS} flips of {cell}")


def flip_refusal_checks():
    with check("QEMU02910", "text-flip is refused unless the machine was booted for it"), booted() as guest:
        expect_in("faults=allow", guest.refused("fault echo text-flip"))
        expect_in("faults=allow", guest.refused("fault echo text-flip 0x100.1"))
        expect_equal(guest.cells()["echo"]["epoch"], 1)
    with check("QEMU02911", "text-flip is refused for those who judge, and for places that are none"), \
            booted(["faults=allow"]) as guest:
        for cell in ("shell", "warden", "console"):
            expect_in(f"not {cell}", guest.refused(f"fault {cell} text-flip"))
        for place in ("0x100.8", "0xffffffff", "1.", ".1", "x", "0xffffffffffffffff.7"):
            guest.refused(f"fault echo text-flip {place}")
        guest.refused("fault echo text-flip 0x100 --seed 1")
        guest.refused("fault echo null-deref --seed 1")
        guest.refused("fault echo text-flip --count 0")


def flip_repeat_check():
    with check("QEMU02912", "a flip that shows nothing stays until reload; a seed finds its places again"), \
            booted(["faults=allow"]) as guest:
        places = [[(row["offset"], row["bit"]) for row in flipped(guest, "echo", 7)[0]] for _ in range(2)]
        expect_equal(places[0], places[1], "places of a seed")
        size = re.search(r"(\d+) bytes of code", guest.ok("reload echo"))[1]
        text = guest.ok(f"fault echo text-flip {int(size) - 1}.7")  # behind the code: padding
        expect_in("dormant", text)
        expect_in("'reload echo' restores it", text)


def flip_checks(base, backend):
    """Single bits of running text, at random: whatever comes of it stays in that cell."""
    with driver_machine(backend, ["faults=allow"]) as guest:
        with check(f"QEMU02{base}", f"{backend}: {FLIPS} flips of echo harm nobody else"):
            flipped(guest, "echo", 1)
        with check(f"QEMU02{base + 1}", f"{backend}: flips of the ramdisk harm nobody, one is noticed"):
            flips_show(guest, "ramdisk", 1)
        with check(f"QEMU02{base + 2}", f"{backend}: flips of a driver harm nobody, one is noticed"):
            flips_show(guest, "virtio_blk0", 1)


def power_check():
    with check("QEMU02900", "a suspended driver says so, and serves again when it is woken"), \
            driver_machine("pku") as guest:
        for _ in range(3):
            expect_equal(guest.json("power nvme0 D3 --json")[0]["power"], "D3")
            expect_equal(guest.cells()["nvme0"]["state"], "suspended")
            expect_equal(guest.json("power nvme0 D0 --json")[0]["power"], "D0")
            expect_equal(guest.cells()["nvme0"]["state"], "running")
            guest.ok("blk read nvme0 0")
        expect_equal(guest.cells()["nvme0"]["crashes"], 0)


def policy_check():
    with check("QEMU02901", "restart-policy stands above the manifest"), booted() as guest:
        guest.ok("restart-policy echo never")
        expect_equal(guest.json("fault echo null-deref --json")[0]["state"], "crashed")
        expect_equal(guest.cells()["echo"]["epoch"], 1)
        guest.ok("cell start echo")
        guest.ok("restart-policy echo on-crash")
        judged(guest, "echo", "null-deref", KINDS["null-deref"])


def no_iommu_check():
    with check("QEMU02902", "without an IOMMU that is said, and bad-dma is not done"), \
            booted(iommu=False) as guest:
        expect_equal(guest.json("iommu --json")[0]["units"], 0)
        expect_in("reaches all memory", guest.ok("iommu"))
        expect_in("no IOMMU", guest.refused("fault ahci0 bad-dma"))


class Resettable(machine_module.Machine):
    """A machine that a reset starts again instead of ending it."""

    def command(self, *arguments):
        return [word for word in super().command(*arguments) if word != "-no-reboot"]


def kept_check():
    with check("QEMU02903", "a crash record survives a reset, and people are told at the first prompt"), \
            guest_for(Resettable(**vars(machine(script=False))), wait_ready=False) as guest:
        guest.expect(b"comb> ")
        expect(b"before the last reset" not in guest.before, "a hint without a reason")
        guest.send(b"fault echo null-deref\r")
        guest.expect(b"null-deref of echo: contained")
        guest.send(b"reboot\r")
        guest.expect(b"1 crash record from before the last reset: 'crash kept'")
        guest.expect(b"comb> ")
        guest.send(b"crash kept\r")
        guest.expect(b"crash of echo (instance 1)")
        guest.expect(b"fault_read")


def main():
    fault_checks(201, "pku")
    fault_checks(241, "pt")
    late_fault_checks()
    give_up_check()
    system_cell_checks(283, "pku")
    system_cell_checks(291, "pt")
    verdict_checks(300, "pku")
    verdict_checks(330, "pt")
    driver_checks(400, "pku", DRIVERS[:3])
    driver_checks(500, "pt", ("virtio_blk0",))
    power_check()
    policy_check()
    no_iommu_check()
    kept_check()
    flip_refusal_checks()
    flip_repeat_check()
    flip_checks(920, "pku")
    flip_checks(930, "pt")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
