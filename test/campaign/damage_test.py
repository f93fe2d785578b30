# SPDX-License-Identifier: MIT
"""Two campaigns of damage, by seed: images before they are loaded, and bits of cells that live.

usage: damage_test.py [ACTIVATED [SEED [REPORT]]]

Boots machine after machine until ACTIVATED faults of both campaigns together were noticed by
somebody.  REPORT is a JSON file that is written after each boot and continued from if it is there:
a campaign that was interrupted goes on where it stopped.  Whatever a damaged cell does, the monitor
lives, no other cell changes, and nothing leaks; anything else is an escape, and fails.
"""
import collections
import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "qemu"))
import harness  # noqa: E402
from harness import Wrong, booted, check, expect, expect_equal, verdict  # noqa: E402
from comblib import bundle_file  # noqa: E402
import bundle as bundle_tool  # noqa: E402
import damage  # noqa: E402
import image_file  # noqa: E402

ACTIVATED = 300
SEED = 20261120
IMAGES = 240         # damaged images per boot
FLIPS = 700          # turned bits per boot
HANG_S = 600.0
TIMEOUT_MS = 20      # of a cell under test: one that hangs is to be noticed soon
TIMEOUT_OFFSET = 136 + 16  # operation_timeout_ms in struct manifest
NAME_OFFSET = 8
OUTCOMES = ("stub", "scanner", "refused", "crash", "watchdog", "wrong", "dormant")
NOTICED = ("crash", "watchdog", "wrong")
IMAGE = harness.IMAGE.with_name("comb-hostile.efi")
APPLIANCE = "campaign"
SLOT_BYTES = 1 << 30
CELLS_BEGIN = 0x8000000000 + SLOT_BYTES  # slots of cells; the first slot of all is that of the gates
CELLS_END = 0x8000000000 + 256 * SLOT_BYTES
IMAGE_OFFSET = 0x10000  # CELL_IMAGE_OFFSET: where in its slot a cell's image lies
THUNKS_BYTES = 192
BEHIND = 96 << 10    # bytes behind the text that live flips may hit: constants, data, stacks
# What a boot damages, in turn: images of a strict cell, its bits, images of one that is only scanned.
TURNS = (("echo_strict", True), ("echo_strict", False), ("echo", True))
BACKENDS = ("pku", "pt")
LIVE = {"x": "live: one bit of its text", "y": "live: one bit of its data or stacks"}

KIND_LINE = re.compile(r"kind ([a-z]): " + ", ".join(rf"(\d+) {outcome}" for outcome in OUTCOMES))
LAST_LINE = re.compile(r"campaign: (\d+) activated, (\d+) escaped")
TRACED = re.compile(r"^0x([0-9a-f]+): ", re.M)
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):((?: [0-9a-f]{2})+)", re.M)


def objdump():
    return next(name for name in ("llvm-objdump-19", "llvm-objdump-20") if
                subprocess.run(["which", name], capture_output=True, check=False).returncode == 0)


def instructions_of(elf):
    """[(offset in the image, bytes)] of all that the compiler wrote"""
    text = subprocess.run([objdump(), "-d", "--no-print-imm-hex", str(elf)], capture_output=True, text=True,
                          check=True).stdout
    found = [(int(at, 16), len(code.split())) for at, code in INSTRUCTION.findall(text)]
    return found


def subject_of(echo):
    """The image of echo, as the campaigner's subject."""
    image = bytearray(echo)
    manifest, = struct.unpack_from("<I", image, damage.MANIFEST_OFFSET)
    image[manifest + NAME_OFFSET:manifest + NAME_OFFSET + 16] = b"subject".ljust(16, b"\0")
    struct.pack_into("<I", image, manifest + TIMEOUT_OFFSET, TIMEOUT_MS)
    return bytes(image)


def machine_for(path, backend, **changes):
    return booted([f"appliance={APPLIANCE}", "faults=allow", f"backend={backend}"], timeout=HANG_S,
                  image=path, **changes)


