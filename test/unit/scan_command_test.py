#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `scripts/comb scan` says of sound cells, of each kind of bad one, and of files that are none.

usage: scan_command_test.py TREE PROGRAM CLANG

PROGRAM is the built comb_scan; CLANG assembles the cells, and the linker of its version links them.
"""
import contextlib
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

TREE, PROGRAM, CLANG = sys.argv[1:4]
del sys.argv[1:4]
sys.path.insert(0, str(pathlib.Path(TREE, "scripts")))
# Their folder is known only now.
import bundle  # noqa: E402
import cell_image  # noqa: E402
from comblib import arguments, command_scan, scan_host  # noqa: E402
from comblib.project import Failure  # noqa: E402

LINKER = shutil.which(pathlib.Path(CLANG).name.replace("clang", "ld.lld"))
LINK_OPTIONS = ["-pie", "--no-dynamic-linker", "-ztext", "-zrelro", "-znow", "-znoexecstack",
                "-zmax-page-size=4096", "--build-id=none", "--fatal-warnings",
                "-T", str(pathlib.Path(TREE, "cells", "cell.ld"))]
PAGE = 4096
MANIFEST_BYTES, FLAGS_AT = 808, 132
SCAN_ONLY = 1

CELL = """
    .section .note.comb, "a", @note
    .balign 8
    .long 5, {manifest}, 1
    .asciz "Comb"
    .balign 8
    .long 0x464E4D43
    .short 2, {manifest}
    .asciz "sample"
    .zero {to_flags}
    .long {flags}
    .zero {to_end}

    .section .data.rel.ro, "aw"
    .globl cell_header_instance
    .balign 8
cell_header_instance:
    .ascii "CMBCELL1"
    .long 2, 0
    .quad {entry}, 0, 0, 0, 0

    .text
    .balign 16
    .fill 11, 1, 0x90
    movl $0x12345678, %eax
    .type start, @function
start:
    call plain
    ud2
    .size start, . - start
    .balign 16, 0xCC
    .type plain, @function
plain:
    xorl %eax, %eax
    .byte 0x48, 0xB8                /* movabs: 10 bytes, */
middle:
    .quad 0x9090909090909090        /* the last 8 of them */
bad:
    {code}
    jmp __x86_return_thunk
    .size plain, . - plain
