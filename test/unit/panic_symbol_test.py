#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What people are told about a panic: the symbol of its address, from an ELF that may be anything.

usage: panic_symbol_test.py FOLDER_OF_SCRIPTS
"""
import pathlib
import random
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop())
from comblib import symbols  # noqa: E402  (its folder is known only now)
from comblib.guest import Guest  # noqa: E402
from comblib.machine import Machine  # noqa: E402

TEXT = 0xFFFFFFFF80010000
TEXT_BYTES = 0x1000
STRINGS = b"\0start\0label\0\x1b[2J\0table\0"
FUNCTION, OBJECT, NO_TYPE = 2, 1, 0
CODE, DATA, ABSOLUTE = 1, 2, 0xFFF1


def section(kind, flags=0, address=0, offset=0, size=0, link=0, entry=0):
    return struct.pack("<IIQQQQIIQQ", 0, kind, flags, address, offset, size, link, 0, 1, entry)


def symbol(name, kind, place, value, size):
    return struct.pack("<IBBHQQ", STRINGS.index(name.encode("latin-1")), kind, 0, place, value, size)


SYMBOLS = (bytes(24), symbol("start", FUNCTION, CODE, TEXT + 0x10, 0x20),
           symbol("label", NO_TYPE, CODE, TEXT + 0x100, 0),
           symbol("\x1b[2J", FUNCTION, CODE, TEXT + 0x200, 0x10),
           symbol("table", OBJECT, DATA, TEXT + TEXT_BYTES, 0x10),
           symbol("table", NO_TYPE, ABSOLUTE, TEXT + 0x300, 0))


def elf(table=SYMBOLS):
    body = b"".join(table)
    header_bytes = 64
    names = header_bytes + len(body)
    sections = (section(0), section(1, 6, TEXT, 0, TEXT_BYTES),
                section(1, 3, TEXT + TEXT_BYTES, 0, 0x100),
                section(2, offset=header_bytes, size=len(body), link=4, entry=24),
                section(3, offset=names, size=len(STRINGS)))
    header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, 0, 0,
                         names + len(STRINGS), 0, 64, 56, 0, 64, len(sections), 0)
    return header + body + STRINGS + b"".join(sections)


class Symbols(unittest.TestCase):
    def find(self, offset, data=None):
        return symbols.symbol_in(elf() if data is None else data, TEXT + offset)

    def test_pan0001_names(self):
        self.assertEqual(self.find(0x10), "start+0x0")
        self.assertEqual(self.find(0x2F), "start+0x1f")
        self.assertEqual(self.find(0x1FF), "label+0xff")
        self.assertEqual(self.find(0xFFF), "label+0xeff")

    def test_pan0002_no_names(self):
        for offset in (0, 0x30, 0xFF, TEXT_BYTES, -1, -TEXT, 1 << 63):
            self.assertIsNone(self.find(offset), hex(offset))

    def test_pan0003_names_cannot_drive_the_terminal(self):
        self.assertEqual(self.find(0x204), ".[2J+0x4")

    def test_pan0004_no_elf(self):
        for data in (b"", b"MZ", bytes(64), elf().replace(b"\x7fELF\x02", b"\x7fELF\x01"), elf(())):
            self.assertIsNone(self.find(0x10, data))

    def test_pan0005_cut_anywhere(self):
        data = elf()
        for size in range(len(data)):
            self.assertIsNone(self.find(0x10, data[:size]))

    def test_pan0006_any_byte_wrong(self):
        chance = random.Random(1)
        for _ in range(20000):
            data = bytearray(elf())
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
            found = self.find(0x10, bytes(data))
            self.assertTrue(found is None or found.isprintable())


class Panics(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="comb-test-")
        self.addCleanup(scratch.cleanup)
        self.image = pathlib.Path(scratch.name) / "comb.efi"
        self.monitor = self.image.parent / symbols.MONITOR
        self.monitor.parent.mkdir()
        self.monitor.write_bytes(elf())

    def note(self, text):
        return symbols.panic_note(text.encode(), self.image)

    def test_pan0010_line(self):
        said = f"\r\nPANIC: exception 13 (error 0) in the monitor, rip={TEXT + 0x12:#x}, address 0x0\r\n"
        self.assertEqual(self.note(said), f"panic at {TEXT + 0x12:#x}: start+0x2")
        self.assertEqual(self.note("PANIC: rip=0x1\n" + said), f"panic at {TEXT + 0x12:#x}: start+0x2")

    def test_pan0011_no_symbol(self):
        self.assertEqual(self.note("PANIC: exception 6, rip=0x1234"), "panic at 0x1234: no symbol")
        self.monitor.unlink()
        self.assertIn("no symbol, as ", self.note("PANIC: exception 6, rip=0x1234"))

    def test_pan0012_no_address(self):
        for text in ("", "PANIC: not enough memory for the frame table", "rip=0x1234", "PANIC: a\nrip=0x1",
                     "PANIC: rip=0x", "PANIC: rip=0x12345678901234567", "PANIC: rip=?"):
            self.assertIsNone(self.note(text), text)

    def test_pan0013_guest(self):
        guest = Guest(Machine(self.image))
        guest.output += f"PANIC: exception 6, rip={TEXT + 0x12:#x}\r\n".encode()
        self.assertTrue(guest.tail().endswith(f"\npanic at {TEXT + 0x12:#x}: start+0x2"), guest.tail())
        guest.output[:] = b"quiet\r\n"
        self.assertEqual(guest.tail(), "quiet")


if __name__ == "__main__":
    unittest.main()
