# SPDX-License-Identifier: MIT
"""The shell as people use it: keys, history, completion, interruption."""
import re
import sys

from harness import booted, check, expect, expect_equal, expect_in, guest_for, machine, talking, verdict

PROMPT = b"comb> "
UP, DOWN, RIGHT, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D"
BELL = b"\a"
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")

# What is typed, and the words that 'echo' then repeats.
EDITS = (
    (b"echo abc" + LEFT * 3 + b"X", b"Xabc"),
    (b"cho home\x01e", b"home"),
    (b"cho home\x1b[He", b"home"),
    (b"cho home\x1b[1~e", b"home"),
    (b"cho home\x1bOHe", b"home"),
    (b"echo end" + LEFT * 3 + b"\x05s", b"ends"),
    (b"echo end" + LEFT * 3 + b"\x1b[Fs", b"ends"),
    (b"echo end" + LEFT * 3 + b"\x1b[4~s", b"ends"),
    (b"echo abX\x7fc", b"abc"),
    (b"echo abX\x08c", b"abc"),
    (b"echo aXbc" + LEFT * 3 + b"\x1b[3~", b"abc"),
    (b"echo aXbc" + LEFT * 3 + b"\x04", b"abc"),
    (b"echo ac\x02b", b"abc"),
    (b"echo ac\x02\x06b", b"acb"),
    (b"echo ac\x02b" + RIGHT * 9 + b"d", b"abcd"),
    (b"echo keep this" + LEFT * 5 + b"\x0b", b"keep"),
    (b"rubbish\x15echo clean", b"clean"),
    (b"echo one two\x17three", b"one three"),
    (b"echo redrawn\x0c", b"redrawn"),
    (b"echo un\x1b[99;5~known \x1bOP\x1b[Zkeys", b"unknown keys"),
    (b"echo 'two  blanks' \"a \\\" b\" c\\ d", b"two  blanks a \" b c d"),
    (b"echo " + b"w" * 200, b"w" * 200),
)


def line(guest, typed, end=b"\r"):
    """Types a line; returns what appears between it and the next prompt, a list of lines."""
    guest.send(typed + end)
    guest.expect(b"\r\n")
    match = guest.expect(PROMPT)
    text = ESCAPE.sub(b"", guest.before).replace(b"\r\n", b"\n").replace(b"\r", b"")
    expect(match, "no prompt")
    return text.rstrip(b"\n").split(b"\n")


def repeated(guest, typed, wanted, end=b"\r"):
    expect_equal(line(guest, typed, end)[-1], wanted, f"answer to {typed!r}")


def editing_checks(guest):
    with check("QEMU0302", "every editing key does what its name says"):
        for typed, wanted in EDITS:
            repeated(guest, typed, wanted)
    with check("QEMU0303", "CR, LF and CR LF each end one line, and only one"):
        for end in (b"\r", b"\n", b"\r\n"):
            repeated(guest, b"echo before", b"before", end)
        guest.send(b"echo a\r\necho b\necho c\r")
        for wanted in (b"a", b"b", b"c"):
            guest.expect(re.compile(rb"\n%s\r\n\r?%s" % (wanted, PROMPT)))
            expect_equal(guest.before.count(PROMPT), 0, "extra prompts")


def history_checks(guest):
    with check("QEMU0304", "the history goes back and forth, and keeps the line being typed"):
        line(guest, b"echo first")
        line(guest, b"echo second")
        repeated(guest, UP, b"second")
        repeated(guest, UP * 2, b"first")
        repeated(guest, b"echo third" + UP + DOWN, b"third")
        repeated(guest, b"\x10\x10\x0e", b"third")
        repeated(guest, UP * 1000 + DOWN * 1000 + b"echo deep", b"deep")
    with check("QEMU0305", "'history' lists at most 32 lines, the last one last"):
        rows = line(guest, b"history")
        expect(2 <= len(rows) <= 32 and rows[-1].endswith(b"history"), f"{rows}")


