# SPDX-License-Identifier: MIT
"""The bundle inside a comb.efi, read as hostile input.

The rules are those of the stub (efi/bundle.c, efi/unpack.c, efi/bundle_check.c): what is refused
here does not boot, and what boots is read here in the same way.  What the stub cannot mistake, for
it knows where its own bundle lies, is looked for here; so a file in which two could be meant is
refused.
"""
import collections
import itertools
import pathlib
import struct
import zlib

PACKED = struct.Struct("<8sQQ")  # struct bundle_packed: magic, bytes of the block, bytes it makes
PACKED_MAGIC = b"COMBLZ1\0"
FILE_BYTES_MAX = 256 << 20
BUNDLE_BYTES_MAX = 64 << 20
PLACES_MAX = 8
MATCH_MIN, NIBBLE_MORE, BYTE_MORE = 4, 15, 255

HEADER = struct.Struct("<8sIIQ40s")  # struct bundle_header: magic, version, entries, bytes, build
HEADER_MAGIC = b"COMBBNDL"
VERSION = 1
ENTRY = struct.Struct("<16sIIQQ")  # struct bundle_entry: name, kind, CRC-32, offset, bytes
ENTRY_MAX = 1024
PAGE = 4096
KINDS = {1: "monitor", 2: "cell", 3: "appliance"}

Entry = collections.namedtuple("Entry", "name kind payload")  # kind: a word of KINDS


class BundleFileError(Exception):
    """The file holds no bundle that boots; the text says why."""


def _length(block, at, nibble):
    """A length of LZ4: (its value, where what follows begins)"""
    length = nibble
    if nibble == NIBBLE_MORE:
        while True:
            byte = block[at]
            at += 1
            length += byte
            if byte != BYTE_MORE:
                break
    return length, at


def _match_append(out, offset, length):
    """Appends what lies `offset` back; where that runs into what is being written, it repeats."""
    source = bytes(out[-offset:][:length])
    out += (source * -(-length // len(source)))[:length]


def _sequences_read(block, size):
    out, at = bytearray(), 0
    while at < len(block):
        token = block[at]
        count, at = _length(block, at + 1, token >> 4)
        if count > len(block) - at or count > size - len(out):
            return None
        out += block[at:at + count]
        at += count
        if at == len(block):
            break
        offset = block[at] | block[at + 1] << 8
        count, at = _length(block, at + 2, token & NIBBLE_MORE)
        count += MATCH_MIN
        if not 0 < offset <= len(out) or count > size - len(out):
            return None
        _match_append(out, offset, count)
    return bytes(out) if len(out) == size else None


def unpack(block, size):
    """The `size` bytes that one LZ4 block makes; None: it makes anything else."""
    try:
        return _sequences_read(block, size)
    except IndexError:
        return None


def packed_places(data):
    """(offset of the header, bytes of the block, bytes it makes) of all that could be a packed bundle.

    The magic number alone is no sign: it also stands in the stub's code.
    """
    at = data.find(PACKED_MAGIC)
    while at >= 0:
        if at + PACKED.size <= len(data):
            _, packed, size = PACKED.unpack_from(data, at)
            if packed <= len(data) - at - PACKED.size and HEADER.size <= size <= BUNDLE_BYTES_MAX:
                yield at, packed, size
        at = data.find(PACKED_MAGIC, at + 1)


def bundle_in(data):
    """The unpacked bundle in the bytes of a comb.efi."""
    places = list(itertools.islice(packed_places(data), PLACES_MAX + 1))
    if not places:
        raise BundleFileError("no bundle in it: is it a comb.efi?")
    if len(places) > PLACES_MAX:
        raise BundleFileError("too many places look like a packed bundle")
    unpacked = [unpack(data[at + PACKED.size:at + PACKED.size + packed], size) for at, packed, size in places]
    bundles = [bundle for bundle in unpacked if bundle and bundle.startswith(HEADER_MAGIC)]
    if len(bundles) > 1:
        raise BundleFileError(f"{len(bundles)} bundles: nothing says which of them boots")
    if not bundles:
        raise BundleFileError("the packed bundle is damaged")
    return bundles[0]


def read(path):
    """The bytes of a file that may be a comb.efi."""
    try:
        with pathlib.Path(path).open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise BundleFileError(error.strerror or str(error)) from None
    if len(data) > FILE_BYTES_MAX:
        raise BundleFileError(f"larger than {FILE_BYTES_MAX >> 20} MiB")
    return data


def bundle_of(path):
    """The unpacked bundle in the comb.efi at `path`."""
    return bundle_in(read(path))


def _text(field, what):
    """A terminated text of printable ASCII."""
    text, ended, _ = field.partition(b"\0")
    if not ended or any(not 0x20 <= byte < 0x7F for byte in text):
        raise BundleFileError(f"{what} is no text")
    return text.decode("ascii")


def _header(bundle):
    """(number of entries, bytes, build) of a bundle whose header is sound"""
    if len(bundle) < HEADER.size:
        raise BundleFileError("the bundle is shorter than its header")
    magic, version, count, size, build = HEADER.unpack_from(bundle)
    if magic != HEADER_MAGIC or version != VERSION:
        raise BundleFileError("the bundle's header is none, or of another version")
    if count > ENTRY_MAX or not HEADER.size + count * ENTRY.size <= size <= len(bundle):
        raise BundleFileError(f"the bundle's header is damaged: {count} entries, {size} bytes")
    return count, size, _text(build, "the build string")


def build_of(bundle):
    """The version string of the build."""
    return _header(bundle)[2]


def _entry(bundle, index, count, size):
    """(entry, offset, bytes) of an entry that is sound by itself"""
    name, kind, crc, offset, length = ENTRY.unpack_from(bundle, HEADER.size + index * ENTRY.size)
    name = _text(name, f"the name of entry {index}")
    if not name or kind not in KINDS:
        raise BundleFileError(f"entry {index} has no name, or is of unknown kind {kind}")
    if offset % PAGE or offset < HEADER.size + count * ENTRY.size or not 0 < length <= size - offset:
        raise BundleFileError(f"entry {index}, '{name}', lies outside the bundle")
    payload = bundle[offset:offset + length]
    if zlib.crc32(payload) != crc:
        raise BundleFileError(f"entry {index}, '{name}': its checksum is wrong")
    return Entry(name, KINDS[kind], payload), offset, length


def entries(bundle):
    """Everything in the bundle, as a list of Entry."""
    count, size, _ = _header(bundle)
    found = [_entry(bundle, index, count, size) for index in range(count)]
    names = [(entry.kind, entry.name) for entry, _, _ in found]
    if len(set(names)) != len(names):
        raise BundleFileError("two entries of one kind have the same name")
    if sum(entry.kind == "monitor" for entry, _, _ in found) != 1:
        raise BundleFileError("there is not exactly one monitor")
    spans = sorted((offset, offset + length) for _, offset, length in found)
    if any(end > begin for (_, end), (begin, _) in zip(spans, spans[1:])):
        raise BundleFileError("two entries overlap")
    return [entry for entry, _, _ in found]
