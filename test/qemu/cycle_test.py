# SPDX-License-Identifier: MIT
"""A thousand lives of each cell leave nothing behind."""
import sys

from harness import booted, check, expect_equal, verdict

ROUNDS = 1000
WARM_UP = 5


def cycle_checks(base, backend, names):
    with booted([f"backend={backend}"], timeout=400) as guest:
        for number, (name, kill) in enumerate((name, kill) for name in names for kill in (False, True)):
            how = "killed" if kill else "stopped"
            with check(f"QEMU0{base + number}",
                       f"{backend}: {ROUNDS} times {name} {how} and started, nothing is lost"):
                # The command compares frames, keys, domains, capabilities, edges, channels itself.
                guest.ok(f"cell cycle {name} -n {ROUNDS}{' --kill' if kill else ''}")
                guest.until_running(name)
                expect_equal(guest.all_echoes_answer(), 1)


def killed_often(guest, name, times):
    for _ in range(times):
        epoch = guest.cells()[name]["epoch"]
        if name == "shell":
            guest.shell_killed()
        else:
            guest.command(f"cell kill {name}")
            guest.command(f"cell start {name}")
        guest.until("cells --json", lambda rows: any(
            row["name"] == name and row["state"] == "running" and row["epoch"] > epoch for row in rows),
            f"the next instance of {name}")


def kill_checks(base, backend):
    with booted([f"backend={backend}"], timeout=400) as guest:
        for number, name in enumerate(("console", "warden", "shell")):
            with check(f"QEMU0{base + number}",
                       f"{backend}: {ROUNDS} times {name} killed in use, nothing is lost"):
                killed_often(guest, name, WARM_UP)  # for what is allocated at first use
                before = guest.counts()
                killed_often(guest, name, ROUNDS)
                expect_equal(guest.counts(), before, "counts")
                expect_equal(guest.all_echoes_answer(), 1)


def main():
    cycle_checks(401, "pku", ("clock", "echo", "ramdisk", "ipcbench"))
    cycle_checks(411, "pt", ("echo", "ramdisk"))
    kill_checks(421, "pku")
    kill_checks(425, "pt")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
