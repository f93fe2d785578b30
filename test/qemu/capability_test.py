# SPDX-License-Identifier: MIT
"""Authority that is taken back is gone, and nobody loses what is not his."""
import sys

from harness import booted, check, expect, expect_equal, expect_in, verdict

BOGUS = ("0", "1", "ffffffffffffffff", "10000", "deadbeef", "7fffffff0001")
NO_HANDLE = ("", "zz", "-1", "0x", "123456789012345678901", "1 2")


def edge_of(guest, caller, callee, interface):
    rows = [row for row in guest.json("edges --json")
            if (row["caller"], row["callee"], row["interface"]) == (caller, callee, interface)]
    expect_equal(len(rows), 1, f"edges from {caller} to {callee}")
    return rows[0]


def handle_text(value):
    return value if isinstance(value, str) else f"{value:x}"


def refusal_checks(base, guest):
    with check(f"QEMU0{base}", "revoking what is no handle, or nobody's, is refused and changes nothing"):
        before = guest.counts()
        for text in BOGUS + NO_HANDLE:
            guest.refused(f"revoke {text}")
        expect_equal(guest.counts(), before, "counts")


def revoke_checks(base, guest, backend):
    with check(f"QEMU0{base}", f"{backend}: a revoked edge answers 'revoked', to its caller alone"):
        handle = handle_text(edge_of(guest, "shell", "echo", "echo")["handle"])
        guest.ok("cell info echo")
        expect_in("revoked", guest.ok(f"revoke {handle}"))
        expect_in("revoked", guest.refused("cell break echo null"))
        expect_equal(guest.cells()["echo"]["crashes"], 0, "crashes of echo")
        expect_equal(guest.all_echoes_answer(), 1)
    with check(f"QEMU0{base + 1}", f"{backend}: the handle is not listed any more, and stays refused"):
        handles = [handle_text(row["handle"]) for row in guest.json("caps --json")]
        expect(handle not in handles, "it is still there")
        guest.refused(f"revoke {handle}")
    with check(f"QEMU0{base + 2}", f"{backend}: a new instance of echo does not bring it back"):
        guest.ok("cell restart echo")
        expect_in("revoked", guest.refused("cell break echo null"))
        expect_equal(guest.all_echoes_answer(), 1)
    with check(f"QEMU0{base + 3}", f"{backend}: a new instance of the shell has its edge again"):
        guest.shell_killed()
        expect_in("crashed", guest.ok("cell break echo null"))
        guest.until_running("echo")


def hardware_checks(base, backend):
    with check(f"QEMU0{base}", f"{backend}: what the clock loses, its next instance has again"), \
            booted([f"backend={backend}"]) as guest:
        caps = guest.json("caps clock --json")
        for row in caps:
            guest.command(f"revoke {handle_text(row['handle'])}")
        guest.ok("cell restart clock")
        guest.ok("time")
        expect_equal(len(guest.json("caps clock --json")), len(caps), "capabilities of the clock")
    with check(f"QEMU0{base + 1}", f"{backend}: edges revoked and given back leave the counts equal"), \
            booted([f"backend={backend}"]) as guest:
        guest.ok("ipc check")
        before = guest.counts()
        for row in guest.json("edges --json"):
            if row["caller"] == "ipcbench":
                guest.ok(f"revoke {handle_text(row['handle'])}")
        guest.refused("ipc check")
        guest.ok("cell restart ipcbench")
        expect_equal(guest.all_echoes_answer(), 1)
        expect_equal(guest.counts(), before, "counts")
    with check(f"QEMU0{base + 2}", f"{backend}: a thousand times derived and revoked, nothing is left"), \
            booted([f"backend={backend}"]) as guest:
        guest.ok("ipc revoke -n 10")
        before = guest.counts()
        guest.ok("ipc revoke -n 1000")
        expect_equal(guest.counts(), before, "counts")


def main():
    for base, backend in ((701, "pku"), (721, "pt")):
        with booted([f"backend={backend}"]) as guest:
            refusal_checks(base, guest)
            revoke_checks(base + 1, guest, backend)
        hardware_checks(base + 8, backend)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
