# SPDX-License-Identifier: MIT
"""Command line of scripts/comb: flags shared by several commands, and how errors look."""
import argparse

from . import machine


class Parser(argparse.ArgumentParser):
    """A wrong command line is one clear message and status 2."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (try: {self.prog} --help)\n")


def memory(text):
    try:
        return machine.memory_mib(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def count(text):
    if not text.isdecimal() or not 1 <= int(text) <= 10_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 10000000")
    return int(text)


def cpu_count(text):
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of CPUs from 1 to 64")
    return int(text)


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return value


def words(text):
    if any(not 0x20 <= ord(c) < 0x7F for c in text):
        raise argparse.ArgumentTypeError("options are words of printable ASCII")
    return text


def name(text):
    if not 1 <= len(text) <= 15 or not text.replace("-", "a").replace("_", "a").isalnum():
        raise argparse.ArgumentTypeError(f"'{text}' is not a name of 1 to 15 letters, digits, - and _")
    return text


def drive(text):
    try:
        return machine.drive_parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_image(parser):
    parser.add_argument("--preset", choices=("release", "debug"), default="release",
                        help="which build to use (default: release); it is brought up to date first")
    parser.add_argument("--no-build", action="store_true", help="use what is built, whatever its age")


def add_machine(parser):
    """The flags that describe the virtual machine and how Comb boots in it."""
    add_image(parser)
    guest = parser.add_argument_group("how Comb boots")
    guest.add_argument("--backend", choices=machine.BACKENDS,
                       help="what isolates cells: protection keys, page tables, or nothing (for measuring)")
    guest.add_argument("--appliance", type=name, metavar="NAME",
                       help="which set of cells to start: the stem of a file in cells/appliances")
    guest.add_argument("--append", type=words, default="", metavar="OPTS",
                       help="more words for the guest's command line, such as log=debug")
    hardware = parser.add_argument_group("the virtual machine")
    hardware.add_argument("--mem", type=memory, default=256, metavar="M", help="memory: 256 (MiB), 64M, 1G")
    hardware.add_argument("--cpu", default="", metavar="C",
                          help="QEMU CPU model, such as max,-pku (default: the best there is)")
    hardware.add_argument("--smp", type=cpu_count, default=1, metavar="N", help="number of CPUs")
    hardware.add_argument("--icount", action="store_true",
                          help="count instructions: one tick of the TSC is one instruction; slow and exact")
    hardware.add_argument("--disk", action="store_true", help="boot from a disk image instead of -kernel")
    hardware.add_argument("--drive", action="append", type=drive, default=[], metavar="KIND=FILE",
                          help=f"a disk: KIND is {', '.join(machine.DRIVE_KINDS)}; FILE a raw image, "
                               f"or {machine.NULL_DRIVE}; repeat it for more")
    hardware.add_argument("--iommu", action=argparse.BooleanOptionalAction, default=True,
                          help="an IOMMU with interrupt remapping (default: on)")
    hardware.add_argument("--edu", action=argparse.BooleanOptionalAction, default=None,
                          help="QEMU's education device, to see DMA refused (default: on in 'run')")
    hardware.add_argument("--rng", action="store_true", help="a virtio source of random numbers")
    hardware.add_argument("--gdb", action="store_true",
                          help="wait for a debugger on tcp:1234 before the first instruction")
    hardware.add_argument("--qemu-arg", action="append", default=[], metavar="A",
                          help="one more argument for QEMU; repeat it; write --qemu-arg=-device with the =")
