# SPDX-License-Identifier: MIT
"""One run of the hostile suite: boots comb-hostile.efi and reads what the judge says.

    rows = run("pku", number=18).rows        # {(18, 0): Row(...), ...}

A machine that panics, hangs or resets has lost against the attack that was under way: that row has
a verdict of None, and its notes say what happened.  Then another machine tries what comes after it.
"""
import dataclasses
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from comblib.guest import Guest, GuestError  # noqa: E402
from comblib.machine import Machine  # noqa: E402

IMAGE = pathlib.Path(os.environ.get("COMB_HOSTILE_IMAGE", ROOT / "build" / "release" / "comb-hostile.efi"))
HANG_S = 900.0
BEGINS = re.compile(r"judge: A(\d\d)\.(\d+) begins")
VARIANT = re.compile(r"judge: A(\d\d)\.(\d+) variant (.*)")
NEEDS = re.compile(r"judge: A(\d\d)\.(\d+) (needs .*)")
VERDICT = re.compile(r"judge: A(\d\d)\.(\d+) (held|FAIL|SKIP): (.*): (\d+) of (\d+) variants, (\d+) killed, "
                     r"(\d+) wrong, gap (\d+) us")
JUDGE_DIED = rb"warden: judge (?:crashed|ended|failed)"
LAST = rb"judge: hostile: (\d+) held, \d+ failed, "
TAIL_LINES = 8


@dataclasses.dataclass
class Row:
    """What the judge said of one row of its tables."""
    verdict: str | None = None  # "held", "FAIL", "SKIP"; None: the machine did not survive it
    name: str = ""
    judged: int = 0
    variants: int = 0
    gap_us: int = 0
    notes: list = dataclasses.field(default_factory=list)  # the first variants that went wrong


@dataclasses.dataclass
class Run:
    rows: dict  # (number, group) -> Row
    ends: list = dataclasses.field(default_factory=list)  # why machines did not come to the last line


def rows_of(text):
    rows = {}
    for line in text.splitlines():
        if match := BEGINS.search(line):
            rows[int(match[1]), int(match[2])] = Row()
        elif match := VARIANT.search(line) or NEEDS.search(line):
            rows[int(match[1]), int(match[2])].notes.append(match[3])
        elif match := VERDICT.search(line):
            row = rows[int(match[1]), int(match[2])]
            row.verdict, row.name = match[3], match[4]
            row.judged, row.variants = int(match[5]), int(match[6])
            row.gap_us = int(match[9])
    return rows


def machine(backend, number, words, icount, image):
    options = ["appliance=hostile", "log=info", "panic=exit", f"backend={backend}", *words]
    options += [f"attack={number}"] if number else []
    options += ["icount"] if icount else []
    return Machine(image=image, options=options, icount=icount, edu=True)


def boot(description, timeout):
    """One machine: what the judge said, and why it did not come to its last line (None: it did)."""
    with Guest(description, timeout=timeout) as guest:
        end = None
        try:
            guest.start(wait_ready=False)
            if not guest.expect(re.compile(LAST + rb"|" + JUDGE_DIED))[1]:
                end = "the judge itself was stopped\n" + guest.tail()
        except GuestError as error:
            end = f"{error.reason}\n{error.tail}"
        return rows_of(guest.output.decode(errors="replace")), end


def brief(end):
    first, *rest = end.splitlines()
    return "\n".join([first, *rest[-TAIL_LINES:]])


def run(backend, number=None, words=(), icount=False, image=IMAGE, timeout=HANG_S):
    """All attacks, or those of one number."""
    whole = Run({})
    following = []
    while True:
        rows, end = boot(machine(backend, number, [*words, *following], icount, image), timeout)
        whole.rows |= rows
        if end is None:
            return whole
        whole.ends.append(brief(end))
        lost = [at for at, row in rows.items() if row.verdict is None]
        if not lost or number is not None:
            return whole
        whole.rows[lost[-1]].notes.append(whole.ends[-1])
        following = [f"from={lost[-1][0] + 1}"]
