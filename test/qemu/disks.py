# SPDX-License-Identifier: MIT
"""Disks of the machines under test, and what should be on them."""
import array
import contextlib
import pathlib
import sys
import tempfile

from harness import expect, machine_module

MIB = 1 << 20
PAGE_BYTES = 4096
PAGE_WORDS = PAGE_BYTES // 8
WORD_MASK = (1 << 64) - 1
PATTERN_FACTOR = 0x9E3779B97F4A7C15
COMPARE_BYTES = MIB

Drive = machine_module.Drive
NVME_CONTROLLER = ["-device", "nvme,id=controller0,serial=comb-nvme"]


@contextlib.contextmanager
def disk_files(*sizes):
    """Sparse files of these sizes in bytes."""
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        paths = []
        for number, size in enumerate(sizes):
            path = pathlib.Path(folder) / f"disk{number}.img"
            with open(path, "wb") as file:
                file.truncate(size)
            paths.append(path)
        yield paths


def pattern_page(seed, page):
    """What abi/blockcheck.h says the page holds."""
    base = (seed + page) * PATTERN_FACTOR & WORD_MASK & ~0xFFF
    words = array.array("Q", range(base, base + PAGE_WORDS))
    if sys.byteorder != "little":
        words.byteswap()
    return words.tobytes()


def pattern_write(path, seed):
    """Puts the pattern over all of a file."""
    pages = path.stat().st_size // PAGE_BYTES
    with open(path, "r+b") as file:
        for page in range(pages):
            file.write(pattern_page(seed, page))


def pattern_expect(path, seed, size=None):
    """Compares the first `size` bytes of a file, all of them without it, byte by byte."""
    pages = (path.stat().st_size if size is None else size) // PAGE_BYTES
    with open(path, "rb") as file:
        for page in range(pages):
            found, wanted = file.read(PAGE_BYTES), pattern_page(seed, page)
            if found != wanted:
                at = next(i for i in range(PAGE_BYTES) if found[i:i + 1] != wanted[i:i + 1])
                expect(False, f"byte {page * PAGE_BYTES + at} of the disk is {found[at:at + 1].hex()}, "
                              f"not {wanted[at]:02x}")


def checked(guest, words):
    """Runs a 'check' command; returns its figures, whatever the result."""
    result = guest.command(f"check {words} --json")
    lines = [line for line in result.output.splitlines() if line.startswith("{")]
    expect(lines, f"'check {words}' ended with status {result.status}: {result.output.strip()}")
    return guest.figures(lines[-1])


def check_well(guest, words):
    """The same for one that has to end well."""
    figures = checked(guest, words)
    if figures["result"] != "ok":
        why = guest.command("log blockcheck").output.strip().splitlines()[-3:]
        expect(False, f"'check {words}': {figures}\n" + "\n".join(why))
    return figures


def info(guest, device):
    return guest.json(f"blk info {device} --json")[0]


def interrupt_kinds(guest, cell):
    """The ways in which a driver is interrupted."""
    return {row["kind"] for row in guest.json("irq --json") if row["cell"] == cell}
