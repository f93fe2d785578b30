#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of the default policy, and an image that was changed to break it.

usage: audit_image_test.py COMB_AUDIT FOLDER_OF_SCRIPTS      status 77: there is no release build
"""
import contextlib
import io
import json
import pathlib
import struct
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.path.insert(0, sys.argv.pop())
import bundle as bundle_writer  # noqa: E402  (their folder is known only now)
from comblib import arguments, audit_facts, audit_policy, bundle_file, command_audit, project  # noqa: E402

PROGRAM = pathlib.Path(sys.argv.pop())
RELEASE = project.image_path("release")
HOSTILE = RELEASE.with_name("comb-hostile.efi")
PAGE = 4096

# struct image_header and struct manifest (include/abi), as far as they are changed here
PAGES, MANIFEST, MAPS = 16, 40, 56
DESCRIPTION, CLASS, FLAGS, TIMEOUT, PRIORITY = 56, 124, 132, 152, 164
PROVIDES, USES, CAPS, MATCH = 168, 264, 456, 744
BYTES, MANIFEST_BYTES = 6, 808
ROW = 24
ROWS = {PROVIDES: 4, USES: 8, CAPS: 12}
PORTS, IRQ, CELLS, LOG, ENTROPY, POWER, WALL_TIME, PCI, DMA = 4, 5, 7, 8, 9, 10, 11, 12, 15
READ, OBSERVE, CONTROL = 1, 8, 16
GATE, CHANNEL, OPTIONAL = 1, 2, 8


class Cell:
    """The image of a cell, and ways to change it."""

    def __init__(self, payload):
        self.data = bytearray(payload)
        self.manifest = struct.unpack_from("<I", payload, MANIFEST)[0]
        assert struct.unpack_from("<H", payload, self.manifest + BYTES)[0] == MANIFEST_BYTES

    def put(self, at, form, *values):
        struct.pack_into(form, self.data, self.manifest + at, *values)

    def row(self, table, form, *values):
        """One more row in a table of the manifest."""
        for index in range(ROWS[table]):
            at = self.manifest + table + index * ROW
            if self.data[at] == 0:
                struct.pack_into(form, self.data, at, *values)
                return
        raise AssertionError("the table is full")

    def cap(self, kind, rights=READ, base=0, size=0):
        self.row(CAPS, "<IIQQ", kind, rights, base, size)

    def cap_of(self, kind):
        """Where in the manifest the first capability of a type stands."""
        return next(at for at in range(CAPS, CAPS + ROWS[CAPS] * ROW, ROW)
                    if struct.unpack_from("<I", self.data, self.manifest + at)[0] == kind)

    def uses(self, name, flags, kib=0):
        self.row(USES, "<16sII", name, flags, kib)

    def text(self, offset, what):
        at = struct.unpack_from("<I", self.data, PAGES)[0] * PAGE + offset
        self.data[at:at + len(what)] = what


def net_and_block(cell):
    cell.row(PROVIDES, "<16sII", b"net0", GATE, 0)
    cell.uses(b"block", GATE | OPTIONAL)


def net_driver(cell):
    cell.put(CLASS, "<I", 2)
    cell.uses(b"block", GATE | OPTIONAL)


def scan_only(cell):
    cell.put(FLAGS, "<I", 1)
    struct.pack_into("<I", cell.data, MAPS, 0)


# rule -> (entry, what happens to it)
BREAKING = {
    "scanned": ("echo", lambda cell: cell.text(1000, b"\x0f\x01\xef")),
    "verified": ("clock", lambda cell: cell.text(300, b"\xf4" * 32)),
    "sound": ("echo", lambda cell: cell.put(0, "<I", 0)),
    "possible": ("default", b"\ncell nobody\n"),
    "ports": ("echo", lambda cell: cell.cap(PORTS, READ, 0x3F8, 8)),
    "ports-range": ("console", lambda cell: cell.put(cell.cap_of(PORTS) + 8, "<Q", 0x2F8)),
    "ports-size": ("console", lambda cell: cell.put(cell.cap_of(PORTS) + 16, "<Q", 16)),
    "interrupts": ("echo", lambda cell: cell.cap(IRQ, READ, 5)),
    "bus": ("echo", lambda cell: cell.cap(PCI)),
    "devices": ("echo", lambda cell: cell.cap(DMA, READ, 0, PAGE)),
    "dma-size": ("nvme", lambda cell: cell.put(cell.cap_of(DMA) + 16, "<Q", 4 << 20)),
    "power": ("echo", lambda cell: cell.cap(POWER)),
    "log": ("echo", lambda cell: cell.cap(LOG)),
    "wall-time": ("echo", lambda cell: cell.cap(WALL_TIME)),
    "entropy": ("echo", lambda cell: cell.cap(ENTROPY)),
    "observe": ("echo", lambda cell: cell.cap(CELLS, OBSERVE)),
    "control": ("shell", lambda cell: cell.put(cell.cap_of(CELLS) + 4, "<I", OBSERVE | CONTROL)),
    "warden": ("echo", lambda cell: cell.uses(b"warden", GATE)),
    "console": ("echo", lambda cell: cell.uses(b"console", CHANNEL, 64)),
    "driver": ("echo", lambda cell: cell.uses(b"driver", GATE | OPTIONAL)),
    "blocks": ("echo", lambda cell: cell.uses(b"block", GATE | CHANNEL, 64)),
    "net-and-block": ("echo", net_and_block),
    "net-or-disk": ("nvme", lambda cell: cell.put(MATCH + 16, "<IIII", 0xFFFFFFFF, 0xFFFFFFFF, 0x020000,
                                                  0xFFFFFF)),
    "net-driver": ("virtio_rng", net_driver),
    "disk-driver": ("nvme", lambda cell: cell.uses(b"net", GATE | OPTIONAL)),
    "priority": ("echo", lambda cell: cell.put(PRIORITY, "<I", 20)),
    "patience": ("echo", lambda cell: cell.put(TIMEOUT, "<I", 70000)),
    "no-tests": ("default", b"\ncell selftest\ncell selfpeer\n"),
    "strict": ("clock", scan_only),
    "verdict": ("clock", scan_only),
    "bare-hands": ("virtio_rng", scan_only),
}


def packed(bundle):
    """As scripts/bundle.py packs it, but of literals alone: that takes no time."""
    more = len(bundle) - 15
    block = b"\xf0" + b"\xff" * (more // 255) + bytes([more % 255]) + bundle
    return b"MZ" + bytes(62) + struct.pack("<8sQQ", b"COMBLZ1\0", len(block), len(bundle)) + block


def variant(name, change):
    """The release build's image with one entry changed; None: as it is."""
    bundle = bundle_file.bundle_of(RELEASE)
    entries = []
    for entry in bundle_file.entries(bundle):
        payload = entry.payload
        if entry.name == name and isinstance(change, bytes) and entry.kind == "appliance":
            payload += change
        elif entry.name == name and change is not None and entry.kind == "cell":
            cell = Cell(payload)
            change(cell)
            payload = bytes(cell.data)
        entries.append((entry.kind, entry.name, payload))
    return packed(bundle_writer.bundle_bytes(bundle_file.build_of(bundle), entries))