def executed(bundle, subject, folder):
    """Offsets in the image at which the emulator found code of a sound subject to translate: what it runs."""
    path, trace = pathlib.Path(folder) / "sound.efi", pathlib.Path(folder) / "trace"
    path.write_bytes(image_with(bundle, {"subject": subject}))
    with machine_for(path, "pku", extra=["-d", "in_asm", "-D", str(trace)]) as guest:
        guest.until("log campaigner --json", lambda rows: any(LAST_LINE.match(row["text"]) for row in rows),
                    "the end of the rehearsal")
        living = {int(str(row["base"]), 0) for row in guest.json("domains --json")}
    traced = {int(at, 16) for at in TRACED.findall(trace.read_text(encoding="ascii", errors="replace"))}
    slots = {at - at % SLOT_BYTES for at in traced if CELLS_BEGIN <= at < CELLS_END} - living
    expect_equal(len(slots), 1, "slots of cells that have ended")
    base = slots.pop() + IMAGE_OFFSET
    return {at - base for at in traced if 0 <= at - base < len(subject)}


def flips_of(shape, count, dice):
    """Bits of what runs, seven of eight in its text: struct flip in flips.c"""
    flips = b""
    for _ in range(count):
        at, size = dice.choice(shape.instructions)
        is_text = dice.randrange(8) != 0
        behind = dice.randrange(shape.text[1], shape.text[1] + BEHIND)
        place, kind = (at + dice.randrange(size), "x") if is_text else (behind, "y")
        flips += struct.pack("<IBBH", place - shape.text[0], dice.randrange(8), ord(kind), 0)
    return flips


def damaged(subject, shape, count, dice):
    """{name: image}: two in the text for each one elsewhere"""
    kinds, images = "bbnnjjrroottwwcdlhm", {}
    while len(images) < count:
        kind = kinds[len(images) % len(kinds)]
        image = bytearray(subject)
        expect(damage.KINDS[kind](image, shape, dice), f"no damage of kind {kind} can be done")
        images[f"{kind}{len(images):04}"] = bytes(image)
    return images


def image_with(bundle, images, flips=b""):
    """The test's comb.efi, its bundle with more images in it, or with bits to be turned over."""
    entries = [(entry.kind, entry.name, entry.payload) for entry in bundle_file.entries(bundle)
               if entry.kind != "appliance" or entry.name == APPLIANCE]
    entries += [("cell", name, payload) for name, payload in images.items()]
    if flips:
        entries.append(("appliance", "flips", flips))
    return image_file.with_bundle(IMAGE.read_bytes(),
                                  bundle_tool.bundle_bytes(bundle_file.build_of(bundle), entries))


class Campaign:
    """The totals so far, and where they are kept."""

    def __init__(self, seed, report):
        self.seed, self.report = seed, report
        self.boots, self.outcomes = 0, collections.Counter()
        if report and report.exists():
            kept = json.loads(report.read_text(encoding="utf-8"))
            if kept["seed"] != seed:
                sys.exit(f"FAIL {report} is of a campaign with seed {kept['seed']}, not {seed}")
            self.boots, self.outcomes = kept["boots"], collections.Counter(kept["outcomes"])

    def activated(self):
        return sum(count for key, count in self.outcomes.items() if key.split()[1] in NOTICED)

    def save(self):
        if self.report:
            kept = {"seed": self.seed, "boots": self.boots, "outcomes": dict(sorted(self.outcomes.items()))}
            self.report.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def results_of(guest):
    """(kind outcome -> count, escapes) from the campaigner's last words"""
    def is_done(rows):
        state = guest.cells()["campaigner"]["state"]
        expect(state == "running", f"the campaigner is {state}: {[row['text'] for row in rows][-3:]}")
        return any(LAST_LINE.match(row["text"]) for row in rows)

    texts = [row["text"] for row in guest.until("log campaigner --json", is_done, "the end of the campaign")]
    escapes = [text for text in texts if text.startswith("ESCAPE")]
    expect(not escapes and any(text.endswith(" 0 escaped") for text in texts), f"escapes: {escapes}")
    found = collections.Counter()
    for match in filter(None, map(KIND_LINE.match, texts)):
        for outcome, count in zip(OUTCOMES, match.groups()[1:]):
            found[f"{match[1]} {outcome}"] += int(count)
    expect(found, "the campaigner says nothing about any fault")
    return found


