#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""DOC0003: every link in the texts leads somewhere in this tree, and every file and test they name exists.

Checked are README.md, CHANGES.md and docs/: relative links and their #fragments, pictures, and
words in backquotes that look like a path of this tree or a unit test.
"""
import argparse
import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.M)
BLOCK = re.compile(r"^```.*?^```$", re.M | re.S)
PATH = re.compile(r"`((?:include|src|cells|efi|scripts|test|docs)/[\w./-]+)`")
BUILT_BY_READER = ("cells/hello", "cells/courier", "test/unit/courier_test.c")


def texts():
    return [ROOT / "README.md", ROOT / "CHANGES.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(path):
    """The fragments that headings get on the usual hosts."""
    prose = BLOCK.sub("", path.read_text(encoding="utf-8"))
    names = set()
    for heading in HEADING.findall(prose):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        names.add(plain.replace(" ", "-"))
    return names


def link_problem(path, link):
    if urllib.parse.urlsplit(link).scheme:
        return None
    name, _, fragment = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    if ROOT not in target.parents and target != ROOT:
        return f"{link} leaves the tree"
    if not target.exists():
        return f"{link} does not exist"
    if fragment and target.suffix == ".md" and fragment not in anchors(target):
        return f"{link}: no such heading"
    return None


def text_problems(path):
    name = path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    prose = BLOCK.sub("", text)
    for link in LINK.findall(prose):
        problem = link_problem(path, link)
        if problem:
            yield f"{name}: {problem}"
    for mentioned in PATH.findall(prose):
        if not mentioned.startswith(BUILT_BY_READER) and not (ROOT / mentioned).exists():
            yield f"{name}: there is no {mentioned}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", help="not needed")
    parser.parse_args()
    problems = [problem for path in texts() for problem in text_problems(path)]
    for problem in problems:
        print(f"FAIL DOC0003 {problem}")
    if not problems:
        links = sum(len(LINK.findall(path.read_text(encoding="utf-8"))) for path in texts())
        print(f"OK   DOC0003 {links} links in {len(texts())} texts")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
