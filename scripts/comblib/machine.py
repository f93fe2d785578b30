# SPDX-License-Identifier: MIT
"""A virtual machine: what it has, and the QEMU command line that makes it."""
import dataclasses
import json
import pathlib
import re

from .project import Failure

FIRMWARE = ("/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF_CODE.fd",
            "/usr/share/edk2/x64/OVMF.4m.fd")
BACKENDS = ("pku", "pt", "none")
MEMORY_MIB_MIN, MEMORY_MIB_MAX = 16, 1024 * 1024
EDU_DMA_MASK = 0xFF_FFFF_FFFF  # its default reaches 256 MiB, less than where the IOMMU puts a cell's memory


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


DRIVE_KINDS = ("virtio-blk", "nvme", "ahci")
NULL_DRIVE = "null-co"  # as a file: a disk that holds nothing and costs nothing
NULL_BYTES = 512 << 20


@dataclasses.dataclass
class Drive:
    """A disk of the guest's.  Everything but `kind` and `file` may be left alone.

    `node` replaces the file by a -blockdev in full, for disks with faults; it has to
    carry the node name drive.name.  `properties` go to the device, `bus` names where it is
    plugged in: a root port, or for a namespace of an NVMe controller that controller.
    """
    kind: str  # one of DRIVE_KINDS, or nvme-ns
    file: str = ""
    name: str = ""  # "": drive0, drive1, ... in order
    read_only: bool = False
    cache: str = "writeback"
    bus: str = ""
    node: dict | None = None
    properties: dict = dataclasses.field(default_factory=dict)

    def backend(self):
        if self.node is not None:
            return ["-blockdev", json.dumps(self.node)]
        if self.file == NULL_DRIVE:
            source = f"driver=null-co,size={NULL_BYTES},read-zeroes=on"
        else:
            source = (f"file={str(self.file).replace(',', ',,')},format=raw,cache={self.cache},discard=unmap"
                      + (",readonly=on" if self.read_only else ""))
        return ["-drive", f"if=none,id={self.name},{source}"]

    def device(self, number, with_iommu):
        """The -device argument; `number` counts the disks of its kind."""
        words = {"drive": self.name} | ({"bus": self.bus} if self.bus else {})
        if self.kind == "virtio-blk":
            words = {"driver": "virtio-blk-pci"} | words | virtio_properties(with_iommu)
        elif self.kind == "ahci":
            words = {"driver": "ide-hd", "bus": f"ide.{number}"} | words
        else:
            words = {"driver": self.kind} | words
        if self.kind != "nvme-ns":
            words["serial"] = f"comb-{self.name}"
        return ",".join(key_value if key == "driver" else f"{key}={key_value}"
                        for key, key_value in (words | self.properties).items())

    def arguments(self, number, with_iommu):
        return self.backend() + ["-device", self.device(number, with_iommu)]


def virtio_properties(with_iommu):
    """A virtio device goes round the IOMMU unless told not to, and Comb drives modern ones only."""
    return {"disable-legacy": "on"} | ({"iommu_platform": "on"} if with_iommu else {})


def drive_parse(text):
    """'nvme=FILE' as a Drive."""
    kind, _, file = text.partition("=")
    if kind not in DRIVE_KINDS or not file:
        raise ValueError(f"'{text}' is not KIND=FILE with KIND one of {', '.join(DRIVE_KINDS)}")
    if file != NULL_DRIVE and not pathlib.Path(file).is_file():
        raise ValueError(f"'{file}' is no file; make one with: truncate -s 64M {file}")
    return Drive(kind, file)


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
    iommu: bool = True  # with interrupt remapping
    edu: bool = False   # QEMU's education device, which does DMA wherever it is told to
    rng: bool = False
    drives: list = dataclasses.field(default_factory=list)
    extra_first: list = dataclasses.field(default_factory=list)  # before the drives: ports, controllers
    extra: list = dataclasses.field(default_factory=list)

    def boot_arguments(self):
        if self.disk:
            return ["-drive", f"file={self.disk},format=raw,if=none,id=disk0,snapshot=on",
                    "-device", "ide-hd,drive=disk0,bootindex=0"]
        arguments = ["-kernel", str(self.image)]
        if self.options:
            arguments += ["-append", " ".join(self.options)]
        return arguments

    def device_arguments(self):
        """The IOMMU comes first: it has to be there before what it translates for."""
        arguments = ["-device", "intel-iommu,intremap=on"] if self.iommu else []
        arguments += self.extra_first
        first_ahci = 1 if self.disk else 0  # the boot disk has the first port
        counts = dict.fromkeys((*DRIVE_KINDS, "nvme-ns"), 0) | {"ahci": first_ahci}
        for number, drive in enumerate(self.drives):
            named = dataclasses.replace(drive, name=drive.name or f"drive{number}")
            arguments += named.arguments(counts[drive.kind], self.iommu)
            counts[drive.kind] += 1
        if self.edu:
            arguments += ["-device", f"edu,dma_mask={EDU_DMA_MASK:#x}"]
        if self.rng:
            properties = "".join(f",{key}={value}" for key, value in virtio_properties(self.iommu).items())
            arguments += ["-object", "rng-random,id=random0,filename=/dev/urandom",
                          "-device", f"virtio-rng-pci,rng=random0{properties}"]
        return arguments

    def command(self, accelerator, serial):
        """The whole QEMU command line; `serial` is a chardev such as 'stdio'."""
        split = ",kernel-irqchip=split" if self.iommu and accelerator == "kvm" else ""
        command = ["qemu-system-x86_64", "-machine", f"q35{split}", "-accel", accelerator,
                   "-cpu", self.cpu or ("host" if accelerator == "kvm" else "max"),
                   "-m", str(self.memory), "-smp", str(self.cpus),
                   "-nodefaults", "-display", "none", "-serial", serial, "-net", "none",
                   "-no-reboot", "-bios", firmware(),
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        command += self.device_arguments() + self.boot_arguments()
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
