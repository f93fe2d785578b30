# SPDX-License-Identifier: MIT
"""comb run: boots Comb in this terminal."""
import subprocess
import sys

from . import accelerator, arguments, guest, launch
from .project import say

SUMMARY = "boot Comb in this terminal"
DESCRIPTION = """\
Builds Comb if needed and boots it in QEMU with its console in this terminal.
The terminal is passed through raw: Ctrl-C goes to the shell of the guest.

To leave:   type  poweroff   or press  Ctrl-A X   (Ctrl-A H shows what else there is)

examples:
  comb run                              protection keys, 256 MiB
  comb run --backend none --mem 64      no isolation, little memory
  comb run --appliance forty --smp 2
  comb run --gdb                        then, in another terminal:
                    gdb build/release/src/monitor.elf -ex 'target remote :1234'
"""


def add(parser):
    arguments.add_machine(parser)


def main(parsed):
    machine = launch.machine_for(parsed)
    kind, reason = accelerator.choose(machine.icount)
    say(f"accelerator: {reason}")
    say("booting; leave with 'poweroff' or Ctrl-A X")
    if machine.gdb:
        say("waiting for a debugger on tcp:1234")
    # mon:stdio makes QEMU put the terminal into raw mode, and give it back.
    status = subprocess.run(machine.command(kind, "mon:stdio"), check=False).returncode
    if status:
        print(file=sys.stderr)
        say(guest.end_reason(status))
    return 1 if status else 0