"""

# code at `bad`: (level, distance from `bad`, bytes, part of the reason) of each find, first V2-V4
WRPKRU, XRSTOR = "WRPKRU", "XRSTOR"
BAD = (
    ("movabsq $0x00EF010F, %rcx", [("V1", 2, "0f01ef", WRPKRU)]),
    ("movl $0x002FAE0F, %ecx", [("V1", 1, "0fae2f", XRSTOR)]),
    ("movb $0x0F, %al\n .byte 0x01, 0xEF", [("V1", 1, "0f01ef", WRPKRU)]),
    ("wrpkru", [("V2", 0, "0f01", "system"), ("V1", 0, "0f01ef", WRPKRU)]),
    ("xrstor (%rdi)", [("V2", 0, "0fae2f", "system"), ("V1", 0, "0fae2f", XRSTOR)]),
    ("movl $0x002FAE0F, %ecx\n movl $0x00EF010F, %ecx",
     [("V1", 1, "0fae2f", XRSTOR), ("V1", 6, "0f01ef", WRPKRU)]),
    ("ret", [("V2", 0, "c3", "return")]),
    ("jmp *%rax", [("V2", 0, "ffe0", "indirect")]),
    ("call *8(%rbx)", [("V2", 0, "ff53", "indirect")]),
    ("inb $0x60, %al", [("V2", 0, "e4", "port")]),
    ("movl %eax, %gs", [("V2", 0, "8e", "segment")]),
    ("movq %fs:0, %rax", [("V2", 0, "64488b042500000000", "segment")]),
    ("int $0x80", [("V2", 0, "cd", "interrupt")]),
    ("popfq", [("V2", 0, "9d", "flags")]),
    ("hlt", [("V2", 0, "f4", "system")]),
    ("pxor %xmm0, %xmm0", [("V2", 0, "660fef", "vector")]),
    ("cpuid", [("V2", 0, "0fa2", "list")]),
    (".byte 0xF3, 0x89, 0xC0", [("V2", 0, "f389c0", "prefix")]),
    ("jmp middle", [("V3", 0, "ebf6", "middle")]),
    ("jmp .Lelsewhere\n .set .Lelsewhere, bad + 0x10000", [("V3", 0, "e9fbff0000", "out of the text")]),
    ("call __x86_return_thunk + 4", [("V3", 0, None, "thunks")]),
    ("jmp comb_gate_thunk", [("V3", 0, None, "gate thunk")]),
)


def assemble(folder, code="nop", flags=0, entry="start"):
    """The ELF of a cell."""
    source, thing, elf = folder / "cell.S", folder / "cell.o", folder / "cell.elf"
    text = CELL.format(code=code, flags=flags, entry=entry, manifest=MANIFEST_BYTES,
                       to_flags=FLAGS_AT - 8 - len("sample") - 1, to_end=MANIFEST_BYTES - FLAGS_AT - 4)
    source.write_text(text, encoding="ascii")
    subprocess.run([CLANG, "--target=x86_64-unknown-none-elf", "-c", source, "-o", thing], check=True)
    subprocess.run([LINKER, *LINK_OPTIONS, thing, "-o", elf], check=True)
    return elf


def scan(*words):
    """(exit status, what is printed) of comb scan; a failure's text is the output"""
    parser = arguments.Parser(prog="comb scan")
    command_scan.add(parser)
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            status = command_scan.main(parser.parse_args([str(word) for word in words]))
    except Failure as failure:
        return failure.status, str(failure)
    return status, output.getvalue()


def scan_json(*words):
    status, output = scan("--json", *words)
    return status, [json.loads(line) for line in output.splitlines()]


def foreign(segments, machine=62, kind=2, bits=2, size=None):
    """An ELF that is no cell, of (address, rights, bytes)."""
    programs, payload = b"", b""
    start = cell_image.ELF_HEADER.size + len(segments) * cell_image.PROGRAM.size
    for address, rights, data in segments:
        programs += struct.pack("<IIQQQQQQ", 1, rights, start + len(payload), address, address, len(data),
                                len(data), PAGE)
        payload += data
    header = cell_image.ELF_HEADER.pack(b"\x7fELF", bits, 1, 1, 0, kind, machine, 1, 0,
                                        cell_image.ELF_HEADER.size, 0, 0, 64, 56, len(segments))
    return (header.ljust(cell_image.ELF_HEADER.size, b"\0") + programs + payload)[:size]


