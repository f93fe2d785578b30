# SPDX-License-Identifier: MIT
"""comb run: boots Comb in this terminal."""
import pathlib
import subprocess
import sys
import tempfile

from . import accelerator, arguments, guest, launch, symbols
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
  comb run --drive nvme=disk.img --drive virtio-blk=other.img
  comb run --no-iommu                   devices then reach all memory: Comb says so
  comb run --gdb                        then, in another terminal:
                    gdb build/release/src/monitor.elf -ex 'target remote :1234'
"""


def add(parser):
    arguments.add_machine(parser)


def terminal(log):
    """QEMU puts the terminal into raw mode, shares it with its monitor, and gives it back.

    What the guest says goes to the file as well: nobody else sees it.
    """
    return ["-chardev", f"stdio,id=line,mux=on,signal=off,logfile={log}",
            "-mon", "chardev=line,mode=readline"]


def main(parsed):
    if parsed.edu is None:
        parsed.edu = True
    machine = launch.machine_for(parsed)
    kind, reason = accelerator.choose(machine.icount)
    say(f"accelerator: {reason}")
    say("booting; leave with 'poweroff' or Ctrl-A X")
    if machine.gdb:
        say("waiting for a debugger on tcp:1234")
    with tempfile.TemporaryDirectory(prefix="comb-run-") as folder:
        log = pathlib.Path(folder) / "serial"
        status = subprocess.run(machine.command(kind, "chardev:line") + terminal(log), check=False).returncode
        note = symbols.panic_note(log.read_bytes(), machine.image) if log.exists() else None
    if status or note:
        print(file=sys.stderr)
    if status:
        say(guest.end_reason(status))
    if note:
        say(note)
    return 1 if status else 0
