# SPDX-License-Identifier: MIT
"""The bundle inside comb.efi, as tests change it."""
import struct
import zlib

BUNDLE_BEGIN = b"COMBBNDL" + struct.pack("<I", 1)  # the magic alone also stands in the code
HEADER_BYTES = 64
ENTRY = struct.Struct("<16sIIQQ")
CRC_OFFSET = 20
KIND_CELL = 2
KIND_APPLIANCE = 3
PT_LOAD = 1
PF_X = 1
NOTE_NAME = b"\x05\0\0\0"


def entries(data):
    """(offset of the entry, name, kind, payload's offset, its bytes) of everything in the image's bundle"""
    start = data.index(BUNDLE_BEGIN)
    for index in range(struct.unpack_from("<I", data, start + 12)[0]):
        at = start + HEADER_BYTES + index * ENTRY.size
        name, kind, _, offset, size = ENTRY.unpack_from(data, at)
        yield at, name.rstrip(b"\0").decode(), kind, start + offset, size


def find_cell(data, wanted):
    """(offset of the entry, payload's offset, its bytes) of a cell's image"""
    for at, name, kind, offset, size in entries(data):
        if name == wanted and kind == KIND_CELL:
            return at, offset, size
    raise KeyError(wanted)


def text_of(elf):
    """(file offset, bytes) of an ELF's executable segment"""
    table, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for index in range(count):
        kind, flags, offset, _, _, file_bytes = struct.unpack_from("<IIQQQQ", elf, table + index * size)
        if kind == PT_LOAD and flags & PF_X:
            return offset, file_bytes
    raise ValueError("no text")


def forged(image, cell, change):
    """A copy of the image in which `change` has been applied to a cell's ELF, with a checksum that fits."""
    data = bytearray(image)
    at, offset, size = find_cell(bytes(data), cell)
    elf = data[offset:offset + size]
    change(elf)
    data[offset:offset + size] = elf
    struct.pack_into("<I", data, at + CRC_OFFSET, zlib.crc32(bytes(elf)))
    return bytes(data)
