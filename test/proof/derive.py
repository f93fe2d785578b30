# SPDX-License-Identifier: MIT
"""A copy of the shipping sources with small tables, for proofs that visit every state.

Each rule is (file, text, replacement); the text must occur exactly once, so a change of the source
that a rule no longer fits is noticed.  Nothing else differs from what ships: the copy is made anew
for each run.
"""
import pathlib
import shutil


class Stale(Exception):
    """A rule does not fit the source any more."""


def replace_once(path, text, replacement):
    content = path.read_text()
    if content.count(text) != 1:
        raise Stale(f"{path}: {content.count(text)} times, not once: {text!r}")
    path.write_text(content.replace(text, replacement))


def derive(root, out, rules):
    """Copies include/, src/ and cells/lib to `out` and applies `rules` there."""
    root, out = pathlib.Path(root), pathlib.Path(out)
    for folder in ("include", "src", "cells/lib", "test/proof", "test/unit"):
        shutil.copytree(root / folder, out / folder)
    for name, text, replacement in rules:
        replace_once(out / name, text, replacement)
