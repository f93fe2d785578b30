# SPDX-License-Identifier: MIT
"""Every block driver does what the class asks for, and the host sees the bytes."""
import dataclasses
import sys

from disks import (MIB, NVME_CONTROLLER, Drive, check_well, disk_files, info, interrupt_kinds, pattern_expect,
                   pattern_write)
from harness import booted, check, expect, expect_equal, verdict

DISK_BYTES = 8 * MIB
CONFORM_CASES = 27
SEED_HOST, SEED_GUEST = 11, 12


@dataclasses.dataclass
class Case:
    """`units` are named as the shell names them; there is a drive for each."""
    title: str
    units: tuple
    drives: tuple
    interrupt: str
    controller: tuple = ()
    options: tuple = ("backend=pku",)
    iommu: bool = True


def drive(kind, **properties):
    return Drive(kind, properties=properties)


NAMESPACES = {"units": ("nvme0:0", "nvme0:1"), "controller": NVME_CONTROLLER,
              "drives": (Drive("nvme-ns", bus="controller0", properties={"nsid": 1}),
                         Drive("nvme-ns", bus="controller0",
                               properties={"nsid": 2, "logical_block_size": 4096,
                                           "physical_block_size": 4096}))}

CASES = (
    Case("virtio-blk, MSI-X", ("virtio_blk0",), (drive("virtio-blk"),), "msix"),
    Case("virtio-blk, INTx", ("virtio_blk0",), (drive("virtio-blk", vectors=0),), "intx"),
    Case("NVMe, two namespaces", interrupt="msix", **NAMESPACES),
    Case("AHCI, two ports", ("ahci0:0", "ahci0:1"), (drive("ahci"), drive("ahci")), "msi"),
    Case("virtio-blk, page tables", ("virtio_blk0",), (drive("virtio-blk"),), "msix", (), ("backend=pt",)),
    Case("virtio-blk, no IOMMU", ("virtio_blk0",), (drive("virtio-blk"),), "msix", iommu=False),
    Case("NVMe, no IOMMU", interrupt="msix", iommu=False, **NAMESPACES),
    Case("AHCI, no IOMMU", ("ahci0:0",), (drive("ahci"),), "msi", iommu=False),
)


def driver_checks(base, guest, case):
    cell = case.units[0].split(":")[0]
    with check(f"QEMU{base + 1}", f"{case.title}: interrupted as it should be"):
        expect_equal(interrupt_kinds(guest, cell), {case.interrupt}, "kinds of interrupt")
    with check(f"QEMU{base + 2}", f"{case.title}: reads what the host has written, every byte"):
        for unit in case.units:
            figures = check_well(guest, f"block {unit} verify -s {SEED_HOST}")
            expect_equal(figures["bytes"], DISK_BYTES, "bytes")
    with check(f"QEMU{base + 3}", f"{case.title}: conforms, case by case"):
        for unit in case.units:
            figures = check_well(guest, f"block {unit} conform")
            expect_equal((figures["step"], figures["stray"]), (CONFORM_CASES, 0), "cases, strays")
            print(f"     {unit}: {figures['checks']} comparisons, {figures['operations']} requests")
    with check(f"QEMU{base + 4}", f"{case.title}: no byte of data was copied by a CPU on the way"):
        expect_equal([info(guest, unit)["bytes_copied"] for unit in case.units], [0] * len(case.units))
    with check(f"QEMU{base + 5}", f"{case.title}: nothing is lost or torn in 20,000 mixed requests"):
        for unit in case.units:
            figures = check_well(guest, f"block {unit} oracle -n 20000")
            expect(figures["writes"] > 5000, f"{figures}")
    with check(f"QEMU{base + 6}", f"{case.title}: the driver never crashed"):
        expect_equal(guest.cells()[cell]["crashes"], 0, "crashes")
        expect_equal(guest.cells()[cell]["epoch"], 1, "instances")


def device_checks(base, case):
    with disk_files(*(DISK_BYTES for _ in case.units)) as files:
        for path in files:
            pattern_write(path, SEED_HOST)
        drives = [dataclasses.replace(disk, file=path) for disk, path in zip(case.drives, files, strict=True)]
        with check(f"QEMU{base}", f"{case.title}: boots, serves, and stops"), \
                booted(["appliance=block", *case.options], timeout=240, drives=drives, iommu=case.iommu,
                       extra_first=list(case.controller)) as guest:
            guest.until("check list --json", lambda rows: len(rows) == len(case.units) + 1, "all units")
            driver_checks(base, guest, case)
            for number, unit in enumerate(case.units):
                check_well(guest, f"block {unit} pattern -s {SEED_GUEST + number}")
            guest.close()
        with check(f"QEMU{base + 7}", f"{case.title}: the host finds what was written, every byte"):
            for number, path in enumerate(files):
                pattern_expect(path, SEED_GUEST + number)


def ramdisk_checks():
    with check("QEMU1501", "the ram disk boots"), booted(["appliance=block"]) as guest:
        with check("QEMU1502", "the ram disk conforms, case by case"):
            figures = check_well(guest, "block ramdisk conform")
            expect_equal((figures["step"], figures["stray"]), (CONFORM_CASES, 0), "cases, strays")
        with check("QEMU1503", "a pattern of another seed is not taken for the right one"):
            check_well(guest, "block ramdisk pattern -s 5")
            check_well(guest, "block ramdisk verify -s 5")
            expect_equal(guest.command("check block ramdisk verify -s 6 --json").status != 0, True, "fails")
        with check("QEMU1504", "one byte that is wrong is found, and where"):
            guest.ok("blk fill ramdisk 77 1 0x11")
            result = guest.command("check block ramdisk verify -s 5 --json")
            figures = guest.figures(result.output.splitlines()[0])
            expect_equal((figures["corrupt"], figures["block"]), (1, 77), "corrupt blocks, the first")


def main():
    ramdisk_checks()
    for number, case in enumerate(CASES):
        device_checks(1510 + 10 * number, case)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