class Scan(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path


class Cells(Scan):
    def find_check(self, found, expected, elf):
        level, distance, code, why = expected
        names = {name: address for address, name in cell_image.names_of(elf, range(1 << 20))}
        bad = names[b"bad"]
        self.assertEqual(found["level"], level)
        self.assertEqual(found["offset"], bad + distance)
        self.assertEqual(found["symbol"], f"bad+{distance:#x}")
        self.assertTrue(code is None or found["bytes"] == code, found)
        self.assertIn(why, found["why"])

    def test_sound(self):
        """COMBSCAN0001: a sound cell"""
        elf = assemble(self.folder)
        status, reports = scan_json(elf)
        self.assertEqual(status, 0)
        self.assertEqual(reports, [{"schema": "comb.scan.1", "file": str(elf), "name": "cell.elf",
                                    "policy": "strict", "text_bytes": PAGE, "verdict": "ok", "finds": []}])
        status, output = scan(elf)
        self.assertEqual(status, 0)
        self.assertEqual(output.splitlines()[1].split(), ["cell.elf", "strict", str(PAGE), "ok", "ok"])

    def test_bad(self):
        """COMBSCAN0002: every kind of bad code: level, offset, bytes, symbol and reason"""
        for code, expected in BAD:
            with self.subTest(code=code):
                elf = assemble(self.folder, code)
                status, (report,) = scan_json(elf)
                self.assertEqual((status, report["verdict"], report["policy"]), (1, "refused", "strict"))
                self.assertEqual(len(report["finds"]), len(expected), report)
                for found, one in zip(report["finds"], expected):
                    self.find_check(found, one, elf.read_bytes())

    def test_text(self):
        """COMBSCAN0003: the same for people"""
        elf = assemble(self.folder, "wrpkru")
        status, output = scan(elf)
        self.assertEqual(status, 1)
        table, *finds = output.splitlines()[1:]
        self.assertEqual(table.split(), ["cell.elf", "strict", str(PAGE), "refused", "refused"])
        self.assertRegex(finds[0], r"^cell.elf: V2 at 0x[0-9a-f]+ \(bad\+0x0\): 0f 01: system instruction$")
        self.assertRegex(finds[1], r"^cell.elf: V1 at 0x[0-9a-f]+ \(bad\+0x0\): 0f 01 ef: WRPKRU")

    def test_policy(self):
        """COMBSCAN0004: scan-only is asked for V1 alone, by its manifest or by the flag"""
        for flags, words in ((SCAN_ONLY, ()), (0, ("--scan-only",))):
            status, (report,) = scan_json(assemble(self.folder, "ret", flags), *words)
            self.assertEqual((status, report["policy"], report["finds"]), (0, "scan-only", []))
        status, (report,) = scan_json(assemble(self.folder, "ret\n wrpkru", SCAN_ONLY))
        self.assertEqual((status, [find["level"] for find in report["finds"]]), (1, ["V1"]))

    def test_entry(self):
        """COMBSCAN0005: a cell that starts where no function begins"""
        for entry in ("start + 1", "plain", "bad", "__x86_return_thunk + 4"):
            status, (report,) = scan_json(assemble(self.folder, entry=entry))
            self.assertEqual((status, [find["level"] for find in report["finds"]]), (1, ["V4"]), entry)

    def test_no_image(self):
        """COMBSCAN0006: what means to be a cell and is none, by its ELF or by its manifest"""
        data = bytearray(assemble(self.folder).read_bytes())
        flags = cell_image.ELF_HEADER.size + cell_image.PROGRAM.size + 4
        while struct.unpack_from("<II", data, flags - 4) != (1, 5):
            flags += cell_image.PROGRAM.size
        data[flags] = 7
        for path, why in ((self.file("wx.elf", data), "segments are not R, RX, then RW"),
                          (assemble(self.folder, flags=0x80), "manifest: unknown flags")):
            status, (report,) = scan_json(path)
            (find,) = report["finds"]
            self.assertEqual((status, find["level"], find["why"]), (1, "image", why))
            self.assertIn(why, scan(path)[1])

    def test_image(self):
        """COMBSCAN0007: a cell's image is judged like its ELF"""
        for code in ("nop", "ret", "movabsq $0x00EF010F, %rcx"):
            elf = assemble(self.folder, code)
            image = self.file("cell.cell", cell_image.image_bytes(elf.read_bytes()))
            (one,), (other,) = scan_json(elf)[1], scan_json(image)[1]
            self.assertEqual([one[key] for key in ("policy", "verdict", "finds")],
                             [other[key] for key in ("policy", "verdict", "finds")])

    def test_bundle(self):
        """COMBSCAN0008: a comb.efi: all of its cells, and nothing else of it"""
        cells = [("cell", name, cell_image.image_bytes(assemble(self.folder, code).read_bytes()))
                 for name, code in (("good", "nop"), ("bad", "ret"))]
        data = bundle.bundle_bytes("test", [("monitor", "monitor", b"\x0f\x01\xef"), *cells])
        path = self.file("comb.efi", b"MZ".ljust(512, b"\0") + bundle.packed_bytes(data))
        status, reports = scan_json(path)
        self.assertEqual(status, 1)
        self.assertEqual([(report["name"], report["verdict"]) for report in reports],
                         [("good", "ok"), ("bad", "refused")])
        status, message = scan(self.file("cut.efi", path.read_bytes()[:-64]))
        self.assertEqual(status, 2)
        self.assertIn("cut.efi", message)


class Others(Scan):
    def test_foreign(self):
        """COMBSCAN0009: of any other ELF, V1, all of it"""
        sound = self.file("sound", foreign([(PAGE, 5, b"\xC3" * 100), (4 * PAGE, 6, b"\x0f\x01\xef")]))
        status, (report,) = scan_json(sound)
        self.assertEqual((status, report["policy"], report["text_bytes"]), (0, "-", 100))
        code = b"\x90" * 10 + b"\x0f\x01\xef" + b"\x90" * 10 + b"\x0f\xae\x6f" + b"\x90"
        status, (report,) = scan_json(self.file("bad", foreign([(PAGE + 16, 5, code)])))
        self.assertEqual(status, 1)
        self.assertEqual([(find["level"], find["offset"], find["bytes"]) for find in report["finds"]],
                         [("V1", PAGE + 26, "0f01ef"), ("V1", PAGE + 39, "0fae6f")])

    def test_seam(self):
        """COMBSCAN0010: a sequence across two segments counts where one follows the other"""
        first, second = b"\x90" * (PAGE - 1) + b"\x0f", b"\x01\xef" + b"\x90" * 30
        status, (report,) = scan_json(self.file("seam", foreign([(2 * PAGE, 5, second), (PAGE, 5, first)])))
        self.assertEqual((status, report["finds"][0]["offset"]), (1, 2 * PAGE - 1))
        status, reports = scan_json(self.file("apart", foreign([(PAGE, 5, first), (3 * PAGE, 5, second)])))
        self.assertEqual(status, 0)
        self.assertEqual([report["name"] for report in reports], ["apart@0x1000", "apart@0x3000"])

    def test_refused(self):
        """COMBSCAN0011: what is no file to scan: status 2 and one line that names it"""
        code = [(PAGE, 5, b"\x90" * 64)]
        rows = (("missing", None, "No such file"), ("empty", b"", "neither"), ("text", b"hello\n", "neither"),
                ("other", foreign(code, machine=40), "not for x86-64"),
                ("bits32", foreign(code, bits=1), "not for x86-64"),
                ("object", foreign(code, kind=1), "not linked"),
                ("data", foreign([(PAGE, 6, b"\x90" * 64)]), "nothing in it is executable"),
                ("efi", b"MZ" + b"\0" * 600, "no bundle"),
                ("image", b"CMBCIMG1", "shorter"))
        for name, data, why in rows:
            with self.subTest(name=name):
                path = self.folder / name if data is None else self.file(name, data)
                status, message = scan(path)
                self.assertEqual(status, 2, message)
                self.assertIn(name, message)
                self.assertIn(why, message)
                self.assertEqual(len(message.splitlines()), 1)

    def test_cut(self):
        """COMBSCAN0012: an ELF cut short anywhere is no reason to stumble"""
        cell = assemble(self.folder).read_bytes()
        for data in (foreign([(PAGE, 5, b"\x90" * 64)]), cell[:2048]):
            for size in range(4, len(data), 29):
                status, message = scan(self.file("cut", data[:size]))
                self.assertEqual(status, 2, (size, message))
                self.assertIn("cut short", message)

    def test_broken(self):
        """COMBSCAN0013: images with any field overwritten: a verdict, or status 2"""
        image = cell_image.image_bytes(assemble(self.folder).read_bytes())
        for at in range(8, 64, 4):
            for value in (0, 1, 0xFFFFFFFF):
                data = bytearray(image)
                struct.pack_into("<I", data, at, value)
                status, output = scan(self.file("broken.cell", data))
                self.assertIn(status, (0, 1), (at, value, output))


scan_host.program = lambda: PROGRAM

if __name__ == "__main__":
    unittest.main()
