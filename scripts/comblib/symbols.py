# SPDX-License-Identifier: MIT
"""Names for addresses in the monitor: what a panic's rip=0x... means.

The names come from the ELF file that the build leaves next to the image.  It may be
missing, of another build, cut short or no ELF at all: then there is no symbol, and
never an exception.
"""
import collections
import re
import struct

PANIC = re.compile(rb"PANIC: [^\r\n]*\brip=(?:0x)?([0-9a-fA-F]{1,16})\b")
MONITOR = "src/monitor.elf"  # from the image's folder

HEADER = struct.Struct("<4sBB34xQ10xHH2x")   # magic, class, data, sections: where, size of one, count
SECTION = struct.Struct("<4xIQQQQI12xQ")
SYMBOL = struct.Struct("<IBxHQQ")            # name, info, section, value, bytes
Section = collections.namedtuple("Section", "type flags address offset bytes link entry_bytes")

IDENTITY = (b"\x7fELF", 2, 1)  # 64 bits, little endian
SYMBOL_TABLE = 2
ALLOCATED, EXECUTABLE = 2, 4
CODE_TYPES = (0, 2)            # a label without a type, a function
NAME_MAX = 64


def sections_of(data):
    *identity, offset, size, count = HEADER.unpack_from(data)
    if tuple(identity) != IDENTITY or size != SECTION.size:
        return []
    return [Section(*SECTION.unpack_from(data, offset + index * size)) for index in range(count)]


def symbols_of(data, sections, where=EXECUTABLE):
    """(value, bytes, name) of every label and function that lies in such a section: in code."""
    table = next((section for section in sections if section.type == SYMBOL_TABLE), None)
    if table is None or table.entry_bytes != SYMBOL.size:
        return
    strings = sections[table.link]
    names = data[strings.offset:strings.offset + strings.bytes]
    for name, info, section, value, size in SYMBOL.iter_unpack(data[table.offset:table.offset + table.bytes]):
        if name and info & 15 in CODE_TYPES and 0 < section < len(sections) and \
                sections[section].flags & where:
            yield value, size, names[name:name + NAME_MAX].split(b"\0")[0]


def symbol_in(data, address):
    """'name+0x12' for an address in the ELF file `data`; None: nothing covers it.

    A label in assembly often has no size: it reaches up to the next symbol.
    """
    try:
        sections = sections_of(data)
        if not any(section.flags & EXECUTABLE and 0 <= address - section.address < section.bytes
                   for section in sections):
            return None
        covers = [(value, name) for value, size, name in symbols_of(data, sections)
                  if value <= address and (not size or address - value < size)]
    except (struct.error, IndexError, OverflowError):
        return None
    if not covers:
        return None
    value, name = max(covers)
    printable = "".join(chr(byte) if 32 < byte < 127 else "." for byte in name)
    return f"{printable}+{address - value:#x}" if printable else None


def panic_note(output, image):
    """A line about the last panic in the serial output, or None; `image` is the comb.efi that ran."""
    panics = PANIC.findall(output)
    if not panics:
        return None
    address = int(panics[-1], 16)
    path = image.parent / MONITOR
    try:
        symbol = symbol_in(path.read_bytes(), address)
    except OSError:
        return f"panic at {address:#x}: no symbol, as {path} cannot be read"
    return f"panic at {address:#x}: {symbol or 'no symbol'}"
