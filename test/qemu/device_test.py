# SPDX-License-Identifier: MIT
"""PCI functions are found, and each gets its driver: kinds, bridges, claims, restarts."""
import contextlib
import pathlib
import re
import sys
import tempfile

from harness import booted, check, expect, expect_equal, expect_in, verdict
from comblib.machine import Drive

PORTS = ["-device", "pcie-root-port,id=port0,chassis=1,slot=1",
         "-device", "x3130-upstream,id=up,bus=port0",
         "-device", "xio3130-downstream,id=down0,bus=up,chassis=2,slot=2",
         "-device", "xio3130-downstream,id=down1,bus=up,chassis=3,slot=3",
         "-device", "pcie-pci-bridge,id=old"]
KILLS = 50
CYCLES = 1000


@contextlib.contextmanager
def disks(count):
    """Names of so many empty disks."""
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        paths = [pathlib.Path(folder) / f"disk{number}.img" for number in range(count)]
        for path in paths:
            path.touch()
            with open(path, "r+b") as file:
                file.truncate(16 << 20)
        yield [str(path) for path in paths]


def functions(guest):
    """BDF -> row of `dev`"""
    return {row["bdf"]: row for row in guest.json("dev --json")}


def driver_of(guest, identifier):
    """Names of the cells that drive functions of one vendor and device, by address."""
    return [row["driver"] for row in guest.json("dev --json") if row["id"] == identifier]


def all_drivers_run(guest, wanted):
    def is_up(rows):
        running = {row["name"] for row in rows if row["state"] == "running"}
        return wanted <= running
    return guest.until("cells --json", is_up, f"{sorted(wanted)} running")


def epochs(guest):
    return {name: row["epoch"] for name, row in guest.cells().items()}


def kinds_checks(paths):
    drives = [Drive("virtio-blk", paths[0]), Drive("virtio-blk", paths[1], bus="down1"),
              Drive("nvme", paths[2], bus="down0"), Drive("ahci", paths[3])]
    names = {"virtio_blk0", "virtio_blk1", "nvme0", "ahci0", "virtio_rng0"}
    with booted(extra_first=PORTS, drives=drives, rng=True, extra=["-device", "qemu-xhci"],
                timeout=900) as guest:
        with check("QEMU1301", "functions of all kinds, also behind a switch, get their drivers"):
            all_drivers_run(guest, names)
            expect_equal(driver_of(guest, "1b36:0010"), ["nvme0"])
            expect_equal(driver_of(guest, "8086:2922"), ["ahci0"])
        with check("QEMU1302", "two of a kind have names of their own, by address"):
            expect_equal(driver_of(guest, "1af4:1042"), ["virtio_blk0", "virtio_blk1"])
        with check("QEMU1303", "what nobody drives is there to see, and no reason to complain"):
            expect_equal([row["state"] for row in functions(guest).values() if row["id"] == "1b36:000d"],
                         ["unclaimed"])
            expect_equal(guest.warnings(), [], "warnings")
        with check("QEMU1304", "no bridge is handed out"):
            expect(not any(row["class"].endswith("bridge") for row in functions(guest).values()),
                   functions(guest))
        bus_checks(guest, names)
        restart_checks(guest, names)


def bus_checks(guest, names):
    with check("QEMU1311", "the bus cell dies: no driver notices, no function is announced twice"):
        before, there = epochs(guest), functions(guest)
        guest.ok("cell kill pci")
        guest.until("cells --json", lambda rows: any(
            row["name"] == "pci" and row["state"] == "running" and row["epoch"] > before["pci"]
            for row in rows), "the next pci")
        expect_equal(functions(guest), there, "functions")
        after = epochs(guest)
        expect_equal({name: after[name] for name in names}, {name: before[name] for name in names})
    with check("QEMU1312", "the warden dies: drivers keep their names and go on"):
        before = epochs(guest)
        guest.command("cell kill warden")
        guest.until("cells --json", lambda rows: any(
            row["name"] == "warden" and row["state"] == "running" and row["epoch"] > before["warden"]
            for row in rows), "the next warden")
        after = epochs(guest)
        expect_equal({name: after.get(name) for name in names}, {name: before[name] for name in names})
        guest.ok("cell kill nvme0")  # and it still looks after them
        guest.until("cells --json", lambda rows: any(
            row["name"] == "nvme0" and row["state"] == "running" and row["epoch"] > before["nvme0"]
            for row in rows), "the next nvme0")


def restart_checks(guest, names):
    for number, name in enumerate(("virtio_blk0", "nvme0", "ahci0")):
        with check(f"QEMU132{number}", f"{name} killed {KILLS} times comes back, and nobody else notices"):
            before = epochs(guest)
            outages = sorted(killed(guest, name) for _ in range(KILLS))
            after = epochs(guest)
            expect_equal(after[name], before[name] + KILLS, "epoch")
            expect_equal({other: after[other] for other in names - {name}},
                         {other: before[other] for other in names - {name}}, "epochs of the others")
            print(f"     {name}: outage p50 {outages[KILLS // 2] / 1000:.1f} ms,"
                  f" p99 {outages[KILLS * 99 // 100] / 1000:.1f} ms, on this emulator")
        with check(f"QEMU133{number}", f"{CYCLES} times {name} killed and started, nothing is lost"):
            guest.ok(f"cell cycle {name} -n {CYCLES} --kill")
            guest.until_running(name)


def killed(guest, name):
    """Kills a driver; returns how long it was not there, in microseconds."""
    before = epochs(guest)[name]
    guest.ok(f"cell kill {name}")

    def is_back(rows):
        return any(row["name"] == name and row["state"] == "running" and row["epoch"] > before
                   for row in rows)
    guest.until("cells --json", is_back, f"the next instance of {name}")
    return next(row["outage_us"] for row in guest.json("driver --json") if row["cell"] == name)


def edu_checks():
    """By itself: the emulator writes of its refused DMA into what the guest says."""
    with booted(edu=True) as guest:
        with check("QEMU1305", "the education device gets its driver"):
            while not re.search(r"edu0 +running", guest.ok("cells")):
                expect(not guest.is_late(), "edu0 never runs")


def claim_checks(paths):
    drives = [Drive("virtio-blk", paths[0], properties={"addr": "3"}), Drive("virtio-blk", paths[1])]
    with booted(["appliance=claim"], drives=drives) as guest:
        with check("QEMU1341", "at= binds one function and wins; who comes later is told"):
            all_drivers_run(guest, {"virtio_blk0", "virtio_blk1"})
            warnings = guest.warnings()
            expect_equal(len(warnings), 2, f"warnings {warnings}")
            expect_in("driver nvme at=00:03.0: does not fit it", warnings[0], "first warning")
            expect_in("driver virtio_blk at=00:03.0: DeviceAlreadyClaimed", warnings[1], "second warning")


def main():
    with disks(4) as paths:
        kinds_checks(paths)
        edu_checks()
        claim_checks(paths)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
