# SPDX-License-Identifier: MIT
"""Cards that come and go while the machine runs."""
import contextlib
import pathlib
import re
import socket
import sys
import tempfile

from harness import booted, check, expect, expect_equal, verdict
from comblib.machine import virtio_properties

# Otherwise the emulator tells of cards by ACPI, and root ports know nothing of them.
NATIVE = ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]
PORTS = [word for number in range(2) for word in
         ("-device", f"pcie-root-port,id=port{number},chassis={number + 1},slot={number + 1}")]
ROUNDS = 3
DISK_BYTES = 16 << 20
ECAM = 0xB0000000
EXPRESS = 0x10
SLOT_CONTROL = 0x18
SLOT_OFF = 0x700  # power controller off, power indicator off


class Card:
    """A disk that can be plugged in."""

    def __init__(self, driver, cell, path, **properties):
        self.driver, self.cell, self.path, self.properties = driver, cell, path, properties

    def insert(self, guest, port):
        guest.qmp("blockdev-add", **{"driver": "raw", "node-name": "medium",
                                     "file": {"driver": "file", "filename": str(self.path)}})
        guest.qmp("device_add", driver=self.driver, id="card", bus=port, drive="medium", **self.properties)

    def inserted(self, guest, port):
        self.insert(guest, port)
        guest.until_running(self.cell)

    def remove(self, guest):
        """What a person does: presses the button and waits until the card is let go."""
        guest.qmp("device_del", id="card")
        guest.qmp_event("DEVICE_DELETED", device="card")
        self.medium_gone(guest)

    @staticmethod
    def medium_gone(guest):
        guest.qmp("blockdev-del", **{"node-name": "medium"})


def cards(folder):
    path = pathlib.Path(folder) / "card.img"
    with open(path, "wb") as file:
        file.truncate(DISK_BYTES)
    virtio = virtio_properties(True) | {"iommu_platform": True}  # QMP wants a truth value here
    return [Card("virtio-blk-pci", "virtio_blk0", path, **virtio),
            Card("nvme", "nvme0", path, serial="card")]


@contextlib.contextmanager
def machine_with_slots(folder, extra=()):
    with booted(qmp=True, extra_first=NATIVE + PORTS, extra=list(extra), timeout=240) as guest:
        yield guest, cards(folder)


def device_of(guest, cell):
    return [row for row in guest.json("dev --json") if row["driver"] == cell]


def until_stopped(guest, cell):
    def is_down(rows):
        return all(row["name"] != cell or row["state"] != "running" for row in rows)
    guest.until("cells --json", is_down, f"{cell} not running")
    guest.until("dev --json", lambda rows: all(row["driver"] != cell for row in rows), f"no {cell}")


def idle_checks(folder):
    with machine_with_slots(folder) as (guest, (virtio, nvme)):
        for number, card in enumerate((virtio, nvme)):
            with check(f"QEMU14{number}1", f"a {card.driver} comes: it gets addresses and its driver"):
                card.inserted(guest, "port0")
                expect(len(device_of(guest, card.cell)) == 1, guest.json("dev --json"))
                guest.ok(f"blk read {card.cell} 0")
            with check(f"QEMU14{number}2", f"the {card.driver} goes: its driver first, then its power"):
                card.remove(guest)
                until_stopped(guest, card.cell)
            with check(f"QEMU14{number}3", f"{ROUNDS} times it comes and goes, and nothing is left behind"):
                before = guest.counts()
                for _ in range(ROUNDS):
                    card.inserted(guest, "port0")
                    card.remove(guest)
                    until_stopped(guest, card.cell)
                expect_equal(guest.counts(), before, "counts")
        with check("QEMU1421", "nothing of it was worth a warning"):
            expect_equal(guest.warnings(), [], "warnings")
        with check("QEMU1422", "a card that comes while the bus cell is dead is found by the next one"):
            guest.ok("cell kill pci")
            nvme.insert(guest, "port1")
            guest.until_running("nvme1")  # a place of its own, so a name of its own
            guest.ok("blk read nvme1 0")


def load_checks(folder):
    with machine_with_slots(folder) as (guest, disks):
        for number, card in enumerate(disks):
            with check(f"QEMU145{number}", f"a {card.driver} goes and comes back under load, nothing lost"):
                card.inserted(guest, "port0")
                guest.ok(f"check block {card.cell} oracle --background")
                for _ in range(ROUNDS):
                    card.remove(guest)
                    until_stopped(guest, card.cell)
                    card.inserted(guest, "port0")
                result = guest.json("check stop --json")[-1]
                expect(result["writes"] > 0, result)
                expect_equal({name: result[name] for name in ("lost", "corrupt", "errors")},
                             {"lost": 0, "corrupt": 0, "errors": 0}, f"result {result}")
                card.remove(guest)
                until_stopped(guest, card.cell)


class Bench:
    """The emulator's test line: reads and writes memory behind the guest's back."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("r")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        answer = self.lines.readline().split()
        expect(answer and answer[0] == "OK", f"{line}: {answer}")
        return answer

    def read(self, address):
        return int(self.ask(f"readl {address:#x}")[1], 16)

    def write(self, address, value):
        self.ask(f"writel {address:#x} {value:#x}")

    def close(self):
        self.lines.close()
        self.socket.close()


def slot_of_port(bench, device):
    """Where the slot's control register of root port 00:device.0 lies."""
    base = ECAM + (device << 15)
    at = bench.read(base + 0x34) & 0xFC
    while at and bench.read(base + at) & 0xFF != EXPRESS:
        at = bench.read(base + at) >> 8 & 0xFC
    expect(at, f"00:{device:02x}.0 is no port")
    return base + at + SLOT_CONTROL


def port_devices(guest):
    """Device numbers of the root ports, in order."""
    listing = guest.qmp("human-monitor-command", **{"command-line": "info pci"})
    return [int(number) for number in
            re.findall(r"Bus\s+0, device\s+(\d+), function 0:\s+PCI bridge", listing)]


def surprise_checks(folder):
    path = pathlib.Path(folder) / "bench"
    extra = ["-qtest", f"unix:{path},server=on,wait=off", "-qtest-log", "/dev/null"]
    with machine_with_slots(folder, extra) as (guest, (virtio, nvme)), \
            contextlib.closing(Bench(path)) as bench:
        slot = slot_of_port(bench, port_devices(guest)[0])
        for number, card in enumerate((virtio, nvme)):
            with check(f"QEMU143{number}", f"a {card.driver} is torn out: its driver ends, it may come back"):
                for _ in range(ROUNDS):
                    card.inserted(guest, "port0")
                    bench.write(slot, SLOT_OFF)
                    guest.qmp_event("DEVICE_DELETED", device="card")
                    card.medium_gone(guest)
                    until_stopped(guest, card.cell)
                card.inserted(guest, "port0")
                guest.ok(f"blk read {card.cell} 0")
                card.remove(guest)


def main():
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        idle_checks(folder)
        load_checks(folder)
        surprise_checks(folder)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
