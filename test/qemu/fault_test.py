# SPDX-License-Identifier: MIT
"""Cells that break: the caller gets an error, the others get nothing."""
import sys

from harness import booted, check, expect_equal, expect_in, verdict

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


def main():
    fault_checks(201, "pku")
    fault_checks(241, "pt")
    late_fault_checks()
    give_up_check()
    system_cell_checks(283, "pku")
    system_cell_checks(291, "pt")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
