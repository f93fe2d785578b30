# SPDX-License-Identifier: MIT
"""Cells whose image is hostile, in an otherwise sound comb.efi: refused, and nobody else is disturbed."""
import pathlib
import struct
import sys
import tempfile

from harness import IMAGE, booted, check, expect, expect_equal, verdict
from image_file import forged, text_of

PAGE = 4096
VICTIM = "echo"
OTHERS = ("warden", "console", "clock", "ramdisk", "shell")


def text_with(sequence, place):
    """Puts bytes into the text: at its start, its end, or across the boundary of its first two pages."""
    def change(elf):
        offset, size = text_of(elf)
        places = {"start": 0, "odd": 1, "seam 1": PAGE - 1, "seam 2": PAGE - 2, "end": size - len(sequence)}
        at = places[place]
        elf[offset + at:offset + at + len(sequence)] = sequence
    return change


def header_field(offset, form, value):
    def change(elf):
        struct.pack_into(form, elf, offset, value)
    return change


def truncated(elf):
    elf[64:] = bytes(len(elf) - 64)


def text_writable(elf):
    table, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for index in range(count):
        kind, flags = struct.unpack_from("<II", elf, table + index * size)
        if kind == 1 and flags & 1:
            struct.pack_into("<I", elf, table + index * size + 4, flags | 2)


def manifest_at(elf):
    return elf.index(b"Comb\0\0\0\0") - 12


def manifest_without_magic(elf):
    elf[manifest_at(elf) + 24] ^= 0xFF


def manifest_with_name(elf):
    elf[manifest_at(elf) + 32:manifest_at(elf) + 36] = b"A B\n"


CASES = (
    (1201, "WRPKRU at the start of its text", text_with(b"\x0f\x01\xef", "start"), "0f 01 ef"),
    (1202, "WRPKRU at an odd byte", text_with(b"\x0f\x01\xef", "odd"), "0f 01 ef"),
    (1203, "WRPKRU across two pages, two bytes behind", text_with(b"\x0f\x01\xef", "seam 1"), "0f 01 ef"),
    (1204, "WRPKRU across two pages, one byte behind", text_with(b"\x0f\x01\xef", "seam 2"), "0f 01 ef"),
    (1205, "WRPKRU as the last bytes of its text", text_with(b"\x0f\x01\xef", "end"), "0f 01 ef"),
    (1206, "XRSTOR of memory", text_with(b"\x0f\xae\x2f", "odd"), "0f ae 2f"),
    (1207, "text that is also writable", text_writable, "malformed"),
    (1208, "nothing behind the ELF header", truncated, "malformed"),
    (1209, "another machine's ELF header", header_field(18, "<H", 183), "malformed"),
    (1210, "an entry point outside the image", header_field(24, "<Q", 1 << 40), "malformed"),
    (1211, "program headers past the end", header_field(32, "<Q", (1 << 64) - 8), "malformed"),
    (1212, "a manifest of another format", manifest_without_magic, VICTIM),
    (1213, "a manifest whose name cannot be printed", manifest_with_name, VICTIM),
)


def refused(folder, number, sentence, change, word):
    with check(f"QEMU{number}", f"{VICTIM} with {sentence} is refused, and said so; the rest runs"):
        path = pathlib.Path(folder) / f"{number}.efi"
        path.write_bytes(forged(IMAGE.read_bytes(), VICTIM, change))
        with booted(image=path) as guest:
            said = [row["text"] for row in guest.json("log error --json")]
            expect(any(word in text for text in said), f"{word!r} is not in {said}")
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