def completion_checks(guest):
    with check("QEMU0306", "Tab completes commands, cells, faults and options; it lists what is ambiguous"):
        expect_in(b"Comb ", line(guest, b"vers\t")[0])
        expect_in(b"image echo", b"\n".join(line(guest, b"cell inf\tech\t")))
        expect_in(b"wall", b"\n".join(line(guest, b"time --j\t")))
        guest.send(b"cell st\t")
        guest.expect(b"start")
        guest.expect(b"stop")
        guest.send(b"\x03")
        guest.expect(PROMPT)
        guest.send(b"nothingbeginslikethis\t")
        guest.expect(BELL)
        guest.send(b"\x03")
        guest.expect(b"^C")
        guest.expect(PROMPT)


def interrupt_checks(guest):
    with check("QEMU0307", "Ctrl-C drops the line being typed"):
        guest.send(b"poweroff\x03")
        guest.expect(b"^C")
        guest.expect(PROMPT)
        repeated(guest, b"echo still here", b"still here")
    with check("QEMU0308", "Ctrl-C ends a command that would run for hours"):
        guest.send(b"top -n 10000 -d 60000\r")
        guest.expect(b"\r\n")
        guest.send(b"\x03")
        guest.expect(b"interrupted")
        guest.expect(PROMPT)
        repeated(guest, b"echo still here", b"still here")


def error_checks(guest):
    with check("QEMU0309", "an unknown command and an open quote are one clear line"):
        expect_equal(line(guest, b"frobnicate 1 2"), [b"unknown command 'frobnicate'; type 'help'"])
        expect_in(b"cannot read this line", line(guest, b"echo 'open")[0])
        expect_equal(line(guest, b"   "), [b""])
    with check("QEMU0310", "a line of 64 KiB is one message; the shell goes on"):
        guest.send(b"echo " + b"x" * 65536 + b"\r")
        guest.expect(b"this one was dropped")
        guest.expect(PROMPT)
        repeated(guest, b"echo still here", b"still here")
    with check("QEMU0311", "a crash is reported above the prompt, and what was typed stays"):
        line(guest, b"cell break echo null")
        guest.send(b"echo ty")
        guest.expect(b"echo ty")
        repeated(guest, b"ped", b"typed")
        expect_in(b"crash of echo (instance 1)", guest.output)
    with check("QEMU0312", "the shell kills itself; the next one greets and takes lines"):
        guest.send(b"cell kill shell\r")
        guest.expect(b"Type 'help'")
        guest.expect(PROMPT)
        repeated(guest, b"echo again", b"again")


def other_terminals():
    with check("QEMU0321", "a dumb terminal gets no escape sequence, and editing still works"), \
            talking(["term=dumb"]) as guest:
        guest.expect(b"Type 'help'")
        begin = len(guest.output)
        guest.expect(PROMPT)
        repeated(guest, b"echo abc" + LEFT * 3 + b"X", b"Xabc")
        line(guest, b"clear")
        repeated(guest, b"echo after", b"after")
        expect(b"\x1b" not in guest.output[begin:], f"{guest.output[begin:]!r}")
    with check("QEMU0322", "without isolation the prompt and the greeting say so"), \
            guest_for(machine(["backend=none"], script=False), wait_ready=False) as guest:
        guest.expect(b"NOTHING KEEPS THESE CELLS APART")
        guest.expect(b"comb (no isolation)> ")


def main():
    with check("QEMU0301", "it greets with build and backend, and prompts"), talking() as guest:
        guest.expect(re.compile(rb"Comb \S+.*, backend pku, \d+ cells\.  Type 'help'\."))
        guest.expect(PROMPT)
        for checks in (editing_checks, history_checks, completion_checks, interrupt_checks, error_checks):
            checks(guest)
    other_terminals()
    with check("QEMU0323", "power is switched off by 'poweroff'"), booted() as guest:
        guest.close()
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
