# SPDX-License-Identifier: MIT
"""comb bench: what the run-time checks of the language profile cost, part by part (docs/profile.md).

Builds the image again without each part, into build/profile/NAME, and compares code size and the
instructions of a 4 KiB block request.  It asks the ramdisk, which answers in the guest alone: with a
device the numbers move more with how the emulator bunches completions than with the profile.
"""
import dataclasses
import json

from . import block_bench, build, lines
from .guest import Guest, GuestError
from .project import BUILD, ROOT, Failure, commit, say

SCHEMA = "comb.profile.1"
FOLDER = BUILD / "profile"
# Name, what is left out (cells/profile.cmake).  Without kcfi there is no strict cell: it stays.
VARIANTS = (("all", ()), ("no checks", ("checks",)), ("no zeroed locals", ("zero",)),
            ("no cleared registers", ("registers",)), ("none of these", ("checks", "zero", "registers")))
CELL = "ramdisk"
DEPTHS = (1, 32)
PADDING = b"\xCC"


def image_of(left_out):
    """comb.efi without those parts, built."""
    folder = FOLDER / ("without-" + "-".join(left_out) if left_out else "all")
    build.step(["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                f"--toolchain={ROOT / 'toolchain.cmake'}", "-DCOMB_PLUGIN=OFF",
                f"-DCOMB_PROFILE_WITHOUT={';'.join(left_out)}"], "configuration")
    build.step(["ninja", "-C", str(folder), "comb.efi"], "build")
    return folder / "comb.efi"


def text_bytes(image):
    """Code of all cells that the image carries, without the padding at its end."""
    total = 0
    for path in sorted(image.parent.glob("cells/*/*.elf")):
        elf = path.read_bytes()
        total += len(lines.content_of(elf, lines.sections_named(elf), ".text").rstrip(PADDING))
    return total


def requests_measure(machine, samples, timeout):
    """{depth: instructions per request}"""
    with Guest(machine, timeout=timeout) as guest:
        try:
            guest.start()
            runs = {depth: block_bench.bench(guest, CELL, "profile", "random", depth, samples)
                    for depth in DEPTHS}
            guest.close()
        except GuestError as error:
            raise Failure(f"profile: {error}\n{error.tail}") from None
    if any(run["errors"] for run in runs.values()):
        raise Failure(f"profile: {CELL}: requests failed")
    return {depth: run["spent_per_request"] for depth, run in runs.items()}


def measure_all(machine_for, samples, timeout, folder):
    """`machine_for(backend, icount, drives)` makes a machine, whose image is replaced; writes the records."""
    records = []
    for name, left_out in VARIANTS:
        say(f"measuring the profile: {name}")
        image = image_of(left_out)
        machine = machine_for("pku", True, [])
        spent = requests_measure(dataclasses.replace(machine, image=image),
                                 min(samples, block_bench.SAMPLES_COUNTED_MAX), timeout)
        records.append({"schema": SCHEMA, "commit": commit(), "profile": name,
                        "text_bytes": text_bytes(image), "image_bytes": image.stat().st_size,
                        "instructions": spent})
    with open(folder / "profile.jsonl", "w", encoding="ascii") as file:
        for record in records:
            file.write(json.dumps(record) + "\n")
    return records


def show(records):
    base = records[-1]
    header = f"{'profile':22}{'code':>9}{'':8}" + "".join(f"{f'depth {depth}':>10}{'':8}" for depth in DEPTHS)
    print("\n" + header + "\n" + "-" * len(header))
    for record in records:
        cells = [(record["text_bytes"], base["text_bytes"], 9)]
        cells += [(record["instructions"][depth], base["instructions"][depth], 10) for depth in DEPTHS]
        print(f"{record['profile']:22}" + "".join(
            f"{value:>{width}}{100 * (value - least) / least:>+7.1f}%" for value, least, width in cells))
    print(f"code of all cells in bytes; instructions per random read of 4 KiB from {CELL}, in both cells\n"
          "and the monitor on their behalf; a cell for packets there is none yet")
