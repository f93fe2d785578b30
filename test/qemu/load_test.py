# SPDX-License-Identifier: MIT
"""Cells whose image is hostile, in an otherwise sound comb.efi: refused, and nobody else is disturbed.

What is malformed the EFI stub refuses, on the firmware's console, which is the serial line here; what
it lets through and must not run, the monitor refuses when it loads it, in the log.

    load_test.py [number]...        # only these checks
"""
import pathlib
import re
import struct
import sys
import tempfile

from harness import IMAGE, booted, check, expect, expect_equal, verdict
from image_file import PAGE, PAGES_OFFSET, bundle_of, find_cell, forged, forged_many, text_of

VICTIM = "echo"
OTHERS = ("warden", "console", "clock", "ramdisk", "shell")

# Places in the header of a cell's image (include/abi/image.h).
MACHINE, CELL, MANIFEST, RELOCATIONS, MAPS = 12, 36, 40, 44, 56
START = 16  # in struct cell_header
NAME, FLAGS, CAPS = 8, 132, 456  # in struct manifest
SCAN_ONLY = 1
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


def console_lines(guest):
    """What the stub has refused: cell -> why.  The firmware breaks lines where its console ends."""
    said = " ".join(ESCAPE.sub("", guest.output.decode(errors="replace")).split())
    return dict(re.findall(r"comb: cell (\S+): (.*?); it cannot be started", said))


def console_check(guest, why):
    expect_equal(console_lines(guest), {VICTIM: why} if why else {}, "on the console")


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


# --- Strict cells: what the EFI stub verifies ---

# In the room of the thunks, as the linker puts it there: jmp *%r11; ret; jmp *%rdi.
PLAIN_THUNKS = {0: b"\x41\xFF\xE3", 64: b"\xC3", 128: b"\xFF\xE7"}
FILL = b"\xCC" * 16


def free_place(cell):
    """Distance from the text of room behind its last function."""
    offset, size = text_of(cell)
    end = offset + size - len(FILL)
    assert cell[end:end + len(FILL)] == FILL, "the text fills its last page"
    return end - offset


def instruction(code):
    """Instructions where none are reached, but all are decoded."""
    def change(cell):
        at = text_of(cell)[0] + free_place(cell)
        cell[at:at + len(code)] = code
    return change


def relocation_in_maps(cell):
    struct.pack_into("<I", cell, number_of(cell, RELOCATIONS), number_of(cell, MAPS) + 8)


def manifest_flags(value):
    def change(cell):
        struct.pack_into("<I", cell, number_of(cell, MANIFEST) + FLAGS, value)
    return change


def started_late(cell):
    """The first function without its first byte."""
    start = number_of(cell, CELL) + START
    struct.pack_into("<Q", cell, start, struct.unpack_from("<Q", cell, start)[0] + 1)


def scan_only(cell):
    """The same code for a cell that is not verified; its thunks are its own."""
    manifest_flags(SCAN_ONLY)(cell)
    header_field(MAPS, 0)(cell)
    for place, code in PLAIN_THUNKS.items():
        at = text_of(cell)[0] + place
        cell[at:at + len(code)] = code


# (number, cell, what it has, its code or how that is made, why)
FLOWS = (
    (1221, "clock", "a return", b"\xC3", "return outside the thunk"),
    (1222, "virtio_blk", "a jump through a register", b"\xFF\xE3",
     "indirect call or jump outside the thunks"),
    (1223, "virtio_rng", "a call through memory", b"\xFF\x10",
     "indirect call or jump outside the thunks"),
    (1224, "virtio_console", "a jump into its own operand", b"\xE9\xFC\xFF\xFF\xFF",
     "branch into the middle of an instruction"),
    (1225, "nvme", "a call to before its text", b"\xE8\0\0\0\xFF", "branch out of the text"),
    (1226, "edu", "an instruction of the monitor's", b"\x0F\x30", "system instruction"),
    (1227, "blockcheck", "a relocation in the maps", relocation_in_maps, "image: relocation in the maps"),
    (1228, "selftest", "a flag that nobody knows", manifest_flags(2), "manifest: unknown flags"),
    (1229, "ipcbench", "no maps, though it says it is strict", manifest_flags(0),
     "image: no room for the maps in its relocated constants"),
    (1230, "ahci", "a start function that is the middle of one", started_late, None),
)
FLOW_NUMBERS = {number for number, *_ in FLOWS} | {1231}  # one machine has them all
FLOW_OTHERS = ("warden", "console", "ramdisk", "shell", "echo", "pci")


def flow_change(what):
    return instruction(what) if isinstance(what, bytes) else what


def flow_line(image, cell, what, why):
    """What the stub is to say."""
    _, offset, size = find_cell(bundle_of(image), cell)
    sound = bundle_of(image)[offset:offset + size]
    if isinstance(what, bytes):
        return f"text at {free_place(sound):#x}: {what.hex(' ')}: {why}"
    if why is not None:
        return why
    start = struct.unpack_from("<Q", sound, number_of(sound, CELL) + START)[0] + 1 - text_of(sound)[0]
    return f"text at {start:#x}: starts or is entered where no function begins"


def flows_refused(folder):
    """One machine with every strict cell broken in another way."""
    image = IMAGE.read_bytes()
    path = pathlib.Path(folder) / "flows.efi"
    path.write_bytes(forged_many(image, [(cell, flow_change(what)) for _, cell, _, what, _ in FLOWS]))
    with booted(image=path) as guest:
        lines = console_lines(guest)
        for number, cell, sentence, what, why in FLOWS:
            with check(f"QEMU{number}", f"strict {cell} with {sentence} is refused, and said so"):
                expect_equal(lines.get(cell), flow_line(image, cell, what, why), "on the console")
                guest.refused(f"cell start {cell}")
        with check("QEMU1231", "nobody else is refused, and the rest runs"):
            expect_equal(set(lines), {cell for _, cell, *_ in FLOWS}, "refused")
            cells = guest.cells()
            for name in FLOW_OTHERS:
                expect_equal(cells[name]["state"], "running", name)
            guest.ok("blk verify ramdisk 0 1 0")


def flows_scan_only(folder):
    """The same code in a cell that does not ask to be verified."""
    path = pathlib.Path(folder) / "scan_only.efi"
    changes = [("clock", flow_change(FLOWS[0][3])), ("clock", scan_only)]
    path.write_bytes(forged_many(IMAGE.read_bytes(), changes))
    with check("QEMU1232", "the same return in a scan-only clock is none of the stub's business"), \
            booted(image=path) as guest:
        expect_equal(console_lines(guest), {}, "on the console")
        expect_equal((guest.cells()["clock"]["state"], guest.cells()["clock"]["policy"]),
                     ("running", "scan-only"))
        expect_equal(guest.cells()["console"]["policy"], "strict")
        guest.ok("time")


def main():
    wanted = {int(word) for word in sys.argv[1:]}
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        for case in CASES:
            if not wanted or case[0] in wanted:
                refused(folder, *case)
        if not wanted or wanted & FLOW_NUMBERS:
            flows_refused(folder)
        if not wanted or 1232 in wanted:
            flows_scan_only(folder)
    return verdict()


sys.exit(main())
