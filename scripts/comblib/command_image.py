# SPDX-License-Identifier: MIT
"""comb image: writes a bootable disk image."""
import pathlib

from . import arguments, launch
from .project import BUILD, say

SUMMARY = "write a bootable disk image"
DESCRIPTION = """\
Writes a raw disk image: a GPT with one EFI system partition that holds
/EFI/BOOT/BOOTX64.EFI and /comb/comb.cfg.  Write it to a USB stick with dd, or
give it to any virtual machine with UEFI.  The same sources give the same bytes.

The file /comb/comb.cfg on the image is plain text: options as words, # begins
a comment.  Edit it to change how the machine boots.

examples:
  comb image                                  build/comb.img
  comb image --appliance forty --out forty.img
"""


def add(parser):
    arguments.add_image(parser)
    parser.add_argument("--appliance", type=arguments.name, metavar="NAME", help="which appliance boots")
    parser.add_argument("--append", type=arguments.words, default="", metavar="OPTS",
                        help="more words for comb.cfg")
    parser.add_argument("--out", type=pathlib.Path, default=BUILD / "comb.img", metavar="FILE")


def main(parsed):
    image = launch.image_for(parsed)
    options = [f"appliance={parsed.appliance}"] if parsed.appliance else []
    path = launch.disk_write(image, options + parsed.append.split(), parsed.out)
    say(f"wrote {path}, {path.stat().st_size} bytes")
    return 0
