# SPDX-License-Identifier: MIT
"""comb bench: block devices, in counted instructions and in time, next to Linux on the same emulator."""
import contextlib
import json
import os
import pathlib
import tempfile

from .guest import Guest, GuestError
from .machine import NULL_DRIVE, Drive
from .project import Failure, commit, say

SCHEMA = "comb.block.1"
TMPFS = "/dev/shm"
FILE_BYTES = 512 << 20
FILL_BYTES = 1 << 20
BENCHES = (  # name, what the shell calls it, depth, divisor of the number of samples
    ("block-random-1", "random", 1, 1), ("block-random-32", "random", 32, 1),
    ("block-flush", "flush", 1, 4), ("block-seq-1", "seq", 1, 20), ("block-seq-4", "seq", 4, 20),
)
SAMPLES_FLOOR = 100
SAMPLES_COUNTED_MAX = 1000  # counting is slow
FIELDS = ("ticks", "per_request", "spent_per_request", "iops", "kib_per_s", "p50_ns", "p99_ns", "max_ns",
          "errors")


@contextlib.contextmanager
def files():
    """What the disks are made of: nothing, and a file of random bytes in memory."""
    folder = TMPFS if os.path.isdir(TMPFS) else None
    with tempfile.TemporaryDirectory(prefix="comb-bench-", dir=folder) as name:
        path = pathlib.Path(name) / "disk.img"
        with open(path, "wb") as file:
            piece = os.urandom(FILL_BYTES)
            for _ in range(FILE_BYTES // FILL_BYTES):
                file.write(piece)
        yield {"null-co": NULL_DRIVE, "tmpfs": str(path)}


def bench(guest, cell, name, verb, depth, samples):
    result = guest.command(f"bench block {cell} {verb} -d {depth} -n {samples} --json")
    lines = [line for line in result.output.splitlines() if line.startswith("{")]
    if result.status or not lines:
        raise Failure(f"{name}: status {result.status}: {result.output.strip()[-200:]}")
    record = json.loads(lines[-1])
    if not all(isinstance(record.get(field), int) for field in FIELDS):
        raise Failure(f"{name}: not what was asked for: {lines[-1]}")
    return record | {"path": name}


def measure(machine, cell, samples, timeout, about):
    """All benches of one disk, one boot."""
    with Guest(machine, timeout=timeout) as guest:
        try:
            guest.start()
            records = [about | {"accelerator": guest.accelerator} |
                       bench(guest, cell, name, verb, depth, max(SAMPLES_FLOOR, samples // divisor))
                       for name, verb, depth, divisor in BENCHES]
            guest.close()
            return records
        except GuestError as error:
            raise Failure(f"block {about}: {error}\n{error.tail}") from None


def measure_all(machine_for, backends, samples, timeout, folder):
    """`machine_for(backend, icount, drives)` makes the machines; writes and returns the records."""
    records = []
    with files() as sources:
        for icount in (True, False):
            for backend in backends:
                # What a disk is made of costs the guest no instruction.
                for source, file in sources.items() if not icount else [("null-co", NULL_DRIVE)]:
                    say(f"measuring block, {source}, {backend}, {'instructions' if icount else 'time'}")
                    about = {"schema": SCHEMA, "commit": commit(), "icount": icount, "source": source,
                             "device": "virtio-blk"}
                    machine = machine_for(backend, icount, [Drive("virtio-blk", file)])
                    count = min(samples, SAMPLES_COUNTED_MAX) if icount else samples
                    records += measure(machine, "virtio_blk0", count, timeout, about)
    with open(folder / "block.jsonl", "w", encoding="ascii") as output:
        for record in records:
            output.write(json.dumps(record) + "\n")
    return records


def show(records, rivals_print):
    """A table of all records, each bench followed by what others need for it."""
    header = (f"{'path':17}{'disk':9}{'backend':9}{'unit':14}{'each':>10}{'in cells':>10}{'per s':>9}"
              f"{'MiB/s':>8}{'p50 us':>9}{'p99 us':>9}")
    print("\n" + header + "\n" + "-" * len(header))
    for name, *_ in BENCHES:
        for record in (entry for entry in records if entry["path"] == name):
            line = (f"{name:17}{record['source']:9}{record['backend']:9}{record['unit']:14}"
                    f"{record['per_request']:>10}{record['spent_per_request']:>10}")
            if not record["icount"]:  # of counted instructions no time follows
                line += (f"{record['iops']:>9}{record['kib_per_s'] // 1024:>8}"
                         f"{record['p50_ns'] / 1000:>9.1f}{record['p99_ns'] / 1000:>9.1f}")
            print(line)
        rivals_print(name)
