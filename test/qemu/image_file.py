# SPDX-License-Identifier: MIT
"""The bundle inside comb.efi, as tests change it."""
import pathlib
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import lz4_block  # noqa: E402
from comblib import bundle_file  # noqa: E402
from comblib.bundle_file import PACKED, PACKED_MAGIC  # noqa: E402

BUNDLE_COUNT = 12
HEADER_BYTES = 64
ENTRY = struct.Struct("<16sIIQQ")
CRC_OFFSET = 20
KIND_CELL = 2
KIND_APPLIANCE = 3
PAGE = 4096
PAGES_OFFSET = 16  # in a cell's image: pages of constants, text, relocated constants, data, zeros


def packed_at(image):
    """Where the packed bundle lies in comb.efi, and how long its block is; the code has the magic, too."""
    return next((at, packed) for at, packed, size in bundle_file.packed_places(image) if packed < size)


def bundle_of(image):
    """The bundle in comb.efi, unpacked."""
    return bundle_file.bundle_in(image)


def with_bundle(image, bundle):
    """comb.efi with another bundle, for which the stub leaves some room."""
    at, packed = packed_at(image)
    end = at + PACKED.size + packed
    block = lz4_block.compress(bundle)
    assert not any(image[end:end + len(block) - packed]), "no room for the packed bundle"
    data = bytearray(image)
    data[at:at + PACKED.size + len(block)] = PACKED.pack(PACKED_MAGIC, len(block), len(bundle)) + block
    return bytes(data)


def entries(bundle):
    """(offset of the entry, name, kind, payload's offset, its bytes) of everything in a bundle"""
    for index in range(struct.unpack_from("<I", bundle, BUNDLE_COUNT)[0]):
        at = HEADER_BYTES + index * ENTRY.size
        name, kind, _, offset, size = ENTRY.unpack_from(bundle, at)
        yield at, name.rstrip(b"\0").decode(), kind, offset, size


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


def forged_many(image, changes):
    """A copy of comb.efi in which each of [(cell, change)] has been applied to that cell's image."""
    bundle = bytearray(bundle_of(image))
    for cell, change in changes:
        at, offset, size = find_cell(bytes(bundle), cell)
        payload = bundle[offset:offset + size]
        change(payload)
        bundle[offset:offset + size] = payload
        struct.pack_into("<I", bundle, at + CRC_OFFSET, zlib.crc32(bytes(payload)))
    return with_bundle(image, bytes(bundle))


def forged(image, cell, change):
    """A copy of comb.efi in which `change` has been applied to a cell's image, with a checksum that fits."""
    return forged_many(image, [(cell, change)])
