# SPDX-License-Identifier: MIT
"""What there is to scan in a file: the cells in a comb.efi, one cell, or the code of any other ELF.

Every file is hostile.  A cell's ELF becomes its image in the way it does in the build, so what is
judged is what would be loaded.
"""
import bisect
import collections
import struct

import cell_image

from . import bundle_file, symbols, traps
from .project import Failure

STATUS_BAD_INPUT = 2
ELF_MAGIC, EFI_MAGIC = b"\x7fELF", b"MZ"
IMAGE_MAGIC = struct.pack("<Q", cell_image.MAGIC)
ELF_64_LITTLE = (2, 1)
EXECUTABLE_TYPES = (2, 3)  # ET_EXEC, ET_DYN
EXECUTE = 1
PAGE = cell_image.PAGE_BYTES
TRAP = struct.Struct("<4I")
NAME_MAX = 64

# kind: what the host program is asked, or None with `wrong`; begin: address of the first byte of
# `data`; symbol: address -> text
Source = collections.namedtuple("Source", "name kind data begin symbol wrong", defaults=(None,))


def printable(name):
    return "".join(chr(byte) if 32 < byte < 127 else "." for byte in name[:NAME_MAX])


def nothing(_address):
    return ""


# --- Cells ---

def image_names(image):
    """[(offset, name)] of a cell's image; empty where they are not as they should be"""
    fields = cell_image.HEADER.unpack_from(image)
    pages, count, traps = fields[3:8], fields[12], fields[14]
    table = sum(pages[:4]) * PAGE
    strings = table + count * cell_image.SYMBOL.size + traps * TRAP.size
    if strings > len(image):
        return []
    rows = cell_image.SYMBOL.iter_unpack(image[table:table + count * cell_image.SYMBOL.size])
    return [(offset, image[strings + name:strings + name + NAME_MAX].split(b"\0")[0])
            for offset, name in rows]


def image_symbol(image):
    names = image_names(image)
    offsets = [offset for offset, _ in names]

    def symbol(address):
        index = bisect.bisect(offsets, address) - 1
        if index < 0 or not names[index][1]:
            return ""
        return f"{printable(names[index][1])}+{address - offsets[index]:#x}"
    return symbol


def image_source(name, image):
    if len(image) < cell_image.HEADER.size:
        raise Failure(f"{name}: shorter than the header of a cell's image", STATUS_BAD_INPUT)
    return Source(name, "image", image, 0, image_symbol(image))


# --- Other ELF files ---

def programs_of(name, data):
    """Program headers of an ELF for x86-64 that could be run."""
    try:
        header = cell_image.ElfHeader(*cell_image.ELF_HEADER.unpack_from(data))
        programs = [cell_image.Program(*cell_image.PROGRAM.unpack_from(
            data, header.programs + index * cell_image.PROGRAM.size)) for index in range(header.count)]
    except (struct.error, OverflowError):
        raise Failure(f"{name}: cut short: the ELF's headers are not all there", STATUS_BAD_INPUT) from None
    if (header.bits, header.order) != ELF_64_LITTLE or header.machine != cell_image.ELF_X86_64:
        raise Failure(f"{name}: an ELF, but not for x86-64", STATUS_BAD_INPUT)
    if header.type not in EXECUTABLE_TYPES or header.program_bytes != cell_image.PROGRAM.size:
        raise Failure(f"{name}: an ELF that nobody can run: not linked yet?", STATUS_BAD_INPUT)
    for program in programs:
        is_needed = program.type in (cell_image.LOAD, cell_image.NOTE)
        if is_needed and program.offset + program.file_bytes > len(data):
            raise Failure(f"{name}: cut short: a segment ends behind the file's end", STATUS_BAD_INPUT)
    return programs


def has_manifest(programs, data):
    """Whether it means to be a cell."""
    owner = struct.pack("<I", len(cell_image.NOTE_OWNER))
    for program in programs:
        notes = data[program.offset:program.offset + program.file_bytes]
        if program.type == cell_image.NOTE and owner in notes and cell_image.NOTE_OWNER in notes:
            return True
    return False


def ranges_of(programs, data):
    """[(address, bytes)] of what is executable, with what lies in one run of pages joined: seams count"""
    ranges = []
    for program in sorted(programs, key=lambda each: each.address):
        if program.type != cell_image.LOAD or not program.flags & EXECUTE or not program.file_bytes:
            continue
        code = data[program.offset:program.offset + program.file_bytes]
        if ranges:
            begin, before = ranges[-1]
            end = begin + len(before)
            if end <= program.address <= cell_image.page_align(end):
                ranges[-1] = (begin, before.ljust(program.address - begin, b"\0") + code)
                continue
        ranges.append((program.address, code))
    return ranges


def image_of(data):
    """A cell's image; the build trusts its linker more than a file from anywhere deserves"""
    try:
        return cell_image.image_bytes(data)
    except (traps.TrapsError, struct.error, LookupError, ArithmeticError, ValueError) as error:
        raise cell_image.ImageError(f"malformed: {error}") from error


def elf_sources(name, data):
    programs = programs_of(name, data)
    try:
        return [image_source(name, image_of(data))]
    except cell_image.ImageError as error:
        if has_manifest(programs, data):
            return [Source(name, None, b"", 0, nothing, str(error))]
    ranges = ranges_of(programs, data)
    if not ranges:
        raise Failure(f"{name}: nothing in it is executable", STATUS_BAD_INPUT)

    def symbol(address):
        return symbols.symbol_in(data, address) or ""
    return [Source(name if len(ranges) == 1 else f"{name}@{begin:#x}", "text", code, begin, symbol)
            for begin, code in ranges]


# --- All of them ---

def efi_sources(name, data):
    try:
        entries = bundle_file.entries(bundle_file.bundle_in(data))
    except bundle_file.BundleFileError as error:
        raise Failure(f"{name}: {error}", STATUS_BAD_INPUT) from None
    return [image_source(entry.name, entry.payload) for entry in entries if entry.kind == "cell"]


READERS = ((ELF_MAGIC, elf_sources), (EFI_MAGIC, efi_sources),
           (IMAGE_MAGIC, lambda name, data: [image_source(name, data)]))


def sources(path):
    """Everything to scan in the file, in its order."""
    try:
        data = bundle_file.read(path)
    except bundle_file.BundleFileError as error:
        raise Failure(f"{path}: {error}", STATUS_BAD_INPUT) from None
    for magic, reader in READERS:
        if data.startswith(magic):
            return reader(path.name, data)
    raise Failure(f"{path}: neither an ELF, nor a cell's image, nor a comb.efi", STATUS_BAD_INPUT)
