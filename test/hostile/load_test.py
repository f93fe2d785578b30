# SPDX-License-Identifier: MIT
"""Attacks 7 to 12: images with the bytes that write PKRU, which must not load, in hundreds of variants.

Each variant is one more cell in the bundle of comb-hostile.efi; the cell `loader` creates them all, one after
the other, on one machine.  Refused has to be the right place for the right bytes; some are sound, and have
to load: a scanner that refuses everything would pass otherwise.  One CPU: docs/caveats.md.
"""
import dataclasses
import pathlib
import re
import struct
import sys
import tempfile

import suite

sys.path.insert(0, str(suite.ROOT / "test" / "qemu"))
import bundle as bundle_tool  # noqa: E402
import image_file  # noqa: E402
from comblib import bundle_file  # noqa: E402
from comblib.guest import Guest  # noqa: E402
from comblib.machine import Machine  # noqa: E402
from harness import check, expect, expect_equal, verdict  # noqa: E402

PAGE = 4096
WRPKRU = b"\x0f\x01\xef"
MEMORY_FORMS = [*range(0x28, 0x30), *range(0x68, 0x70), *range(0xA8, 0xB0)]  # ModRM of XRSTOR
REX = [bytes([0x40 + bits]) for bits in range(16)]
PREFIXES = REX + [bytes([prefix]) for prefix in b"\x66\x67\xf2\xf3\xf0\x2e\x36\x3e\x26\x64\x65"]
PAGES, CELL, MANIFEST, RELOCATIONS, COUNT = 16, 36, 40, 44, 48  # in the header of an image
LIMIT_MEMORY = 136       # memory_kib in the manifest
IMAGE_OFFSET = 0x10000   # of an image in its slot
ZERO_PAGES = 3900        # so many that an address in the cell can end in the bytes
ROOM_PAGES = 8           # enough for the word behind the text, which is an offset, to be one still
HANG_S = 600.0
SAID = re.compile(r"loader: (v\d+) ends with: (.*)")
REJECTED = re.compile(r"(v\d+): image rejected: bytes ([0-9a-f ]+) at text offset 0x([0-9a-f]+)")
STUB = re.compile(r"comb: cell (v\d+): (.*?); it cannot be started")
LAST = re.compile(r"loader: loader: (\d+) tried, (\d+) loaded, left behind: (.*)")
TEXT_RELOCATED = "image: relocation outside relocated constants and data"


@dataclasses.dataclass
class Variant:
    """An image, and what has to come of it."""
    number: int
    what: str
    image: bytes
    found: tuple | None = None  # (offset in the text, bytes): the scan refuses it
    why: str | None = None      # the stub refuses it


class Plain:
    """The image that all are made from, and where its text lies."""

    def __init__(self, image):
        self.image = bytes(image)
        self.pages = struct.unpack_from("<5I", image, PAGES)
        self.text, self.end = self.pages[0] * PAGE, (self.pages[0] + self.pages[1]) * PAGE
        self.size = self.end - self.text
        self.room = image.index(b"\x90" * PAGE * 3) - self.text

    def with_bytes(self, *places):
        """A copy with bytes written over: (offset in the text, bytes), ..."""
        image = bytearray(self.image)
        for at, data in places:
            image[self.text + at:self.text + at + len(data)] = data
        return bytes(image)

    def with_numbers(self, *places):
        """A copy with 32-bit numbers written over: (offset in the image, number), ..."""
        image = bytearray(self.image)
        for at, number in places:
            struct.pack_into("<I", image, at, number)
        return bytes(image)

    def number(self, at):
        return struct.unpack_from("<I", self.image, at)[0]


