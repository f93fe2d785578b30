# SPDX-License-Identifier: MIT
"""comb scan: whether the machine would let this code run."""
import json
import pathlib

from . import scan_file, scan_host
from .project import image_path

SUMMARY = "say of a cell, or of any ELF, what the wall would"
DESCRIPTION = """\
Judges code as the machine does, by the same functions:

  V1     no byte sequence that writes the protection-key register, at any offset
  V2     every instruction is on the allow-list
  V3     every branch ends at the beginning of an instruction, or at a thunk
  V4     calls through pointers, and entry points, end where functions begin

FILE is a cell's ELF or image, a comb.efi (then all cells in it), or any other
ELF for x86-64: of that, V1 is said of what is executable in it.  The manifest of
a cell says whether it is 'strict' (V1 to V4) or 'scan-only' (V1).

V1 is told of all places; V2 to V4 of the first, as verifying ends there.

exit status: 0  all of it may run
             1  some of it is refused
             2  the file cannot be read, or is none of these

examples:
  comb scan build/release/comb.efi
  comb scan build/release/cells/echo/echo.elf --json
"""

OK, REFUSED, NOT_ASKED = "ok", "refused", "-"


def add(parser):
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=image_path("release"), metavar="FILE",
                        help="what to judge (default: the release build's comb.efi)")
    parser.add_argument("--json", action="store_true", help="one JSON object per cell or range of code")
    parser.add_argument("--scan-only", action="store_true", help="as if every manifest asked for V1 alone")


def judge(program, source, scan_only):
    if source.wrong:
        find = scan_host.Find("image", source.begin, "", source.wrong)
        return scan_host.Verdict(NOT_ASKED, 0, [find])
    return scan_host.judge(program, source, scan_only)


def column(verdict, levels):
    return REFUSED if any(find.level in levels for find in verdict.finds) else OK


def columns(verdict):
    """What the table says of V1, and of V2 to V4."""
    if any(find.level == "image" for find in verdict.finds):
        return NOT_ASKED, NOT_ASKED
    inside = column(verdict, ("V2", "V3", "V4")) if verdict.policy == "strict" else NOT_ASKED
    return column(verdict, ("V1",)), inside


def find_line(source, find):
    symbol = source.symbol(find.at)
    where = f"{find.at:#x}" + (f" ({symbol})" if symbol else "")
    code = " ".join(find.code[at:at + 2] for at in range(0, len(find.code), 2))
    if find.level == "image":
        return f"{source.name}: {find.why}"
    return f"{source.name}: {find.level} at {where}: {code + ': ' if code else ''}{find.why}"


def table_print(judged):
    rows = [("name", "policy", "text bytes", "V1", "V2-V4")]
    rows += [(source.name, verdict.policy, str(verdict.text_bytes), *columns(verdict))
             for source, verdict in judged]
    widths = [max(len(row[index]) for row in rows) for index in range(4)]
    for name, policy, text, first, rest in rows:
        print(f"{name:{widths[0]}}  {policy:{widths[1]}}  {text:>{widths[2]}}  {first:{widths[3]}}  {rest}")
    for source, verdict in judged:
        for find in verdict.finds:
            print(find_line(source, find))


def json_print(path, judged):
    for source, verdict in judged:
        finds = [{"level": find.level, "offset": find.at, "bytes": find.code,
                  "symbol": source.symbol(find.at), "why": find.why} for find in verdict.finds]
        print(json.dumps({"schema": "comb.scan.1", "file": str(path), "name": source.name,
                          "policy": verdict.policy, "text_bytes": verdict.text_bytes,
                          "verdict": REFUSED if finds else OK, "finds": finds}))


def main(parsed):
    sources = scan_file.sources(parsed.file)
    program = scan_host.program()
    judged = [(source, judge(program, source, parsed.scan_only)) for source in sources]
    if parsed.json:
        json_print(parsed.file, judged)
    else:
        table_print(judged)
    return 1 if any(verdict.finds for _, verdict in judged) else 0
