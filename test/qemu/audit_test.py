# SPDX-License-Identifier: MIT
"""What `audit` prints on a machine is what `comb audit` computes from the image; differences are named."""
import contextlib
import pathlib
import sys
import tempfile

import image_file
from harness import (IMAGE, booted, check, expect, expect_equal, expect_in, image_require, machine_module,
                     verdict)

from comblib import audit_facts, audit_live

DISKS = {"virtio_blk0": "virtio-blk", "nvme0": "nvme", "ahci0": "ahci"}
DESCRIPTION, PRIORITY = 56, 164  # in struct manifest
MANIFEST = 40                    # in struct image_header: where it is


def disks():
    return [machine_module.Drive(kind, machine_module.NULL_DRIVE) for kind in DISKS.values()]


def handle_of(guest, **words):
    """The handle of the one capability that has these words."""
    rows = [row for row in guest.json("caps --json")
            if all(row[word] == value for word, value in words.items())]
    expect(rows, f"no capability with {words}")
    return rows[0]["handle"].removeprefix("0x")


def differences(image, guest, appliance):
    """{part: lines} between what the machine prints now and what the image says."""
    return audit_live.compare(image, audit_live.parse(guest.ok("audit")), appliance)


def built_hash(image, appliance):
    facts, wrong = image.ask("fixed", appliance)
    expect(not wrong, wrong)
    return facts[-1].words["sha256"]


def fresh_checks(identifier, image, appliance, backend, drivers=(), **changes):
    options = [f"appliance={appliance}", f"backend={backend}"]
    with booted(options, **changes) as guest:
        with check(f"QEMU{identifier}1", f"{appliance}, {backend}: the hash of a fresh boot is the build's"):
            hashes = guest.json("audit --hash --json")
            expect_equal([row["part"] for row in hashes], ["fixed", "device"], "parts")
            expect_equal(hashes[0]["sha256"], built_hash(image, appliance), "hash")
        for name in drivers:
            guest.until_running(name)
        with check(f"QEMU{identifier}2", f"{appliance}, {backend}: so is every fact of devices and drivers"):
            expect_equal(differences(image, guest, appliance), {"fixed": [], "device": []}, "differences")
            expect_equal(guest.ok("audit"), guest.ok("audit"), "two looks at the same")


def restart_checks(image, guest):
    with check("QEMU1941", "a cell that is restarted or comes back from a crash leaves no difference"):
        guest.ok("cell restart echo")
        guest.until_running("echo")
        guest.command("cell break echo null")
        guest.until_running("echo")
        expect_equal(differences(image, guest, "default"), {"fixed": [], "device": []}, "differences")


def difference_checks(image, guest):
    with check("QEMU1942", "a revoked capability is a difference with its name"):
        guest.ok("revoke " + handle_of(guest, owner="clock", type="wall-time"))
        found = differences(image, guest, "default")
        expect_equal(found, {"fixed": ["missing: cap cell=clock type=wall-time rights=r-----"], "device": []},
                     "differences")
    with check("QEMU1943", "another restart policy is a difference with its name"):
        guest.ok("restart-policy echo never")
        found = differences(image, guest, "default")["fixed"]
        expect_in("changed: cell name=echo: restart on-crash -> never", found)
    with check("QEMU1944", "a cell that was stopped is one, and so is every edge to it"):
        guest.ok("cell stop echo")
        found = differences(image, guest, "default")["fixed"]
        expect(any(line.startswith("changed: cell name=echo: state up -> down") for line in found), found)
        expect_in("changed: edge from=ipcbench to=echo interface=echo0: state up -> down", found)
        expect_in("missing: cap cell=echo type=edge rights=--c--- to=clock interface=clock", found)
    with check("QEMU1945", "a cell that nobody started by itself is one more"):
        guest.ok("cell start blockcheck")
        guest.until_running("blockcheck")
        found = differences(image, guest, "default")["fixed"]
        expect(any(line.startswith("extra: cell name=blockcheck ") for line in found), found)
        expect_in("extra: edge from=blockcheck to=ramdisk interface=block entry=0 state=up", found)


def option_checks(image):
    with check("QEMU1961", "options that weaken the walls are differences"), \
            booted(["backend=none", "faults=allow", "virtio-bypass=allow"]) as guest:
        found = differences(image, guest, "default")
        expect_equal(found["fixed"], [], "differences")
        expect_equal(found["device"], ["changed: machine: backend pku|pt -> none",
                                       "changed: machine: virtio-bypass refuse -> allow",
                                       "changed: machine: faults refuse -> allow"], "differences")


def manifest_change(payload):
    """Another description, and another priority than echo's 16."""
    manifest = int.from_bytes(payload[MANIFEST:MANIFEST + 4], "little")
    payload[manifest + DESCRIPTION] ^= 1
    payload[manifest + PRIORITY] = 17


def forged_checks(image):
    """The machine runs another image than the one that is asked."""
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        path = pathlib.Path(folder, "comb.efi")
        path.write_bytes(image_file.forged(IMAGE.read_bytes(), "echo", manifest_change))
        with check("QEMU1951", "a machine that runs a forged manifest differs in that, by name"), \
                booted(image=path) as guest:
            found = differences(image, guest, "default")
            expect_equal(found["fixed"][0], "changed: cell name=echo: priority 16 -> 17", "first difference")
            expect_in("changed: image name=echo kind=cell: sha256 ", found["fixed"][1])
            expect_equal((len(found["fixed"]), found["device"]), (2, []), "differences")
            with audit_facts.Image(path) as forged:
                expect_equal(differences(forged, guest, "default")["fixed"], [], "differences from itself")


def form_checks(guest):
    with check("QEMU1962", "audit --json is one object a line, the same facts"):
        rows, lines = guest.json("audit --json"), guest.ok("audit").splitlines()
        expect_equal(len(rows), len(lines), "facts")
        for row, line in zip(rows, lines):
            fact = audit_facts.fact_parse(line)
            expect_equal({word: value for word, value in row.items() if word not in ("fact", "part")},
                         {word: value for word, value in fact.words.items() if word != "part"}, line)
            expect_equal(row["fact"], fact.kind, line)
    with check("QEMU1963", "what it does not know is refused"):
        for line in ("audit now", "audit --diff", "audit --hash --hash x"):
            guest.refused(line)


def main():
    image_require()
    with contextlib.ExitStack() as stack:
        image = stack.enter_context(audit_facts.Image(IMAGE))
        fresh_checks("191", image, "default", "pku", (*DISKS, "virtio_rng0", "edu0"), edu=True, rng=True,
                     drives=disks())
        fresh_checks("192", image, "block", "pt", DISKS, drives=disks())
        fresh_checks("193", image, "forty", "pku")
        with booted() as guest:
            restart_checks(image, guest)
            form_checks(guest)
            difference_checks(image, guest)
        forged_checks(image)
        option_checks(image)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