def at_every_alignment(plain):
    """7: in the first page, across the middle, in the last; at each distance from 16."""
    for page in (plain.room // PAGE + 1, plain.size // PAGE // 2, plain.size // PAGE - 1):
        for alignment in range(16):
            at = page * PAGE + 256 + alignment
            yield 7, f"WRPKRU at {at:#x}", plain.with_bytes((at, WRPKRU)), (at, WRPKRU)


def inside_operands(plain):
    """8: in numbers, distances and addresses of instructions that mean something else."""
    forms = [(b"\x81\xf7", 4), (b"\xb8", 4), (b"\x48\xb8", 8), (b"\x68", 4), (b"\x8b\x87", 4),
             (b"\x48\x8d\x05", 4), (b"\xc7\x87", 8), (b"\xe8", 4), (b"\xe9", 4), (b"\x0f\x84", 4),
             (b"\x48\xa1", 8), (b"\xc8", 3)]
    for opcode, count in forms:
        for place in range(count - len(WRPKRU) + 1):
            operand = bytearray(count)
            operand[place:place + len(WRPKRU)] = WRPKRU
            at = plain.room + 77
            yield (8, f"WRPKRU in the operand of {opcode.hex()}", plain.with_bytes((at, opcode + operand)),
                   (at + len(opcode) + place, WRPKRU))


def across_instructions(plain):
    """9: one instruction's end and the next one's beginning; behind every prefix."""
    at = plain.room + 33
    pairs = ((b"\xb0\x0f", b"\x01\xef"), (b"\xb8\0\0\0\x0f", b"\x01\xef"), (b"\x74\x0f", b"\x01\xef"),
             (b"\x66\xb8\x0f\x01", b"\xef"), (b"\xb8\0\0\x0f\x01", b"\xef"), (b"\x0f\x0f\x01", b"\xef"))
    for before, after in pairs:
        whole = before + after
        yield (9, f"WRPKRU in {before.hex()} {after.hex()}", plain.with_bytes((at, whole)),
               (at + whole.index(WRPKRU), WRPKRU))
    for prefix in PREFIXES:
        for sequence in (WRPKRU, b"\x0f\xae\x2f"):
            yield (9, f"{prefix.hex()} {sequence.hex()}", plain.with_bytes((at, prefix + sequence)),
                   (at + len(prefix), sequence))


def across_pages(plain):
    """10: over every boundary inside the text; at its ends, what follows never runs: harmless."""
    for boundary in range(PAGE, plain.size, PAGE):
        for back in (1, 2):
            for sequence in (WRPKRU, b"\x0f\xae\x68"):
                at = boundary - back
                yield (10, f"{sequence.hex()} over {boundary:#x}", plain.with_bytes((at, sequence)),
                       (at, sequence))
    yield 10, "WRPKRU as the first bytes", plain.with_bytes((0, WRPKRU)), (0, WRPKRU)
    at = plain.size - len(WRPKRU)
    yield 10, "WRPKRU as the last bytes", plain.with_bytes((at, WRPKRU)), (at, WRPKRU)
    for count in (1, 2):
        before = (-count, WRPKRU[:count]), (0, WRPKRU[count:])
        yield 10, "half of it before the text, which never runs", plain.with_bytes(*before), None
        behind = (plain.size - count, WRPKRU[:count]), (plain.size, WRPKRU[count:])
        image = Plain(plain.with_bytes(*behind)).with_numbers((PAGES + 16, ROOM_PAGES))
        yield 10, "half of it behind the text, which never runs", image, None


def state_forms(plain):
    """12: XRSTOR with every operand in memory; what is like it and another instruction loads."""
    at = plain.room + 5
    for form in range(256):
        sequence = bytes([0x0F, 0xAE, form])
        found = (at, sequence) if form in MEMORY_FORMS else None
        if form & 0x38 == 0x28 or form % 8 == 0:
            yield 12, f"0f ae {form:02x}", plain.with_bytes((at, sequence)), found
    for other in (b"\x0f\x01\xee", b"\x0f\x01\xd0", b"\x0f\xc7\x1f", b"\x0f\x00\xef", b"\x0e\x01\xef"):
        yield 12, f"{other.hex()}, which is none of them", plain.with_bytes((at, other)), None


def by_relocation(plain):
    """11: bytes that come to be when the image is relocated; the text can not be, and data never runs."""
    first = plain.number(RELOCATIONS)
    for target in (plain.text, plain.end - 8, plain.text + PAGE, plain.text - 8):
        yield (11, f"a relocation of {target:#x}, not data", plain.with_numbers((first, target)), None,
               TEXT_RELOCATED)
    last = first + 4 * (plain.number(COUNT) - 1)
    for ending in (0xEF010F, 0x2FAE0F):
        limit = plain.number(MANIFEST) + LIMIT_MEMORY
        image = bytearray(plain.with_numbers((PAGES + 16, ZERO_PAGES), (limit, 1 << 15)))
        struct.pack_into("<Q", image, struct.unpack_from("<I", image, last)[0], ending - IMAGE_OFFSET)
        yield 11, f"an address that ends in {ending:x}, in data", bytes(image), None


def variants_of(plain):
    """All of them; the scan looks at them when the stub has let them through."""
    for make in (at_every_alignment, inside_operands, across_instructions, across_pages, by_relocation,
                 state_forms):
        for variant in make(plain):
            yield Variant(*variant)


def image_with(bundle, images):
    """comb-hostile.efi with little else than the variants."""
    wanted = ("loader", "echo", "warden", "load", "monitor")
    entries = [(entry.kind, entry.name, entry.payload) for entry in bundle_file.entries(bundle)
               if entry.name in wanted or entry.kind == "monitor"]
    entries += [("cell", name, payload) for name, payload in images.items()]
    return image_file.with_bundle(suite.IMAGE.read_bytes(),
                                  bundle_tool.bundle_bytes(bundle_file.build_of(bundle), entries))


def outcomes(path, backend):
    """{name: last words}, {name: (offset, bytes)}, {name: what the stub said}, numbers of the last line"""
    options = ["appliance=load", "log=info", "panic=exit", f"backend={backend}"]
    with Guest(Machine(image=path, options=options), timeout=HANG_S) as guest:
        guest.start(wait_ready=False)
        guest.expect(re.compile(LAST.pattern.encode()))
        guest.expect(b"\n")
        text = guest.output.decode(errors="replace")
    text = re.sub(r"\x1b\[[0-9;=?]*[A-Za-z]", "", text).replace("\r", "")
    found = {name: (int(at, 16), bytes.fromhex(data)) for name, data, at in REJECTED.findall(text)}
    stub = dict(STUB.findall(text.replace("\n", " ")))
    return dict(SAID.findall(text)), found, stub, LAST.search(text).groups()


def variant_wrong(variant, name, said, found, stub):
    """What is not as it has to be with one of them, or nothing."""
    wanted = "invalid" if variant.why else "rejected" if variant.found else "ok"
    if said.get(name) != wanted:
        return f"{variant.what}: '{said.get(name)}', not '{wanted}'"
    if found.get(name) != variant.found:
        return f"{variant.what}: found {found.get(name)}, not {variant.found}"
    if stub.get(name) != variant.why:
        return f"{variant.what}: the stub said {stub.get(name)!r}"
    return None


def backend_check(folder, backend, index, variants, bundle):
    named = {f"v{place:04}": variant for place, variant in enumerate(variants)}
    path = pathlib.Path(folder) / f"{backend}.efi"
    path.write_bytes(image_with(bundle, {name: variant.image for name, variant in named.items()}))
    said, found, stub, last = {}, {}, {}, ("0", "0", "no last line")
    with check(f"HOST00{70 + index}", f"{backend}: {len(named)} images tried, and nothing left behind"):
        said, found, stub, last = outcomes(path, backend)
        expect_equal(last[2], "nothing", "left behind")
        expect_equal(int(last[0]), len(named), "tried")
    for number in sorted({variant.number for variant in variants}):
        mine = {name: variant for name, variant in named.items() if variant.number == number}
        # HOST0701, HOST0801, HOST0901, HOST1001, HOST1101, HOST1221 under pku, the next number under pt
        identifier = f"HOST{number:02}{index + (20 if number == 12 else 0):02}"
        with check(identifier, f"{backend}: {len(mine)} images, refused for what they have or loaded"):
            wrong = [variant_wrong(variant, name, said, found, stub) for name, variant in mine.items()]
            expect(not any(wrong), "\n".join(filter(None, wrong)))


def main():
    bundle = bundle_file.bundle_of(suite.IMAGE)
    plain = next(entry.payload for entry in bundle_file.entries(bundle) if entry.name == "plain")
    variants = list(variants_of(Plain(plain)))
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        for index, backend in enumerate(("pku", "pt"), 1):
            backend_check(folder, backend, index, variants, bundle)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
