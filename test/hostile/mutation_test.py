# SPDX-License-Identifier: MIT
"""The hostile suite can fail: take a protection away, and the attack on it succeeds.

    mutation_test.py [few|all|number]...

Each mutation (mutations.py) removes one protection from a copy of the sources; what is built from that
goes to the one check that must notice.  The same check of the copy as it is has to hold, before.  A
mutation whose text is no longer found, once, in its file fails: the list is out of date.  One that keeps
the machine from starting fails too, for then nothing has been attacked.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import suite
from mutations import FEW, MUTATIONS, Attack

sys.path.insert(0, str(suite.ROOT / "test" / "qemu"))
from harness import check, expect, expect_equal, verdict  # noqa: E402
from comblib.guest import Guest, GuestDied, GuestError  # noqa: E402

TREE = ("CMakeLists.txt", "CMakePresets.json", "toolchain.cmake", "cells", "efi", "include", "scripts", "src",
        "test")
HANG_S = 240.0  # only a machine that does not go on takes as long; the slowest check takes an eighth of it

# The judge has seen a variant go wrong; somebody other than an attacker has ended; the judge is through.
SIGN = re.compile(rb"judge: (A\d\d\.\d+ variant [^\r\n]*)\r?\n"
                  rb"|monitor: ((?!host)\S+ stopped: [^\r\n]*)\r?\n"
                  rb"|judge: hostile: (\d+) held, (\d+) failed, [^\r\n]*\r?\n")


# --- what is mutated ---

def built(folder, *targets):
    """Builds in the copy; the compiler's words if it does not."""
    run = subprocess.run(["ninja", "-C", str(folder / "build" / "release"), "-j2", *targets],
                         capture_output=True, text=True, check=False)
    expect_equal(run.returncode, 0, f"ninja {' '.join(targets)}: {run.stdout[-2000:]}")


def copied(folder):
    """The sources as they are, configured."""
    for name in TREE:
        source = suite.ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    subprocess.run(["cmake", "--preset", "release"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def applied(folder, mutation):
    """The copy with the mutation in it."""
    before = {}
    try:
        for name, old, new in mutation.edits:
            path = folder / name
            text = path.read_text(encoding="utf-8")
            before.setdefault(path, text)
            expect_equal(text.count(old), 1, f"times that {name} has {old!r}")
            path.write_text(text.replace(old, new), encoding="utf-8")
        yield
    finally:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")


# --- who has to notice ---

def sign_of(match):
    """What a line gives away; empty: the judge is through, and nothing was wrong."""
    variant, somebody, held, failed = match.groups()
    if variant or somebody:
        return (variant or somebody).decode(errors="replace")
    return "" if failed == b"0" and held != b"0" else f"{failed.decode()} rows failed, {held.decode()} held"


def attacked(image, attack):
    """Boots, and says what went wrong; empty: the attack was stopped, as it has to be."""
    machine = suite.machine(attack.backend, attack.number, attack.words, attack.icount, image)
    with Guest(machine, timeout=HANG_S) as guest:
        try:
            guest.start(wait_ready=False)
            found = sign_of(guest.expect(SIGN))
        except GuestDied as error:
            found = error.reason
        except GuestError:
            found = "the machine does not go on"
        text = guest.output.decode(errors="replace")
    expect(f"A{attack.number:02}.0 begins" in text, f"the machine does not come up: {found}\n{text[-1000:]}")
    panic = re.search(r"panic[^\r\n]*", text)
    return f"{found}: {panic[0]}" if panic else found


def scripted(image, script):
    """Runs the other test on that image; the checks that failed."""
    run = subprocess.run([sys.executable, str(suite.ROOT / script.path), *script.words],
                         env=os.environ | {"COMB_IMAGE": str(image)},
                         capture_output=True, text=True, check=False)
    done = set(re.findall(r"^(?:OK  |FAIL) (\w+)", run.stdout, re.MULTILINE))
    expect(set(script.identifiers) <= done, f"not all was checked: {run.stdout[-1000:]}{run.stderr[-1000:]}")
    return ", ".join(identifier for identifier in re.findall(r"^FAIL (\w+)", run.stdout, re.MULTILINE)
                     if identifier in script.identifiers)


def noticed(folder, by):
    """Builds what the check needs and has it look."""
    is_attack = isinstance(by, Attack)
    name = "comb-hostile.efi" if is_attack else "comb.efi"
    built(folder, name)
    return (attacked if is_attack else scripted)(folder / "build" / "release" / name, by)


# --- the list ---

def control_check(folder, by):
    """Whoever is to notice holds when there is nothing to notice."""
    with check("MUT00", f"{by}: holds as long as nothing is removed"):
        expect_equal(noticed(folder, by), "")


def mutation_check(folder, number, mutation):
    found = ""
    with check(f"MUT{number:02}", f"without {mutation.name}: {mutation.by} notices"):
        with applied(folder, mutation):
            found = noticed(folder, mutation.by)
        expect(found, "nobody has noticed")
    if found:
        print(f"       {found}", flush=True)


def wanted(words):
    """Numbers, counted from 1, of the mutations to be made."""
    numbers = range(1, len(MUTATIONS) + 1)
    if not words or words == ["all"]:
        return list(numbers)
    if words == ["few"]:
        return [number for number in numbers if MUTATIONS[number - 1].name in FEW]
    if not all(word.isdigit() and int(word) in numbers for word in words):
        sys.exit(__doc__)
    return [int(word) for word in words]


def main():
    numbers = wanted(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="comb-mutation-") as name:
        folder = pathlib.Path(name)
        copied(folder)
        for by in dict.fromkeys(MUTATIONS[number - 1].by for number in numbers):
            control_check(folder, by)
        for number in numbers:
            mutation_check(folder, number, MUTATIONS[number - 1])
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
