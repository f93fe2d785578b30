# SPDX-License-Identifier: MIT
"""comb exec: boots Comb, runs commands, prints their output."""
import sys

from . import accelerator, arguments, launch
from .guest import SCRIPT_OPTIONS, Guest, GuestError
from .project import say

SUMMARY = "boot Comb, run shell commands, print what they print"
DESCRIPTION = """\
Boots Comb without a terminal, runs each COMMAND in its shell, in order, and
prints their output and nothing else on standard output.  Then powers off.

exit status: 0  every command succeeded and the guest powered off
             1  a command failed, or the guest died, panicked or hung
                (standard error says which, with the end of the serial output)

examples:
  comb exec 'cells' 'mem'
  comb exec --backend pt 'ipc gate0 -n 1000 --json'
  comb exec --icount 'version --json'
"""


def add(parser):
    arguments.add_machine(parser)
    parser.add_argument("--timeout", type=arguments.seconds, default=120.0, metavar="S",
                        help="give up after this many seconds, boot included; only a bound on hanging")
    parser.add_argument("--log", metavar="FILE", help="also write all serial output to this file")
    parser.add_argument("commands", nargs="+", metavar="COMMAND", help="one shell command line each")


def commands_run(guest, commands):
    """True if all of them succeeded; a failure does not keep the others from running."""
    failed = 0
    for line in commands:
        result = guest.command(line)
        sys.stdout.write(result.output)
        sys.stdout.flush()
        if result.status:
            say(f"'{line}' failed with status {result.status}")
            failed += 1
    return failed == 0


def main(parsed):
    machine = launch.machine_for(parsed, SCRIPT_OPTIONS)
    say(f"accelerator: {accelerator.choose(machine.icount)[1]}")
    with Guest(machine, timeout=parsed.timeout, log=parsed.log) as guest:
        try:
            guest.start()
            succeeded = commands_run(guest, parsed.commands)
            guest.close()
        except GuestError as error:
            say(error.reason)
            print(f"--- end of the serial output ---\n{error.tail}", file=sys.stderr)
            return 1
    return 0 if succeeded else 1
