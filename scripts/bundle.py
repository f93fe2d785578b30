#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the bundle that comb.efi carries (include/abi/bundle.h).

The same input gives the same bytes: nothing here knows the time or the place.
"""
import argparse
import pathlib
import struct
import subprocess
import sys
import zlib

import lz4_block

MAGIC = 0x4C444E42424D4F43
VERSION = 1
ENTRY_MAX = 1024
NAME_BYTES = 16
BUILD_BYTES = 40
PAGE_BYTES = 4096
HEADER = struct.Struct("<QIIQ40s")
ENTRY = struct.Struct("<16sIIQQ")
PACKED = struct.Struct("<QQQ")
PACKED_MAGIC = 0x315A4C424D4F43
KINDS = {"monitor": 1, "cell": 2, "appliance": 3}


class BundleError(Exception):
    """The request cannot be turned into a bundle."""


def padded(text, size):
    data = text.encode("ascii")
    if len(data) >= size:
        raise BundleError(f"'{text}' is longer than {size - 1} bytes")
    return data.ljust(size, b"\0")


def page_align(value):
    return -(-value // PAGE_BYTES) * PAGE_BYTES


def entry_parse(text):
    """'kind:name=file' -> (kind, name, path)"""
    head, separator, path = text.partition("=")
    kind, _, name = head.partition(":")
    if not separator or kind not in KINDS or not name:
        raise BundleError(f"'{text}' is not kind:name=file with a kind of {', '.join(KINDS)}")
    return kind, name, pathlib.Path(path)


def bundle_bytes(build, entries):
    """entries: (kind, name, payload)"""
    if len(entries) > ENTRY_MAX:
        raise BundleError(f"{len(entries)} entries, at most {ENTRY_MAX} fit")
    if sum(kind == "monitor" for kind, _, _ in entries) != 1:
        raise BundleError("exactly one monitor is needed")
    names = [(kind, name) for kind, name, _ in entries]
    if len(set(names)) != len(names):
        raise BundleError("two entries of one kind have the same name")

    offset = page_align(HEADER.size + ENTRY.size * len(entries))
    table, payloads = b"", b""
    for kind, name, payload in entries:
        table += ENTRY.pack(padded(name, NAME_BYTES), KINDS[kind], zlib.crc32(payload),
                            offset + len(payloads), len(payload))
        payloads += payload.ljust(page_align(len(payload)), b"\0")
    header = HEADER.pack(MAGIC, VERSION, len(entries), offset + len(payloads),
                         padded(build, BUILD_BYTES))
    return (header + table).ljust(offset, b"\0") + payloads


def packed_bytes(bundle):
    """What the stub unpacks: struct bundle_packed in efi/bundle.c, then one LZ4 block."""
    block = lz4_block.compress(bundle)
    return PACKED.pack(PACKED_MAGIC, len(block), len(bundle)) + block


def version_string(source, version):
    """The version and, in a git checkout, which commit of it."""
    result = subprocess.run(["git", "-C", str(source), "describe", "--always", "--dirty"],
                            capture_output=True, text=True, check=False)
    commit = result.stdout.strip()
    return f"{version} {commit}"[:BUILD_BYTES - 1] if commit else version


def write_if_changed(path, data):
    """An unchanged file keeps its date, so nothing that depends on it is built again."""
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def arguments_parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    version = commands.add_parser("version", help="write the build string")
    version.add_argument("--source", type=pathlib.Path, required=True)
    version.add_argument("--version", required=True)
    write = commands.add_parser("write", help="write the bundle")
    write.add_argument("--build-file", type=pathlib.Path, required=True)
    write.add_argument("entries", nargs="+", metavar="kind:name=file")
    for command in (version, write):
        command.add_argument("--out", type=pathlib.Path, required=True)
    return parser.parse_args(argv)


def main(argv):
    arguments = arguments_parse(argv)
    try:
        if arguments.command == "version":
            data = version_string(arguments.source, arguments.version).encode("ascii")
        else:
            parsed = [entry_parse(text) for text in arguments.entries]
            entries = [(kind, name, path.read_bytes()) for kind, name, path in parsed]
            data = packed_bytes(bundle_bytes(arguments.build_file.read_text(encoding="ascii").strip(),
                                             entries))
    except (BundleError, OSError, UnicodeError) as error:
        print(f"bundle.py: {error}", file=sys.stderr)
        return 1
    write_if_changed(arguments.out, data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
