# SPDX-License-Identifier: MIT
"""Disks that fail, stall, fill up, refuse writes, are tiny or huge: errors only where they belong."""
import contextlib
import dataclasses
import os
import subprocess
import sys
import tempfile

from disks import MIB, Drive, check_well, checked, disk_files, info, pattern_expect, pattern_write
from harness import booted, check, expect, expect_equal, verdict

TIB = 1 << 40
SECTOR = 512
DISK_BYTES = 8 * MIB
SEED = 17
BAD_SECTOR = 5000
FULL_BYTES = 4 * MIB  # of a file system that holds a larger disk
THROTTLE_IOPS = 300
KINDS = (("virtio_blk0", "virtio-blk"), ("nvme0", "nvme"), ("ahci0", "ahci"))


def properties_for(kind):
    """The guest is to see the errors; QEMU would otherwise stop the machine when the host's disk is full.

    And it is to see each by itself: QEMU joins adjacent reads of virtio, which then fail together.
    """
    report = {} if kind == "nvme" else {"werror": "report", "rerror": "report"}
    return report | ({"request-merging": "off"} if kind == "virtio-blk" else {})


def alive(guest, cell):
    expect_equal((guest.cells()[cell]["state"], guest.cells()[cell]["crashes"]), ("running", 0),
                 f"state and crashes of {cell}")


@contextlib.contextmanager
def machine_with(drive, **changes):
    """One disk; booted for more than a stalled disk may take."""
    with booted(["appliance=block"], timeout=240, drives=[drive], **changes) as guest:
        guest.until("check list --json", lambda rows: len(rows) == 2, "the disk")
        yield guest


# --- sizes ---

SIZES = (  # kind, bytes, block size
    ("virtio-blk", MIB, 512), ("virtio-blk", MIB, 4096), ("virtio-blk", 8 * TIB, 512),
    ("virtio-blk", 8 * TIB, 4096), ("nvme", MIB, 512), ("nvme", 8 * TIB, 4096), ("ahci", MIB, 512),
    ("ahci", 8 * TIB, 512), ("virtio-blk", MIB + 3 * 512, 512),
)