class Subject:
    """A sound cell, as it is to be damaged."""

    def __init__(self, bundle, name, folder):
        sound = next(entry.payload for entry in bundle_file.entries(bundle)
                     if (entry.kind, entry.name) == ("cell", name))
        self.image = subject_of(sound)
        runs = executed(bundle, self.image, folder)
        written = instructions_of(harness.IMAGE.parent / "cells" / "echo" / f"{name}.elf")
        first = damage.Shape(self.image, []).text[0] + THUNKS_BYTES  # what stands before is not the image's
        self.shape = damage.Shape(self.image, [one for one in written if one[0] in runs and one[0] >= first])
        print(f"     a sound {name} runs {len(self.shape.instructions)} instructions", flush=True)


def boot(campaign, bundle, subjects, folder):
    """One machine; adds what it has found."""
    name, is_images = TURNS[campaign.boots // len(BACKENDS) % len(TURNS)]
    subject, shape = subjects[name].image, subjects[name].shape
    backend = BACKENDS[campaign.boots % len(BACKENDS)]
    dice = random.Random(f"{campaign.seed} {campaign.boots}")
    images = damaged(subject, shape, IMAGES, dice) if is_images else {}
    flips = b"" if is_images else flips_of(shape, FLIPS, dice)
    path = pathlib.Path(folder) / "campaign.efi"
    path.write_bytes(image_with(bundle, images | {"subject": subject}, flips))
    with machine_for(path, backend) as guest:
        found = results_of(guest)
    expect_equal(sum(found.values()), IMAGES if is_images else FLIPS, "faults")
    campaign.outcomes += found
    campaign.boots += 1
    campaign.save()
    return f"{backend}: {sum(found.values())} {'images' if is_images else 'bits'} of {name}"


def table(outcomes):
    kinds = sorted({key.split()[0] for key in outcomes})
    names = {kind: way.__doc__ for kind, way in damage.KINDS.items()} | LIVE
    yield f"{'kind':44}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES)
    for kind in kinds:
        yield f"{kind} {names[kind]:42}" + "".join(f"{outcomes[f'{kind} {outcome}']:10}"
                                                           for outcome in OUTCOMES)


def campaign_run(wanted, campaign, folder):
    bundle = bundle_file.bundle_of(IMAGE)
    subjects = {name: Subject(bundle, name, folder) for name in sorted({name for name, _ in TURNS})}
    first = campaign.boots
    while campaign.activated() < wanted or campaign.boots < first + len(TURNS) * len(BACKENDS):
        with check(f"CAMP{campaign.boots:04}", f"seed {campaign.seed}: nothing gets out"):
            what = boot(campaign, bundle, subjects, folder)
            print(f"     {what}; {campaign.activated()} of {wanted} activated so far", flush=True)
            continue
        raise Wrong("stopped at the first escape; its boot is repeated by the same seed and report")


def main(arguments):
    wanted = int(arguments[0]) if arguments else ACTIVATED
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    report = pathlib.Path(arguments[2]) if len(arguments) > 2 else None
    campaign = Campaign(seed, report)
    with check("CAMP9999", f"{wanted} activated faults, none got out"):
        with tempfile.TemporaryDirectory(prefix="comb-campaign-", dir="/tmp") as folder:
            campaign_run(wanted, campaign, folder)
        print("\n".join(table(campaign.outcomes)))
        total = campaign.activated()
        print(f"     {total} activated; with 95 % confidence fewer than {3 / total:.2e} get out (3/n)")
    return verdict()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
