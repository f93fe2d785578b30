#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a cell's ELF becomes its image: what is kept, and what is refused with a clear word.

usage: cell_image_test.py FOLDER_OF_SCRIPTS
"""
import collections
import contextlib
import io
import pathlib
import random
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop())
import cell_image  # noqa: E402  (its folder is known only now)

PAGE = 4096
# The smallest sound cell: distance in the file equals address.
PROGRAMS, RELOCATIONS, NOTE, MANIFEST, SYMBOLS, STRINGS, SECTIONS = 64, 512, 560, 584, 1304, 1544, 1664
TEXT, CELL, TAGS, MAPS, DATA = PAGE, 2 * PAGE, 2 * PAGE + 64, 2 * PAGE + 256, 3 * PAGE
DATA_FILE_BYTES, SPAN = 64, 5 * PAGE
MANIFEST_BYTES = 712
FLAGS, SCAN_ONLY = MANIFEST + 132, 1
MAPS_BYTES, THUNKS_BYTES = PAGE // 8 + PAGE // 128, 192
THUNKS = (b"__x86_indirect_thunk_r11", b"__x86_return_thunk", b"comb_gate_thunk")
NAMES = b"\0start\0label\0thing\0__cfi_start\0comb_maps\0" + b"\0".join(THUNKS) + b"\0"
MACHINE, VERSION = 62, 1
CONSTANTS, CODE, RELRO_PART, WRITABLE, NOTES, DYNAMIC, RELRO, STACK = range(8)

Header = collections.namedtuple("Header", "magic bits order ident_version os_abi type machine version entry "
                                          "programs sections flags bytes program_bytes count section_bytes "
                                          "section_count")
HEADER = struct.Struct("<4sBBBB8xHHIQQQIHHHHH2x")
PROGRAM = struct.Struct("<IIQQQQQQ")
Program = collections.namedtuple("Program", "type flags offset address physical file_bytes memory_bytes "
                                            "alignment")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
FUNCTION, OBJECT, NO_TYPE = 2, 1, 0


def program(kind, flags, start, file_bytes, memory_bytes=None, alignment=PAGE):
    return Program(kind, flags, start, start, start, file_bytes, memory_bytes or file_bytes, alignment)


def symbol(name, kind, value, size, section=1):
    return SYMBOL.pack(NAMES.index(b"\0" + name + b"\0") + 1, kind, 0, section, value, size)


class Elf:
    """Its parts, for a test to break, and what they amount to."""

    def __init__(self):
        self.header = Header(b"\x7fELF", 2, 1, 1, 0, 3, MACHINE, VERSION, CELL, PROGRAMS, SECTIONS, 0, 64, 56,
                             8, 64, 4)
        self.programs = [program(1, 4, 0, SECTIONS), program(1, 5, TEXT, PAGE),
                         program(1, 6, CELL, 64 + 128, PAGE), program(1, 6, DATA, DATA_FILE_BYTES, 2 * PAGE),
                         program(4, 4, NOTE, 24 + MANIFEST_BYTES, alignment=8), program(2, 6, TAGS, 128),
                         program(0x6474E552, 4, CELL, 64 + 128, PAGE), program(0x6474E551, 6, 0, 0)]
        self.relocations = [(CELL + 16, 8, TEXT + 16), (DATA, 8, SPAN - 1)]
        self.note = [5, MANIFEST_BYTES, 1, b"Comb\0"]
        self.tags = [(7, RELOCATIONS), (8, 48), (9, 24), (0x6FFFFFF9, 2), (30, 8), (0x6FFFFFFB, 0x08000001)]
        self.symbols = [bytes(24), symbol(b"label", NO_TYPE, TEXT + 128, 0),
                        symbol(b"start", FUNCTION, TEXT + 16, 32), symbol(b"thing", OBJECT, DATA, 8),
                        symbol(b"__cfi_start", FUNCTION, TEXT, 16), symbol(b"thing", FUNCTION, TEXT + 16, 0)]
        self.flags = SCAN_ONLY

    def parts(self):
        yield 0, HEADER.pack(*self.header)
        yield PROGRAMS, b"".join(PROGRAM.pack(*each) for each in self.programs)
        yield RELOCATIONS, b"".join(struct.pack("<QQQ", *each) for each in self.relocations)
        yield NOTE, struct.pack("<III8s4x", *self.note)
        yield MANIFEST, struct.pack("<IHH", 0x464E4D43, 1, MANIFEST_BYTES)
        yield FLAGS, struct.pack("<I", self.flags)
        yield SYMBOLS, b"".join(self.symbols)
        yield STRINGS, NAMES
        yield TEXT, b"\x90" * (THUNKS_BYTES + 1)
        yield CELL, b"CMBCELL1" + struct.pack("<I", 1)
        yield TAGS, b"".join(struct.pack("<QQ", *each) for each in self.tags)
        sections = (bytes(64), SECTION.pack(0, 1, 6, TEXT, TEXT, PAGE, 0, 0, 1, 0),
                    SECTION.pack(0, 2, 0, 0, SYMBOLS, 24 * len(self.symbols), 3, 0, 8, 24),
                    SECTION.pack(0, 3, 0, 0, STRINGS, len(NAMES), 0, 0, 1, 0),
                    SECTION.pack(0, 1, 3, CELL, CELL, PAGE, 0, 0, 16, 0))
        yield SECTIONS, b"".join(sections)

    def data(self):
        data = bytearray(DATA + DATA_FILE_BYTES)
        for at, part in self.parts():
            data[at:at + len(part)] = part
        return bytes(data[:DATA + DATA_FILE_BYTES])


def header_is(**fields):
    def change(elf):
        elf.header = elf.header._replace(**fields)
    return change


def program_is(index, **fields):
    def change(elf):
        elf.programs[index] = elf.programs[index]._replace(**fields)
    return change


def entry_is(name, index, value):
    def change(elf):
        entries = getattr(elf, name)
        entries[index:index + 1] = [value]
    return change


def tag_is(tag, value=0):
    return entry_is("tags", 6, (tag, value))


def tags_are_many(elf):
    elf.tags += [(21, 0)] * 70


def strict(elf):
    """The last four symbols are the thunks and the room for the maps."""
    elf.flags = 0
    elf.header = elf.header._replace(section_count=5)
    elf.symbols += [symbol(name, NO_TYPE, TEXT + 64 * index, 0) for index, name in enumerate(THUNKS)]
    elf.symbols.append(symbol(b"comb_maps", NO_TYPE, MAPS, 0, section=4))


def maps_are(value):
    return together(strict, entry_is("symbols", 9, symbol(b"comb_maps", NO_TYPE, value, 0, section=4)))


def thunk_is(index, value):
    return together(strict, entry_is("symbols", 6 + index, symbol(THUNKS[index], NO_TYPE, value, 0)))


def together(*changes):
    def change(elf):
        for each in changes:
            each(elf)
    return change


WRAP = (1 << 64) - 8
END = DATA + DATA_FILE_BYTES
REFUSED = (
    ("ELF0010: another magic", header_is(magic=b"\x7fELG"), "not an ELF"),
    ("ELF0011: 32-bit class", header_is(bits=1), "not an ELF"),
    ("ELF0012: big endian", header_is(order=2), "not an ELF"),
    ("ELF0013: another OS ABI", header_is(os_abi=3), "not an ELF"),
    ("ELF0014: fixed-address program", header_is(type=2), "position independent"),
    ("ELF0015: another machine", header_is(machine=183), "x86-64"),
    ("ELF0016: another version", header_is(version=2), "not an ELF"),
    ("ELF0017: processor flags", header_is(flags=1), "x86-64"),
    ("ELF0018: header of another size", header_is(bytes=52), "another size"),
    ("ELF0019: program headers of another size", header_is(program_bytes=32), "another size"),
    ("ELF0020: no program headers", header_is(count=0), "program headers"),
    ("ELF0021: too many program headers", header_is(count=17), "program headers"),
    ("ELF0022: 65535 program headers", header_is(count=65535), "program headers"),
    ("ELF0023: program headers past the end", header_is(programs=END), "past the end"),
    ("ELF0024: program headers that wrap around", header_is(programs=WRAP), "past the end"),

    ("ELF0030: first segment not at 0", program_is(CONSTANTS, address=PAGE), "page by page"),
    ("ELF0031: segment not page aligned", program_is(CODE, address=TEXT + 8), "page by page"),
    ("ELF0032: segments out of order", program_is(RELRO_PART, address=0), "page by page"),
    ("ELF0033: segments share a page", program_is(CODE, memory_bytes=PAGE + 1), "page by page"),
    ("ELF0034: empty segment", program_is(WRITABLE, memory_bytes=0), "page by page"),
    ("ELF0035: more in the file than in memory", program_is(WRITABLE, memory_bytes=63), "than in memory"),
    ("ELF0036: file part past the end", program_is(WRITABLE, offset=END - 63), "past the end"),
    ("ELF0037: file part wraps around", program_is(WRITABLE, offset=WRAP), "past the end"),
    ("ELF0038: file part of 2^64 - 1", program_is(WRITABLE, file_bytes=WRAP), "than in memory"),
    ("ELF0039: span over the limit", program_is(WRITABLE, memory_bytes=PAGE * PAGE), "larger than"),
    ("ELF0040: memory wraps around", program_is(WRITABLE, memory_bytes=WRAP), "larger than"),
    ("ELF0041: address at the top of the space", program_is(WRITABLE, address=WRAP), "page by page"),
    ("ELF0042: writable and executable", program_is(CODE, flags=7), "R, RX, then RW"),
    ("ELF0043: write-only", program_is(WRITABLE, flags=2), "R, RX, then RW"),
    ("ELF0044: execute-only", program_is(CODE, flags=1), "R, RX, then RW"),
    ("ELF0045: no rights at all", program_is(CONSTANTS, flags=0), "R, RX, then RW"),
    ("ELF0046: unknown rights", program_is(WRITABLE, flags=6 | 0x100000), "R, RX, then RW"),
    ("ELF0047: nothing executable", program_is(CODE, flags=4), "R, RX, then RW"),
    ("ELF0048: executable stack", program_is(STACK, flags=7), "executable stack"),
    ("ELF0049: an interpreter", program_is(STACK, type=3), "an interpreter"),
    ("ELF0050: thread-local storage", program_is(STACK, type=7), "thread-local"),
    ("ELF0051: unknown program header", program_is(STACK, type=0x70000001), "program header of type"),
    ("ELF0052: two executable segments", program_is(RELRO_PART, flags=5), "R, RX, then RW"),
    ("ELF0053: a hole between segments", program_is(WRITABLE, address=DATA + PAGE), "page by page"),
    ("ELF0054: nothing writable", together(program_is(RELRO_PART, type=0), program_is(WRITABLE, type=0)),
     "R, RX, then RW"),
    ("ELF0055: ELF header that is not loaded", program_is(CONSTANTS, offset=8), "not in memory"),

    ("ELF0060: relro of part of a page", program_is(RELRO, memory_bytes=100), "whole pages"),
    ("ELF0061: relro behind the first data", program_is(RELRO, address=CELL + 64), "do not follow"),
    ("ELF0062: relro over the text", program_is(RELRO, address=TEXT), "do not follow"),
    ("ELF0063: relro longer than all data", program_is(RELRO, memory_bytes=4 * PAGE), "whole pages"),
    ("ELF0064: relro wraps around", program_is(RELRO, memory_bytes=(1 << 64) - PAGE), "whole pages"),
    ("ELF0065: relro outside all segments", program_is(RELRO, address=1 << 23), "do not follow"),
    ("ELF0066: relro twice", program_is(STACK, type=0x6474E552), "2 ranges"),
    ("ELF0067: empty relro", program_is(RELRO, memory_bytes=0), "whole pages"),
    ("ELF0068: no relro", program_is(RELRO, type=0), "0 ranges"),

    ("ELF0070: dynamic section past the end", program_is(DYNAMIC, offset=END), "past the end"),
    ("ELF0071: dynamic section wraps around", program_is(DYNAMIC, offset=WRAP), "past the end"),
    ("ELF0072: dynamic section without an end", program_is(DYNAMIC, file_bytes=16), "without an end"),
    ("ELF0073: endless dynamic section",
     together(tags_are_many, program_is(DYNAMIC, file_bytes=80 * 16)), "without an end"),
    ("ELF0074: needs a library", tag_is(1), "a library"),
    ("ELF0075: relocations without addends", tag_is(17), "dynamic tag"),
    ("ELF0076: a procedure linkage table", tag_is(23), "a PLT"),
    ("ELF0077: text relocations", tag_is(22), "text relocations"),
    ("ELF0078: text relocations by flag", tag_is(30, 4), "text relocations"),
    ("ELF0079: constructors", tag_is(25), "constructors"),
    ("ELF0080: an init function", tag_is(12), "constructors"),
    ("ELF0081: packed relocations", tag_is(36), "dynamic tag"),
    ("ELF0082: unknown dynamic tag", tag_is((1 << 64) - 1), "dynamic tag"),
    ("ELF0083: relocation table past the constants", entry_is("tags", 0, (7, SECTIONS - 24)), "constants"),
    ("ELF0084: relocation table outside", entry_is("tags", 0, (7, WRAP)), "constants"),
    ("ELF0085: relocation table over the header", entry_is("tags", 0, (7, 8)), "constants"),
    ("ELF0086: half a relocation", entry_is("tags", 1, (8, 25)), "another size"),
    ("ELF0087: 2^64 - 16 bytes of relocations", entry_is("tags", 1, (8, WRAP - 8)), "constants"),
    ("ELF0088: relocations of another size", entry_is("tags", 2, (9, 16)), "another size"),
    ("ELF0089: no dynamic section", program_is(DYNAMIC, type=0), "0 dynamic sections"),
    ("ELF0090: two dynamic sections", program_is(STACK, type=2), "2 dynamic sections"),

    ("ELF0100: entry in the text", header_is(entry=TEXT), "entry point"),
    ("ELF0101: entry in writable data", header_is(entry=DATA), "entry point"),
    ("ELF0102: entry not aligned", header_is(entry=CELL + 4), "entry point"),
    ("ELF0103: entry at something else", header_is(entry=CELL + 64), "entry point"),
    ("ELF0104: entry outside", header_is(entry=WRAP), "entry point"),

    ("ELF0120: notes past the end", program_is(NOTES, offset=END, address=END), "past the end"),
    ("ELF0121: notes wrap around", program_is(NOTES, offset=WRAP, address=WRAP), "past the end"),
    ("ELF0122: note of 2^32 - 1 bytes", entry_is("note", 1, (1 << 32) - 1), "past the end"),
    ("ELF0123: note name of 2^32 - 1 bytes", entry_is("note", 0, (1 << 32) - 1), "past the end"),
    ("ELF0124: manifest of another size", entry_is("note", 1, MANIFEST_BYTES - 8), "another layout"),
    ("ELF0125: manifest cut by the end of its segment",
     program_is(NOTES, file_bytes=16 + MANIFEST_BYTES), "past the end"),
    ("ELF0126: manifest by the 4-byte rule", program_is(NOTES, alignment=4), "another layout"),
    ("ELF0127: notes outside the constants", program_is(NOTES, offset=DATA, address=DATA, file_bytes=8),
     "among the constants"),
    ("ELF0128: notes that lie elsewhere in memory", program_is(NOTES, address=NOTE + 8),
     "among the constants"),
    ("ELF0129: notes in the ELF header", program_is(NOTES, offset=0, address=0), "among the constants"),
    ("ELF0130: no manifest", program_is(NOTES, type=0), "0 manifests"),
    ("ELF0131: somebody else's note", entry_is("note", 3, b"GNU"), "0 manifests"),
    ("ELF0132: a note of another type", entry_is("note", 2, 2), "0 manifests"),
    ("ELF0133: two manifests",
     entry_is("programs", STACK, program(4, 4, NOTE, 24 + MANIFEST_BYTES, alignment=8)), "2 manifests"),
    ("ELF0134: too many notes", program_is(NOTES, offset=600, address=600, file_bytes=512),
     "more than 16 notes"),

    ("ELF0143: symbols without strings", header_is(section_count=3), "malformed symbols"),
    ("ELF0144: sections past the end", header_is(sections=END), "malformed symbols"),
    ("ELF0145: sections that wrap around", header_is(sections=WRAP), "malformed symbols"),
    ("ELF0146: 65535 sections", header_is(section_count=65535), "malformed symbols"),

    ("ELF0170: relocation against a symbol", entry_is("relocations", 0, (CELL, 1 << 32 | 8, 0)),
     "not relative"),
    ("ELF0171: absolute relocation", entry_is("relocations", 0, (CELL, 1, 0)), "not relative"),
    ("ELF0172: relocation of text", entry_is("relocations", 0, (TEXT, 8, 0)), "relocation of 0x1000"),
    ("ELF0173: relocation of constants", entry_is("relocations", 0, (8, 8, 0)), "relocation of 0x8"),
    ("ELF0174: relocation across the end", entry_is("relocations", 0, (SPAN - 4, 8, 0)), "relocation of"),
    ("ELF0175: relocation past the end", entry_is("relocations", 0, (SPAN, 8, 0)), "relocation of"),
    ("ELF0176: relocation that wraps around", entry_is("relocations", 0, (WRAP, 8, 0)), "relocation of"),
    ("ELF0177: relocation not aligned", entry_is("relocations", 0, (DATA + 4, 8, 0)), "relocation of"),
    ("ELF0178: addend at the end of the span", entry_is("relocations", 0, (DATA, 8, SPAN)), "outside"),
    ("ELF0179: negative addend", entry_is("relocations", 0, (DATA, 8, WRAP)), "outside"),
    ("ELF0180: relocation of what is not in the file", entry_is("relocations", 0, (SPAN - 8, 8, 0)),
     "relocation of"),
    ("ELF0181: two relocations of one place", entry_is("relocations", 0, (DATA, 8, 0)), "two relocations"),

    ("ELF0200: strict, no symbols", lambda elf: setattr(elf, "flags", 0), "not where it belongs"),
    ("ELF0201: strict, no room for maps", together(strict, entry_is("symbols", 9, bytes(24))), "without"),
    ("ELF0202: maps not aligned", maps_are(MAPS + 8), "no room for the maps"),
    ("ELF0203: maps in the text", maps_are(TEXT + 1024), "no room for the maps"),
    ("ELF0204: maps in writable data", maps_are(DATA), "no room for the maps"),
    ("ELF0205: maps cut by the end of their part", maps_are(DATA - MAPS_BYTES + 16), "no room for the maps"),
    ("ELF0206: maps at the end of all addresses", maps_are((1 << 64) - 16), "no room for the maps"),
    ("ELF0207: a relocation in the maps", together(strict, entry_is("relocations", 0, (MAPS + 8, 8, 0))),
     "relocation in the maps"),
    ("ELF0208: a relocation of the last byte of the maps",
     together(strict, entry_is("relocations", 0, (MAPS + MAPS_BYTES - 8, 8, 0))), "relocation in the maps"),
    ("ELF0209: indirect thunk elsewhere", thunk_is(0, TEXT + 16), "__x86_indirect_thunk_r11 is not"),
    ("ELF0210: return thunk elsewhere", thunk_is(1, TEXT), "__x86_return_thunk is not"),
    ("ELF0211: gate thunk elsewhere", thunk_is(2, TEXT + 192), "comb_gate_thunk is not"),
    ("ELF0212: no gate thunk", together(strict, entry_is("symbols", 8, bytes(24))), "comb_gate_thunk is not"),
)

IMAGE_HEADER = struct.Struct("<QII5I7I")


class Kept(unittest.TestCase):
    def image(self, change=None):
        elf = Elf()
        if change is not None:
            change(elf)
        data = elf.data()
        return data, cell_image.image_bytes(data)

    def test_elf0001_header(self):
        _, image = self.image()
        self.assertEqual(IMAGE_HEADER.unpack_from(image),
                         (0x31474D4943424D43, 2, MACHINE, 1, 1, 1, 1, 1, CELL, MANIFEST, RELOCATIONS, 2, 3,
                          0, 0))

    def test_elf0002_nothing_moves(self):
        elf, image = self.image()
        for begin, end in ((PROGRAMS, RELOCATIONS), (NOTE, SECTIONS), (TEXT, CELL + 16), (CELL + 24, DATA),
                           (DATA + 8, len(elf))):
            self.assertEqual(image[begin:end], elf[begin:end], f"{begin:#x}")
        self.assertEqual(image[len(elf):4 * PAGE].strip(b"\0"), b"")

    def test_elf0003_relocations(self):
        _, image = self.image()
        self.assertEqual(image[RELOCATIONS:NOTE], struct.pack("<II", CELL + 16, DATA).ljust(48, b"\0"))
        self.assertEqual(struct.unpack_from("<Q", image, CELL + 16), (TEXT + 16,))
        self.assertEqual(struct.unpack_from("<Q", image, DATA), (SPAN - 1,))

    def test_elf0004_names(self):
        """The first of two at one place; no preamble; a gap that is too long for padding has no name."""
        _, image = self.image()
        self.assertEqual(image[4 * PAGE:], struct.pack("<6I", TEXT + 16, 1, TEXT + 48, 0, TEXT + 128, 7) +
                         b"\0start\0label\0")
        _, image = self.image(entry_is("symbols", 1, symbol(b"label", NO_TYPE, TEXT + 80, 0)))
        self.assertEqual(image[4 * PAGE:],
                         struct.pack("<4I", TEXT + 16, 1, TEXT + 80, 7) + b"\0start\0label\0")
        _, image = self.image(header_is(section_count=0))
        self.assertEqual(image[4 * PAGE:], b"\0")

    def test_elf0005_no_relocations(self):
        _, image = self.image(entry_is("tags", 1, (8, 0)))
        self.assertEqual(IMAGE_HEADER.unpack_from(image)[10:12], (0, 0))

    def test_elf0006_no_data(self):
        _, image = self.image(lambda elf: (program_is(WRITABLE, file_bytes=0)(elf),
                                           entry_is("relocations", 1, (CELL + 24, 8, TEXT))(elf)))
        self.assertEqual(IMAGE_HEADER.unpack_from(image)[3:8], (1, 1, 1, 0, 2))
        _, image = self.image(lambda elf: (program_is(WRITABLE, type=0)(elf),
                                           entry_is("relocations", 1, (CELL + 24, 8, TEXT))(elf)))
        self.assertEqual(IMAGE_HEADER.unpack_from(image)[3:8], (1, 1, 1, 0, 0))

    def test_elf0007_notes_of_others(self):
        def change(elf):
            elf.programs[STACK] = program(4, 4, SYMBOLS, 24, alignment=4)
        _, image = self.image(change)
        self.assertEqual(IMAGE_HEADER.unpack_from(image)[9], MANIFEST)

    def test_elf0220_strict(self):
        """The thunks' room is emptied, that of the maps found, and nothing else is different."""
        elf, image = self.image(strict)
        self.assertEqual(IMAGE_HEADER.unpack_from(image)[13], MAPS)
        self.assertEqual(image[TEXT:TEXT + THUNKS_BYTES], b"\xCC" * THUNKS_BYTES)
        self.assertEqual(image[TEXT + THUNKS_BYTES:CELL + 16], elf[TEXT + THUNKS_BYTES:CELL + 16])
        for name in THUNKS[:2]:  # where the third lies, a label has come first
            self.assertIn(b"\0" + name + b"\0", image[4 * PAGE:])

    def test_elf0221_maps_at_both_ends(self):
        """Room that touches the cell header's page on one side, or a relocation on the other."""
        for maps, relocation in ((DATA - MAPS_BYTES, DATA), (MAPS, MAPS - 8), (MAPS, MAPS + MAPS_BYTES)):
            change = together(maps_are(maps), entry_is("relocations", 1, (relocation, 8, 0)))
            self.assertEqual(IMAGE_HEADER.unpack_from(self.image(change)[1])[13], maps)


