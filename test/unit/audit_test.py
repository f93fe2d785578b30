#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `comb audit` reads, all of it hostile: the bundle in a file, policies, what a machine printed.

usage: audit_test.py FOLDER_OF_SCRIPTS
"""
import random
import struct
import sys
import unittest
import xml.dom.minidom

sys.path.insert(0, sys.argv.pop())
import bundle as bundle_writer  # noqa: E402  (their folder is known only now)
import lz4_block  # noqa: E402
from comblib import audit_facts, audit_layout, audit_live, audit_picture, audit_policy  # noqa: E402
from comblib import bundle_file  # noqa: E402

ENTRIES = [("monitor", "monitor", b"the monitor" * 40), ("cell", "echo", bytes(range(256)) * 20),
           ("appliance", "default", b"cell echo\n")]
HEADER, ENTRY = 64, 40
COUNT, BYTES = 12, 16                               # in the header
NAME, KIND, CRC, OFFSET, SIZE = 0, 16, 20, 24, 32   # in an entry


def bundle_made():
    return bytearray(bundle_writer.bundle_bytes("1.0 abc", ENTRIES))


def file_of(bundle):
    packed = bundle_writer.packed_bytes(bytes(bundle))
    return b"MZ" + bytes(100) + b"COMBLZ1\0 in the code" + packed + bytes(64)


def entries_of(data):
    return bundle_file.entries(bundle_file.bundle_in(data))


class Reader(unittest.TestCase):
    def refused(self, data, what):
        with self.assertRaises(bundle_file.BundleFileError) as caught:
            entries_of(bytes(data))
        self.assertRegex(str(caught.exception), what)
        self.assertNotIn("\n", str(caught.exception))

    def broken(self, at, form, value):
        bundle = bundle_made()
        struct.pack_into(form, bundle, at, value)
        return file_of(bundle)

    def test_sound(self):
        self.assertEqual([tuple(entry) for entry in entries_of(file_of(bundle_made()))],
                         [(name, kind, payload) for kind, name, payload in ENTRIES])
        self.assertEqual(bundle_file.build_of(bytes(bundle_made())), "1.0 abc")

    def test_unpack_is_the_inverse_of_compress(self):
        source = random.Random(1)
        for size in (0, 1, 5, 12, 13, 64, 300, 4096, 70000):
            for letters in (2, 256):
                data = bytes(source.randrange(letters) for _ in range(size))
                block = lz4_block.compress(data)
                self.assertEqual(bundle_file.unpack(block, size), data)
                self.assertIsNone(bundle_file.unpack(block, size + 1))
                self.assertIsNone(bundle_file.unpack(block, size - 1) if size else None)

    def test_bad_blocks(self):
        for block in (b"\xf0", b"\xf0" + b"\xff" * 50, b"\x50abc", b"\x10a", b"\x10a\x01", b"\x10a\x00\x00",
                      b"\x10a\x02\x00", b"\x1fa\x01\x00", b"\x1fa\x01\x00" + b"\xff" * 9):
            self.assertIsNone(bundle_file.unpack(block, 1000), block)

    def test_bomb(self):
        """A block of a few bytes that would make gigabytes ends where its size does."""
        block = b"\x1fa\x01\x00" + b"\xff" * 100000 + b"\x00"
        self.assertIsNone(bundle_file.unpack(block, 4096))
        self.refused(struct.pack("<8sQQ", b"COMBLZ1\0", len(block), 1 << 40) + block, "no bundle")

    def test_truncated(self):
        data = file_of(bundle_made())[:-64]
        for at in list(range(0, len(data) - 1, 97)) + [len(data) - 1]:
            self.refused(data[:at], "no bundle|damaged")

    def test_two_bundles(self):
        self.refused(file_of(bundle_made()) + file_of(bundle_made()), "2 bundles")

    def test_many_places(self):
        self.refused(struct.pack("<8sQQ", b"COMBLZ1\0", 0, 4096) * 9, "too many places")

    def test_header(self):
        for at, form, value, what in (
                (COUNT, "<I", 0xFFFFFFFF, "damaged"), (COUNT, "<I", 1025, "damaged"),
                (BYTES, "<Q", 1 << 63, "damaged"), (BYTES, "<Q", 64, "damaged"),
                (8, "<I", 2, "another version"), (24, "<40s", b"x" * 40, "build string")):
            data = self.broken(at, form, value)
            if what == "build string":
                with self.assertRaises(bundle_file.BundleFileError):
                    bundle_file.build_of(bundle_file.bundle_in(data))
            self.refused(data, what)

    def test_entry(self):
        second = HEADER + ENTRY
        for at, form, value, what in (
                (NAME, "<16s", b"n" * 16, "no text"), (NAME, "<16s", b"\n", "no text"),
                (NAME, "<16s", b"", "no name"), (KIND, "<I", 0, "unknown kind"),
                (KIND, "<I", 4, "unknown kind"), (KIND, "<I", 1, "one monitor"),
                (CRC, "<I", 1, "checksum"), (OFFSET, "<Q", 4097, "outside"),
                (OFFSET, "<Q", 0, "outside"), (OFFSET, "<Q", 1 << 63, "outside"),
                (SIZE, "<Q", (1 << 64) - 4096, "outside"), (SIZE, "<Q", 0, "outside")):
            self.refused(self.broken(second + at, form, value), what)

    def test_overlap_and_twins(self):
        bundle = bundle_made()
        bundle[HEADER + 2 * ENTRY + CRC:HEADER + 3 * ENTRY] = bundle[HEADER + ENTRY + CRC:HEADER + 2 * ENTRY]
        self.refused(file_of(bundle), "overlap")
        struct.pack_into("<16sI", bundle, HEADER + 2 * ENTRY, b"echo", 2)
        self.refused(file_of(bundle), "same name")

    def test_random_damage(self):
        """Whatever is flipped, there is an answer or a BundleFileError."""
        source, sound = random.Random(4), file_of(bundle_made())
        answers = 0
        for _ in range(400):
            data = bytearray(sound)
            for _ in range(source.randrange(1, 6)):
                data[source.randrange(len(data))] = source.randrange(256)
            try:
                answers += bool(entries_of(bytes(data)))
            except bundle_file.BundleFileError as error:
                self.assertTrue(str(error))
        self.assertTrue(0 < answers < 400)


def facts_of(text):
    return [audit_facts.fact_parse(line) for line in text.strip().splitlines()]


WORLD = facts_of("""
member cell=shell image=shell start=auto driver=no
member cell=nvme0 image=nvme start=auto driver=yes
cell name=shell image=shell state=up class=- profile=strict priority=8
cell name=nvme0 image=nvme state=up class=block profile=scan-only priority=20
cap cell=shell type=power rights=-w----
cap cell=nvme0 type=dma rights=rw---- size=a0000
provides cell=nvme0 interface=block kind=gate+channel
uses cell=shell interface=block kind=gate+channel kib=256
edge from=shell to=nvme0 interface=block entry=0 state=up
channel client=shell server=nvme0 interface=block kib=256 state=up
page image=nvme at=2000 scan=forbidden sha256=00
problem nobody provides net, which shell needs
""")


class Policy(unittest.TestCase):
    def found(self, rule, appliance="default"):
        """The cells that a rule is broken by."""
        violations = audit_policy.check(audit_policy.parse(rule), appliance, WORLD)
        return [(one.rule, one.cell) for one in violations]

    def test_rules(self):
        for rule, cells in (
                ("only shell may have cap type=power", []), ("only nvme may have cap type=power", ["shell"]),
                ("only drivers may have cap type=dma|mmio", []), ("only drivers may have cap", ["shell"]),
                ("only n* may have cap", ["shell"]), ("only shell|nvme may have cap", []),
                ("only shell may have cap type=dma size<=9ffff", []),
                ("only shell may have cap type=dma size>=a0000", ["nvme0"]),
                ("only nvme may have cap rights~x", []), ("only nvme may have cap rights~w", ["shell"]),
                ("only nvme may have edge interface=bl*", ["shell"]),
                ("only nvme may have channel interface!=block", []),
                ("none may have uses interface=block and cap type=power", ["shell"]),
                ("none may have uses interface=block and cap type=dma", []),
                ("none may have provides|uses interface=block", ["shell", "nvme0"]),
                ("all have cell profile=strict", ["nvme0"]), ("all but nvme have cell profile=strict", []),
                ("all but drivers have cell profile=strict", []),
                ("none may have cell priority>=20", ["nvme0"]), ("none may have cell priority>=21", []),
                ("none may have cell class>=0", []),  # no number in it: it compares with none
                ("nothing is page scan=forbidden", ["nvme"]), ("nothing is page scan=clean", []),
                ("nothing is problem", ["-"])):
            self.assertEqual(self.found(f"r: {rule}"), [("r", cell) for cell in cells], rule)

    def test_sections(self):
        text = ("a: nothing is problem # why\nfor block def*\nb: nothing is problem\n"
                "for selftest\nc: nothing is problem")
        self.assertEqual([name for name, _ in self.found(text)], ["a", "b"])
        self.assertEqual([name for name, _ in self.found(text, "selftest")], ["a", "c"])
        text = "for * -self*\na: nothing is problem\nfor -selftest\nb: nothing is problem"
        self.assertEqual([name for name, _ in self.found(text)], ["a"])
        self.assertEqual([name for name, _ in self.found(text, "selftest")], [])

    def test_refused(self):
        for text, what in (
                ("", "no rule"), ("# nothing", "no rule"), ("r only x may have cap", "neither"),
                ("r: only x may have", "no rule"), ("R!: nothing is problem", "no name"),
                ("r: nothing is cat", "no facts of kind"), ("r: nothing is image", "no facts of kind"),
                ("r: nothing is cap colour=red", "says 'colour'"), ("r: nothing is cap type", "no condition"),
                ("r: none may have cap size>=x", "no number"), ("r: all have cap and cap", "'and'"),
                ("\n\nr: nothing is cap =", "line 3"), ("r: maybe", "no rule"), ("for", "neither")):
            with self.assertRaisesRegex(audit_policy.PolicyError, what, msg=text):
                audit_policy.parse(text)


def printed(fixed, device=("machine backend=pku iommu=on remaps=on virtio-bypass=refuse faults=refuse",)):
    lines = []
    for part, facts in (("fixed", fixed), ("device", device)):
        facts = sorted(facts)
        lines += facts + [f"hash part={part} facts={len(facts)} sha256={audit_facts.facts_hash(facts)}"]
    return "\n".join(lines) + "\n"


EDGE = "edge from=shell to=echo interface=echo entry=0 state=up"
CAP = "cap cell=echo type=notify rights=-w---- to=shell"


class Live(unittest.TestCase):
    def test_sound(self):
        lines = sorted([EDGE, CAP, "appliance name=default"])
        parts = audit_live.parse(printed(lines))
        self.assertEqual([fact.line for fact in parts["fixed"]], lines)
        self.assertEqual(audit_live.appliance_of(parts), "default")

    def test_refused(self):
        sound = printed([EDGE, CAP])
        for text in ("", "hello\n", sound.replace("echo", "ecco"), sound[:sound.rindex("hash")],
                     sound + sound, sound + EDGE, sound.replace("part=fixed", "part=other"),
                     sound.replace("part=fixed ", ""), sound.replace(EDGE + "\n", ""),
                     sound.replace("state=up", "state=up state=up"),
                     sound.replace("state=up", "state=u\0"), sound.replace("\n", "\r"), sound[:-1],
                     sound.replace("state=up", "status=up"), sound.replace("sha256=", "sha256=0")):
            with self.assertRaises(audit_facts.FactError, msg=text):
                audit_live.parse(text)

    def test_differences(self):
        def differences(expected, found):
            return audit_live.differences(facts_of("\n".join(expected)), facts_of("\n".join(found)))
        down = EDGE.replace("up", "down")
        other = EDGE.replace("echo ", "clock ")
        self.assertEqual(differences([EDGE, CAP], [CAP, EDGE]), [])
        self.assertEqual(differences([EDGE], []), [f"missing: {EDGE}"])
        self.assertEqual(differences([EDGE], [EDGE, EDGE]), [f"extra: {EDGE}"])
        self.assertEqual(differences([EDGE, EDGE], [EDGE]), [f"missing: {EDGE}"])
        self.assertEqual(differences([EDGE], [other]), [f"missing: {EDGE}", f"extra: {other}"])
        self.assertEqual(differences([EDGE], [down]),
                         ["changed: edge from=shell to=echo interface=echo: state up -> down"])

    def test_machine(self):
        for change, count in (("", 0), ("backend=none", 1), ("faults=allow", 1), ("virtio-bypass=allow", 1)):
            word = change.partition("=")[0]
            words = "machine backend=pt iommu=on remaps=on virtio-bypass=refuse faults=refuse".split()
            line = " ".join(change if change and one.startswith(word + "=") else one for one in words)
            self.assertEqual(len(list(audit_live.machine_differences(facts_of(line)))), count, line)


class Picture(unittest.TestCase):
    def drawn(self, facts):
        document = xml.dom.minidom.parseString(audit_picture.draw("a<b&c", facts))
        groups = document.getElementsByTagName("g")
        return ({group.getAttribute("id") for group in groups if group.getAttribute("class") == "cell"},
                {(group.getAttribute("class"), group.getAttribute("data-from"), group.getAttribute("data-to"))
                 for group in groups if group.getAttribute("data-from")})

    def test_everything_is_in_it(self):
        cells, links = self.drawn(WORLD)
        self.assertEqual(cells, {"cell-shell", "cell-nvme0"})
        self.assertEqual(links, {("gate", "shell", "nvme0"), ("channel", "shell", "nvme0")})

    def test_boxes_do_not_overlap(self):
        source = random.Random(7)
        for _ in range(40):
            names = [f"c{number}" for number in range(source.randrange(1, 30))]
            arrows = sorted({(one, other) for one in names for other in names
                             if one != other and source.random() < 0.1})
            layout = audit_layout.layout(names, arrows)
            self.assertEqual(sorted(item for row in layout.rows for item in row if isinstance(item, str)),
                             sorted(names))
            self.assertEqual(set(layout.paths), set(arrows))
            for row in layout.rows:
                for one, other in zip(row, row[1:]):
                    apart = layout.x[other] - layout.x[one]
                    self.assertGreaterEqual(apart + 0.01, audit_layout.distance(one, other))

    def test_a_circle_of_channels(self):
        circle = WORLD + facts_of("channel client=nvme0 server=shell interface=b kib=32 state=up")
        self.assertEqual(len(self.drawn(circle)[1]), 3)


if __name__ == "__main__":
    unittest.main()
