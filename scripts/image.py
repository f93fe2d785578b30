#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a bootable disk image from comb.efi.  scripts/comb image calls this with defaults."""
import argparse
import pathlib
import sys

from comblib import disk


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--efi", type=pathlib.Path, required=True, help="the EFI program")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the disk image to write")
    parser.add_argument("options", nargs="*", help="words for comb.cfg")
    arguments = parser.parse_args(argv)
    try:
        data = disk.disk_bytes(arguments.efi.read_bytes(), disk.config_bytes(arguments.options))
        arguments.out.write_bytes(data)
    except (disk.DiskError, OSError, UnicodeError) as error:
        print(f"image.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
