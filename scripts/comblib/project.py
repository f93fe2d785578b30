# SPDX-License-Identifier: MIT
"""Where things are, and how this project talks to its user."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PRESETS = ("release", "debug", "host-test")


class Failure(Exception):
    """Ends the program with one clear message; `status` becomes the exit status."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


def say(text):
    """A line about what is going on.  Never on stdout: that is for results."""
    print(f"comb: {text}", file=sys.stderr, flush=True)


def image_path(preset):
    return BUILD / preset / "comb.efi"


def commit():
    """The commit this tree is at, for people who compare measurements."""
    result = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"