def audit(data, *words):
    """(status, standard output, standard error) of comb audit"""
    parser = arguments.Parser(prog="audit")
    command_audit.add(parser)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "comb.efi")
        path.write_bytes(data)
        out, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            try:
                status = command_audit.main(parser.parse_args([str(path), *words]))
            except project.Failure as failure:
                return failure.status, out.getvalue(), str(failure)
    return status, out.getvalue(), said.getvalue()


def report_of(data, *words):
    return json.loads(audit(data, "--json", *words)[1])


class Image(unittest.TestCase):
    def test_the_release_build_keeps_every_rule(self):
        status, out, said = audit(RELEASE.read_bytes(), "--json")
        self.assertEqual((status, said), (0, ""))
        report = json.loads(out)
        self.assertEqual(report["violations"], [])
        names = [entry.name for entry in bundle_file.entries(bundle_file.bundle_of(RELEASE))]
        self.assertEqual(sorted(names), sorted(image["name"] for image in report["images"]))
        for image in report["images"]:
            self.assertEqual(bool(image.get("pages")), image["kind"] == "cell", image["name"])

    def test_a_packing_without_compression_is_the_same_image(self):
        one, other = report_of(RELEASE.read_bytes()), report_of(variant("", None))
        for report in (one, other):
            del report["bytes"], report["sha256"]
        self.assertEqual(one, other)

    def test_every_rule_is_broken_by_an_image(self):
        rules = {rule.name for rule in audit_policy.read(command_audit.POLICY)}
        self.assertEqual(rules, set(BREAKING))
        for rule, (name, change) in BREAKING.items():
            with self.subTest(rule=rule):
                status, out, said = audit(variant(name, change), "--json", "--appliance", "default")
                self.assertEqual(status, 1, said)
                broken = [one for one in json.loads(out)["violations"] if one["rule"] == rule]
                self.assertTrue(broken, f"{rule}: only {said}")
                for one in broken:
                    self.assertIn(f"default: {rule}: {one['cell']}: {one['fact']}\n", said)
                self.assertTrue(all(one["fact"] for one in broken))

    def test_the_hostile_suite_is_refused(self):
        if not HOSTILE.exists():
            self.skipTest(f"no {HOSTILE}")
        status, _, said = audit(HOSTILE.read_bytes())
        self.assertEqual(status, 1)
        self.assertIn("hostile: control: judge: cap cell=judge type=cells", said)
        self.assertIn("hostile: no-tests: judge: ", said)

    def test_a_changed_image_has_another_hash(self):
        before = report_of(RELEASE.read_bytes(), "--appliance", "default")
        changed = variant("echo", lambda cell: cell.put(DESCRIPTION, "<c", b"?"))
        after = report_of(changed, "--appliance", "default")
        self.assertNotEqual(before["appliances"][0]["sha256"], after["appliances"][0]["sha256"])

    def test_everything_is_in_the_picture(self):
        """Of every appliance: each cell, each edge, each channel, and nothing else."""
        for appliance in report_of(RELEASE.read_bytes())["appliances"]:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, "picture.svg")
                audit(RELEASE.read_bytes(), "--appliance", appliance["name"], "--svg", str(path))
                groups = xml.dom.minidom.parse(str(path)).getElementsByTagName("g")
            cells = [one.getAttribute("id") for one in groups if one.getAttribute("class") == "cell"]
            links = [(one.getAttribute("class"), one.getAttribute("data-from"), one.getAttribute("data-to"))
                     for one in groups if one.getAttribute("data-from")]
            self.assertEqual(sorted(cells), sorted("cell-" + cell["name"] for cell in appliance["cells"]))
            wanted = {("gate", one["from"], one["to"]) for one in appliance["edges"]}
            wanted |= {("channel", one["client"], one["server"]) for one in appliance["channels"]}
            self.assertEqual(sorted(links), sorted(wanted))

    def test_an_appliance_that_cannot_be_read(self):
        status, _, said = audit(variant("default", b"\nrubbish\n"))
        self.assertEqual(status, 1)
        self.assertRegex(said, r"default: readable: -: default: line \d+: ")

    def test_bad_input(self):
        for data, words, what in (
                (b"", (), "no bundle"), (b"\x7fELF" * 999, (), "no bundle"),
                (RELEASE.read_bytes()[:-100000], (), "no bundle"),
                (RELEASE.read_bytes(), ("--appliance", "nobody"), "no appliance"),
                (RELEASE.read_bytes(), ("--policy", "/nonexistent"), "No such file"),
                (RELEASE.read_bytes(), ("--live", "/nonexistent"), "No such file"),
                (RELEASE.read_bytes(), ("--live", str(command_audit.POLICY)), "not what 'audit' prints")):
            status, out, said = audit(data, *words)
            self.assertEqual((status, out), (2, ""), what)
            self.assertRegex(said, what)
            self.assertEqual(len(said.splitlines()), 1)


if __name__ == "__main__":
    if not RELEASE.exists():
        print(f"SKIP: no {RELEASE}")
        sys.exit(77)
    audit_facts.program = lambda: PROGRAM
    unittest.main()
