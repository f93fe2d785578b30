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
PAGE = 4096
PAGES_OFFSET = 16  # in a cell's image: pages of constants, text, relocated constants, data, zeros


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


def text_of(cell):
    """(offset, bytes) of the text in a cell's image"""
    constants, text = struct.unpack_from("<II", cell, PAGES_OFFSET)
    return constants * PAGE, text * PAGE


def forged(image, cell, change):
    """A copy of comb.efi in which `change` has been applied to a cell's image, with a checksum that fits."""
    data = bytearray(image)
    at, offset, size = find_cell(bytes(data), cell)
    payload = data[offset:offset + size]
    change(payload)
    data[offset:offset + size] = payload
    struct.pack_into("<I", data, at + CRC_OFFSET, zlib.crc32(bytes(payload)))
    return bytes(data)