class Refused(unittest.TestCase):
    def test_table(self):
        for name, change, word in REFUSED:
            with self.subTest(name):
                elf = Elf()
                change(elf)
                with self.assertRaises(cell_image.ImageError) as caught:
                    cell_image.image_bytes(elf.data())
                self.assertIn(word, str(caught.exception))

    def test_elf0008_cut(self):
        data = Elf().data()
        for size in range(0, len(data), 7):
            with self.assertRaises(cell_image.ImageError):
                cell_image.image_bytes(data[:size])

    def test_elf0009_anything(self):
        """Whatever the numbers say: refused, or an image whose parts hold what its header says."""
        numbers = (0, 1, 7, 8, 0x1000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 63, (1 << 64) - 8)
        draw = random.Random(1)
        sound = Elf()
        strict(sound)
        sound = sound.data()
        outcomes = collections.Counter()
        for _ in range(4000):
            data = bytearray(sound)
            for _ in range(draw.randint(1, 3)):
                width = draw.choice((1, 2, 4, 8))
                start, end = draw.choice(((0, SECTIONS), (TAGS, TAGS + 128)))
                at = draw.randrange(start, end, width)
                value = draw.choice(numbers) & (1 << 8 * width) - 1
                data[at:at + width] = value.to_bytes(width, "little")
            try:
                image = cell_image.image_bytes(bytes(data))
            except cell_image.ImageError:
                outcomes["refused"] += 1
                continue
            outcomes["accepted"] += 1
            _, _, _, *pages, cell, manifest, table, count, _, maps, _ = IMAGE_HEADER.unpack_from(image)
            self.assertLessEqual(sum(pages[:4]) * PAGE, len(image))
            self.assertLessEqual(sum(pages[:2]) * PAGE, cell)
            self.assertLess(cell, sum(pages[:3]) * PAGE)
            self.assertLessEqual(max(manifest + 8, table + 4 * count), pages[0] * PAGE)
            self.assertTrue(maps == 0 or sum(pages[:2]) * PAGE <= maps < sum(pages[:3]) * PAGE)
        self.assertGreater(min(outcomes["refused"], outcomes["accepted"]), 100, outcomes)


class CommandLine(unittest.TestCase):
    def run_main(self, data):
        with tempfile.TemporaryDirectory() as folder:
            source, target = pathlib.Path(folder, "a.elf"), pathlib.Path(folder, "a.cell")
            source.write_bytes(data)
            with contextlib.redirect_stderr(io.StringIO()) as said:
                status = cell_image.main([str(source), "--out", str(target)])
            return status, target.read_bytes() if target.exists() else None, said.getvalue()

    def test_elf0190_one_file(self):
        first, second = self.run_main(Elf().data()), self.run_main(Elf().data())
        self.assertEqual(first, (0, cell_image.image_bytes(Elf().data()), ""))
        self.assertEqual(first, second)

    def test_elf0191_one_line(self):
        status, image, said = self.run_main(b"\x7fELF" + bytes(100))
        self.assertEqual((status, image), (1, None))
        self.assertRegex(said, r"\Acell_image\.py: .*a\.elf: not an ELF[^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main()
