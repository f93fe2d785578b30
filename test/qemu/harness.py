# SPDX-License-Identifier: MIT
"""What the tests that boot the machine have in common.

    with booted(options=["backend=pt"]) as guest:
        with check("QEMU0101", "it says which backend it chose"):
            expect_equal(guest.json("backend --json")[0]["backend"], "pt")
    sys.exit(verdict())

A check prints one line, OK or FAIL, and never keeps the next one from running.
Nothing here looks at a clock: time limits only end what would hang for ever.
"""
import contextlib
import json
import os
import pathlib
import re
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from comblib import disk, machine as machine_module  # noqa: E402
from comblib.guest import READY, SCRIPT_OPTIONS, Guest, GuestError  # noqa: E402,F401

HANG_S = 120.0
TAIL_LINES = 12
IMAGE = pathlib.Path(os.environ.get("COMB_IMAGE", ROOT / "build" / "release" / "comb.efi"))
COLUMNS = 80

_failed = []
_passed = []


class Wrong(Exception):
    """What was found is not what should be."""


def expect(condition, detail):
    if not condition:
        raise Wrong(detail)


def expect_equal(found, wanted, what="value"):
    if found != wanted:
        raise Wrong(f"{what}: {found!r} instead of {wanted!r}")


def expect_in(part, whole, what="output"):
    if part not in whole:
        raise Wrong(f"{part!r} is not in the {what}: {whole!r}")


@contextlib.contextmanager
def check(identifier, sentence):
    """One statement about the machine; anything raised inside means that it does not hold."""
    try:
        yield
    except Wrong as error:
        _fail(identifier, sentence, str(error))
    except GuestError as error:
        tail = "\n".join(error.tail.splitlines()[-TAIL_LINES:])
        _fail(identifier, sentence, f"{error.reason}\n--- end of the serial output ---\n{tail}")
    except Exception:  # pylint: disable=broad-except
        _fail(identifier, sentence, traceback.format_exc())
    else:
        _passed.append(identifier)
        print(f"OK   {identifier} {sentence}", flush=True)


def _fail(identifier, sentence, detail):
    _failed.append(identifier)
    print(f"FAIL {identifier} {sentence}", flush=True)
    for line in detail.rstrip().splitlines():
        print(f"       {line}", flush=True)


def verdict():
    """The exit status: 0 only if something was checked and all of it holds."""
    print(f"{len(_passed)} checks hold, {len(_failed)} do not", flush=True)
    return 1 if _failed or not _passed else 0


def image_require():
    if not IMAGE.exists():
        sys.exit(f"FAIL {IMAGE} is missing; build it with:  scripts/comb exec version")


class Shell(Guest):
    """A guest whose shell is in script mode, and ways to ask it."""

    def ok(self, line):
        """Runs a command that must succeed; returns what it printed."""
        result = self.command(line)
        expect(result.status == 0, f"'{line}' ended with status {result.status}: {result.output.strip()}")
        return result.output

    def refused(self, line):
        """Runs a command that must fail with a message; returns the message."""
        result = self.command(line)
        expect(result.status != 0, f"'{line}' succeeded: {result.output.strip()}")
        expect(result.output.strip(), f"'{line}' failed without a message")
        return result.output

    def json(self, line):
        """The objects that a command prints, one per line."""
        return [json.loads(text) for text in self.ok(line).splitlines()]

    @staticmethod
    def figures(line):
        """The one object in a line that a command printed."""
        return json.loads(line)

    def cells(self):
        """name -> row of `cells`"""
        return {row["name"]: row for row in self.json("cells --json")}

    def warnings(self):
        return [row["text"] for row in self.json("log warn --json")]

    def all_echoes_answer(self):
        """How many; every one of them must."""
        answer = self.ok("ipc check")
        match = re.match(r"(\d+) of (\d+) echo cells answered correctly", answer)
        expect(match and match[1] == match[2], answer)
        return int(match[1])

    def until(self, line, condition, what):
        """Repeats a command until its rows satisfy `condition`; the hang bound ends it otherwise."""
        while True:
            rows = self.json(line)
            if condition(rows):
                return rows
            expect(not self.is_late(), f"never: {what}; the last was {rows}")

    def until_running(self, name):
        def is_up(rows):
            return any(row["name"] == name and row["state"] == "running" for row in rows)
        return self.until("cells --json", is_up, f"{name} running")


    def shell_killed(self):
        """Has the shell kill itself; returns when the next one takes commands."""
        self.send(b"cell kill shell\n")
        self.expect(READY)

    def counts(self):
        """How many of each there are; what a cell leaves behind shows here."""
        counts = {kind: len(self.json(f"{kind} --json")) for kind in ("caps", "edges", "rings", "domains")}
        memory = {row["use"]: row["frames"] for row in self.json("mem --json") if "use" in row}
        return counts | {use: memory[use] for use in ("monitor", "page-tables", "cells", "shared")}


def machine(options=(), script=True, **changes):
    image_require()
    words = list(SCRIPT_OPTIONS) if script else ["panic=exit"]
    return machine_module.Machine(**{"image": IMAGE, "options": words + list(options), **changes})


@contextlib.contextmanager
def guest_for(description, wait_ready=True, timeout=HANG_S, qmp=False):
    """Starts a machine and ends it, whatever happens."""
    with Shell(description, timeout=timeout, qmp=qmp) as shell:
        shell.start(wait_ready)
        yield shell


def booted(options=(), timeout=HANG_S, qmp=False, **changes):
    """A machine whose shell takes commands."""
    return guest_for(machine(options, **changes), timeout=timeout, qmp=qmp)


def talking(options=(), **changes):
    """A machine with the shell that people see."""
    return guest_for(machine(options, script=False, **changes), wait_ready=False)


@contextlib.contextmanager
def disk_with(config, options=(), **changes):
    """A machine booted from a disk whose comb.cfg holds the bytes `config`."""
    image_require()
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        path = pathlib.Path(folder) / "boot.img"
        path.write_bytes(disk.disk_bytes(IMAGE.read_bytes(), config))
        with guest_for(machine(options, disk=path, **changes), wait_ready=False) as shell:
            yield shell