def size_check(identifier, kind, size, block):
    cell = dict((kind, cell) for cell, kind in KINDS)[kind]
    sizes = {"logical_block_size": block, "physical_block_size": block} if kind != "ahci" else {}
    drive = Drive(kind, properties=sizes)
    with check(identifier, f"{kind}: {size} bytes in blocks of {block}: conforms from first to last"), \
            disk_files(size) as (path,), machine_with(dataclasses.replace(drive, file=path)) as guest:
        found = info(guest, cell)
        expect_equal((found["block_bytes"], found["block_count"]), (block, size // block), "geometry")
        check_well(guest, f"block {cell} conform")
        check_well(guest, f"block {cell} oracle -n 3000")
        alive(guest, cell)
        guest.close()
        # Only what was written takes room: no driver walked over the whole disk.
        expect(path.stat().st_blocks * 512 < 64 * MIB, "the sparse disk has been filled")


# --- errors ---

def faulty(kind, path, *rules):
    """A disk on which QEMU injects errors."""
    node = {"driver": "raw", "node-name": "drive0",
            "file": {"driver": "blkdebug", "image": {"driver": "file", "filename": str(path)},
                     "inject-error": [{"event": "none", **rule} for rule in rules]}}
    return Drive(kind, name="drive0", node=node, properties=properties_for(kind))


def error_checks(base, cell, kind):
    with disk_files(DISK_BYTES) as (path,):
        pattern_write(path, SEED)
        bad = {"iotype": "read", "sector": BAD_SECTOR, "errno": 5, "once": False}
        with check(f"QEMU{base}", f"{cell}: one sector that cannot be read fails, all others are right"), \
                machine_with(faulty(kind, path, bad)) as guest:
            expect_equal(guest.command(f"blk read {cell} {BAD_SECTOR}").status != 0, True, "the read fails")
            guest.ok(f"blk read {cell} {BAD_SECTOR - 1}")
            guest.ok(f"blk read {cell} {BAD_SECTOR + 1}")
            figures = checked(guest, f"block {cell} verify -s {SEED}")
            expect_equal((figures["errors"], figures["corrupt"], figures["result"]), (1, 0, "io"),
                         "errors, corrupt, result")
            expect(info(guest, cell)["errors"] >= 2, "the driver counts no errors")
            alive(guest, cell)
    with disk_files(DISK_BYTES) as (path,):
        bad = {"iotype": "write", "sector": BAD_SECTOR, "errno": 5, "once": False}
        with check(f"QEMU{base + 1}", f"{cell}: writes that fail are answered as failed, and none is lost"), \
                machine_with(faulty(kind, path, bad)) as guest:
            figures = checked(guest, f"block {cell} oracle -n 8000")
            expect(figures["errors"] > 0 and figures["result"] == "io", f"no error: {figures}")
            expect_equal((figures["lost"], figures["corrupt"]), (0, 0), "lost, corrupt")
            alive(guest, cell)
    with disk_files(DISK_BYTES) as (path,):
        bad = {"iotype": "flush", "errno": 5, "once": False}
        with check(f"QEMU{base + 2}", f"{cell}: a flush that fails is answered as failed"), \
                machine_with(faulty(kind, path, bad)) as guest:
            figures = checked(guest, f"block {cell} oracle -n 2000")
            expect(figures["errors"] > 0 and figures["result"] == "io", f"no error: {figures}")
            expect_equal((figures["lost"], figures["corrupt"]), (0, 0), "lost, corrupt")
            alive(guest, cell)


# --- slow ---

def throttle(guest, iops):
    guest.qmp("block_set_io_throttle", device="drive0", bps=0, bps_rd=0, bps_wr=0, iops=iops, iops_rd=0,
              iops_wr=0)


def slow_checks(base, cell, kind):
    with disk_files(DISK_BYTES) as (path,), \
            check(f"QEMU{base + 3}", f"{cell}: a slow disk, then one that stalls: nothing lost"), \
            machine_with(Drive(kind, path), qmp=True) as guest:
        throttle(guest, THROTTLE_IOPS)
        check_well(guest, f"block {cell} pattern -s {SEED} -n 1024")
        with check(f"QEMU{base + 4}", f"{cell}: a slow disk is no reason for a timeout"):
            expect_equal(info(guest, cell)["timeouts"], 0, "timeouts")
            check_well(guest, f"block {cell} verify -s {SEED} -n 1024")
        throttle(guest, 0)
        guest.ok(f"check block {cell} oracle --background")
        guest.until("check status --json", lambda rows: rows[0]["step"] == 1, "the mixed load")
        throttle(guest, 1)
        guest.until(f"stats {cell} --json", lambda rows: rows[0]["timeouts"] > 0 or rows[0]["crashes"] > 0,
                    "a request that times out")
        throttle(guest, 0)
        figures = checked(guest, "stop")
        expect_equal((figures["lost"], figures["corrupt"]), (0, 0), "lost, corrupt")
        found, row = info(guest, cell), guest.cells()[cell]
        print(f"     {cell}: {found['timeouts']} timeouts, {found['resets']} resets, "
              f"{row['crashes']} restarts, {figures['errors']} requests given up; "
              f"longest wait {figures['pause_max_ns'] / 1e9:.1f} s")
        # QEMU holds the processor in a reset of AHCI until all that is under way is through: then the
        # watchdog may strike, and the next instance serves what is owed.
        expect(found["resets"] > 0 or row["crashes"] > 0, "the device was not reset")
        expect(row["crashes"] == 0 or figures["errors"] == 0, "a restart has cost a request")
        check_well(guest, f"block {cell} conform")


# --- read-only, full ---

def not_writable_check(identifier, cell, kind):
    """QEMU's NVMe does not say that its disk is read-only; every write fails."""
    with disk_files(DISK_BYTES) as (path,):
        pattern_write(path, SEED)
        with check(identifier, f"{cell}: a disk that cannot be written fails writes and stays as it is"), \
                machine_with(Drive(kind, path, read_only=True)) as guest:
            figures = checked(guest, f"block {cell} pattern -s 1")
            expect_equal((figures["writes"], figures["result"]), (0, "io"), "writes, result")
            check_well(guest, f"block {cell} verify -s {SEED}")
            alive(guest, cell)
            guest.close()
            pattern_expect(path, SEED)


def read_only_check(identifier, cell, kind):
    with disk_files(DISK_BYTES) as (path,):
        pattern_write(path, SEED)
        with check(identifier, f"{cell}: a disk that is read-only is read, and never written"), \
                machine_with(Drive(kind, path, read_only=True)) as guest:
            expect_equal(info(guest, cell)["read_only"], 1, "read_only")
            check_well(guest, f"block {cell} verify -s {SEED}")
            check_well(guest, f"block {cell} conform")
            expect_equal(checked(guest, f"block {cell} pattern -s 1")["result"], "denied", "result")
            guest.refused(f"blk write {cell} 0 x")
            alive(guest, cell)
            guest.close()
            pattern_expect(path, SEED)


@contextlib.contextmanager
def small_file_system():
    """A folder in which FULL_BYTES fit; None: this host lets nobody mount."""
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs", folder],
                               capture_output=True, check=False)
        try:
            yield folder if mount.returncode == 0 else None
        finally:
            if mount.returncode == 0:
                subprocess.run(["umount", folder], check=True)


def full_drive(kind, folder, files):
    """A disk larger than the file system it lies on, or, without one, one that says so from a sector on."""
    if folder is None:
        print("     (nothing can be mounted here: the full file system is QEMU's)")
        return faulty(kind, files[0], {"iotype": "write", "sector": FULL_BYTES // SECTOR, "errno": 28,
                                       "once": False})
    path = os.path.join(folder, "disk.img")
    with open(path, "wb") as file:
        file.truncate(DISK_BYTES)
    return Drive(kind, path, properties=properties_for(kind))


def full_check(identifier, cell, kind):
    with check(identifier, f"{cell}: a host without room fails writes, keeps what was acknowledged"), \
            small_file_system() as folder, disk_files(DISK_BYTES) as files, \
            machine_with(full_drive(kind, folder, files)) as guest:
        fits = FULL_BYTES // 2 // SECTOR
        check_well(guest, f"block {cell} pattern -s {SEED} -n {fits}")
        figures = checked(guest, f"block {cell} oracle -n 2000 -s 3") if folder is None else \
            checked(guest, f"block {cell} pattern -s {SEED}")
        expect(figures["errors"] > 0 and figures["result"] == "io", f"no error: {figures}")
        expect_equal((figures["lost"], figures["corrupt"]), (0, 0), "lost, corrupt")
        if folder is not None:
            check_well(guest, f"block {cell} verify -s {SEED} -n {fits}")
        alive(guest, cell)


def main():
    for number, (kind, size, block) in enumerate(SIZES):
        size_check(f"QEMU{1701 + number}", kind, size, block)
    for number, (cell, kind) in enumerate(KINDS):
        base = 1720 + 20 * number
        error_checks(base, cell, kind)
        slow_checks(base, cell, kind)
        full_check(f"QEMU{base + 6}", cell, kind)
    read_only_check("QEMU1781", "virtio_blk0", "virtio-blk")
    not_writable_check("QEMU1782", "nvme0", "nvme")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
