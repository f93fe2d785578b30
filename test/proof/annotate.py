# SPDX-License-Identifier: MIT
"""Puts annotations into a copy of a source, for a prover: the source itself stays as it ships.

An annotation file is a list of blocks

    @ LINE OF THE SOURCE
    /*@ ... */

Each block goes in front of the one line that is exactly that, blanks at its ends aside; @2 means
the second of several.  Only comments go in, so what is proved is what is compiled.
"""
import re

from derive import Stale

BLOCK = re.compile(r"^@(\d*) ([^\n]*)\n(.*?)(?=^@|\Z)", re.M | re.S)
COMMENTS = re.compile(r"(/\*@((?!\*/).)*\*/\s*)+", re.S)


def place(lines, wanted, number):
    """Index of the line that `wanted` is, the `number`th of several."""
    at = [index for index, line in enumerate(lines) if line.strip() == wanted]
    if len(at) != 1 and not 1 <= number <= len(at):
        raise Stale(f"{len(at)} lines are: {wanted}")
    return at[max(number, 1) - 1]


def annotate(source, annotations):
    """The source with the annotations in it."""
    lines = source.splitlines()
    for number, wanted, annotation in BLOCK.findall(annotations):
        if not COMMENTS.fullmatch(annotation.strip()):
            raise Stale(f"not a comment and nothing else: {annotation}")
        lines.insert(place(lines, wanted.strip(), int(number or 0)), annotation.strip())
    return "\n".join(lines) + "\n"
