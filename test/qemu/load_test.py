# SPDX-License-Identifier: MIT
"""Cells whose image is hostile, in an otherwise sound comb.efi: refused, and nobody else is disturbed.

What is malformed the EFI stub refuses, on the firmware's console, which is the serial line here; what
it lets through and must not run, the monitor refuses when it loads it, in the log.
"""
import pathlib
import re
import struct
import sys
import tempfile

from harness import IMAGE, booted, check, expect, expect_equal, verdict
from image_file import PAGE, PAGES_OFFSET, forged, text_of

VICTIM = "echo"
OTHERS = ("warden", "console", "clock", "ramdisk", "shell")


# Places in the header of a cell's image (include/abi/image.h).
MACHINE, CELL, MANIFEST, RELOCATIONS = 12, 36, 40, 44
START = 16  # in struct cell_header
NAME, CAPS = 8, 456  # in struct manifest
REFUSED = "was refused when this machine booted"
ESCAPE = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")


def text_with(sequence, place):
    """Puts bytes into the text: at its start, its end, or across the boundary of its first two pages."""
    def change(cell):
        offset, size = text_of(cell)
        places = {"start": 0, "odd": 1, "seam 1": PAGE - 1, "seam 2": PAGE - 2, "end": size - len(sequence)}
        at = places[place]
        cell[offset + at:offset + at + len(sequence)] = sequence
    return change


def number_of(cell, place):
    return struct.unpack_from("<I", cell, place)[0]


def header_field(place, value):
    def change(cell):
        struct.pack_into("<I", cell, place, value)
    return change


def truncated(cell):
    cell[56:] = bytes(len(cell) - 56)


def start_writable(cell):
    """The first address in the cell header becomes one of data."""
    struct.pack_into("<Q", cell, number_of(cell, CELL) + START, number_of(cell, CELL) + PAGE)


def text_relocated(cell):
    """The first relocation is one of the text."""
    struct.pack_into("<I", cell, number_of(cell, RELOCATIONS), text_of(cell)[0])


def manifest_without_magic(cell):
    cell[number_of(cell, MANIFEST)] ^= 0xFF


def manifest_with_name(cell):
    name = number_of(cell, MANIFEST) + NAME
    cell[name:name + 4] = b"A B\n"


def manifest_with_ports(cell):
    """Its first capability becomes two I/O ports, of which the second does not exist."""
    struct.pack_into("<IIQQ", cell, number_of(cell, MANIFEST) + CAPS, 4, 3, 0xFFFF, 2)


# (number, what it has, how that is made, what the log says, what the stub says)
CASES = (
    (1201, "WRPKRU at the start of its text", text_with(b"\x0f\x01\xef", "start"), "0f 01 ef", None),
    (1202, "WRPKRU at an odd byte", text_with(b"\x0f\x01\xef", "odd"), "0f 01 ef", None),
    (1203, "WRPKRU across two pages, two bytes behind", text_with(b"\x0f\x01\xef", "seam 1"), "0f 01 ef",
     None),
    (1204, "WRPKRU across two pages, one byte behind", text_with(b"\x0f\x01\xef", "seam 2"), "0f 01 ef",
     None),
    (1205, "WRPKRU as the last bytes of its text", text_with(b"\x0f\x01\xef", "end"), "0f 01 ef", None),
    (1206, "XRSTOR of memory", text_with(b"\x0f\xae\x2f", "odd"), "0f ae 2f", None),
    (1207, "a start function in its data", start_writable, "starts or is entered outside its text", None),
    (1208, "nothing behind the header of its image", truncated, REFUSED,
     "image: no cell header where it should be"),
    (1209, "an image of another machine", header_field(MACHINE, 183), REFUSED,
     "image: made for another machine"),
    (1210, "a cell header outside the image", header_field(CELL, 0xFFFFFFF8), REFUSED,
     "image: cell header not in its relocated constants"),
    (1211, "more pages of text than the file has", header_field(PAGES_OFFSET + 4, 4000), REFUSED,
     "image: shorter than its parts"),
    (1212, "a manifest of another format", manifest_without_magic, REFUSED, "manifest: not a manifest"),
    (1213, "a manifest whose name cannot be printed", manifest_with_name, REFUSED,
     "manifest: name is not 1..15 of a-z 0-9 _ -"),
    (1214, "a relocation of its text", text_relocated, REFUSED,
     "image: relocation outside relocated constants and data"),
    (1215, "a manifest that asks for a port that is none", manifest_with_ports, REFUSED,
     "manifest: capability: no such I/O ports"),
)


def console_check(guest, why):
    """One line of the stub's, or none; the firmware breaks lines where its console ends."""
    said = " ".join(ESCAPE.sub("", guest.output.decode(errors="replace")).split())
    lines = re.findall(r"comb: (cell .*?; it cannot be started)", said)
    expect_equal(lines, [f"cell {VICTIM}: {why}; it cannot be started"] if why else [], "on the console")


def refused(folder, number, sentence, change, logged, why):
    with check(f"QEMU{number}", f"{VICTIM} with {sentence} is refused, and said so; the rest runs"):
        path = pathlib.Path(folder) / f"{number}.efi"
        path.write_bytes(forged(IMAGE.read_bytes(), VICTIM, change))
        with booted(image=path) as guest:
            console_check(guest, why)
            said = [row["text"] for row in guest.json("log error --json")]
            expect(any(logged in text for text in said), f"{logged!r} is not in {said}")
            cells = guest.cells()
            state = cells.get(VICTIM, {}).get("state")
            expect(state not in ("running", "spawned"), f"{VICTIM} is {state}")
            for name in OTHERS:
                expect_equal(cells[name]["state"], "running", name)
            guest.refused("cell start " + VICTIM)
            guest.ok("blk verify ramdisk 0 1 0")


def main():
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        for case in CASES:
            refused(folder, *case)
    return verdict()


sys.exit(main())
