# SPDX-License-Identifier: MIT
"""A virtual machine: what it has, and the QEMU command line that makes it."""
import dataclasses
import pathlib
import re

from .project import Failure

FIRMWARE = ("/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF_CODE.fd",
            "/usr/share/edk2/x64/OVMF.4m.fd")
BACKENDS = ("pku", "pt", "none")
MEMORY_MIB_MIN, MEMORY_MIB_MAX = 16, 1024 * 1024


def firmware():
    for path in FIRMWARE:
        if pathlib.Path(path).exists():
            return path
    raise Failure("no UEFI firmware found; install the package ovmf")


def memory_mib(text):
    """'256', '256M' or '1G' in MiB."""
    match = re.fullmatch(r"(\d{1,7})([MG]?)", text, re.IGNORECASE)
    value = int(match[1]) * (1024 if match[2].upper() == "G" else 1) if match else 0
    if not MEMORY_MIB_MIN <= value <= MEMORY_MIB_MAX:
        raise ValueError(f"'{text}' is not an amount of memory such as 256, 256M or 1G")
    return value


@dataclasses.dataclass
class Machine:
    """`options` are the words of the guest's command line."""
    image: pathlib.Path
    memory: int = 256  # MiB
    cpu: str = ""      # "": the best of the accelerator
    cpus: int = 1
    icount: bool = False
    disk: pathlib.Path | None = None  # boot from this instead of from `image`
    options: list = dataclasses.field(default_factory=list)
    gdb: bool = False
    extra: list = dataclasses.field(default_factory=list)

    def boot_arguments(self):
        if self.disk:
            return ["-drive", f"file={self.disk},format=raw,if=none,id=disk0,snapshot=on",
                    "-device", "ide-hd,drive=disk0,bootindex=0"]
        arguments = ["-kernel", str(self.image)]
        if self.options:
            arguments += ["-append", " ".join(self.options)]
        return arguments

    def command(self, accelerator, serial):
        """The whole QEMU command line; `serial` is a chardev such as 'stdio'."""
        command = ["qemu-system-x86_64", "-machine", "q35", "-accel", accelerator,
                   "-cpu", self.cpu or ("host" if accelerator == "kvm" else "max"),
                   "-m", str(self.memory), "-smp", str(self.cpus),
                   "-nodefaults", "-display", "none", "-serial", serial, "-net", "none",
                   "-no-reboot", "-bios", firmware(),
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        command += self.boot_arguments()
        if self.icount:
            command += ["-icount", "shift=0,sleep=off"]
        if self.gdb:
            command += ["-gdb", "tcp::1234", "-S"]
        return command + self.extra


def guest_options(arguments):
    """The words that the common flags put on the guest's command line."""
    words = []
    if arguments.backend:
        words.append(f"backend={arguments.backend}")
    if arguments.appliance:
        words.append(f"appliance={arguments.appliance}")
    if arguments.icount:
        words.append("icount")
    return words + arguments.append.split()
