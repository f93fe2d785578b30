# SPDX-License-Identifier: MIT
"""comb clean: removes what was built."""
import shutil

from .project import BUILD, say

SUMMARY = "remove everything that was built"
DESCRIPTION = """\
Removes the folder build/: all presets, images, measurements and test logs.
Nothing outside of it is ever written, except where --out says so.
"""


def add(parser):
    del parser  # no flags


def main(_):
    if BUILD.exists():
        shutil.rmtree(BUILD)
        say(f"removed {BUILD}")
    else:
        say("nothing to remove")
    return 0
