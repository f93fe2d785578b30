# SPDX-License-Identifier: MIT
"""The same commit gives the same bytes, wherever and whenever it is built."""
import os
import pathlib
import subprocess
import sys
import tempfile

from harness import ROOT, check, expect, expect_equal, verdict


def build(folder):
    """Checks HEAD out into `folder`, builds it there, and returns the image and the disk image."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    comb = [sys.executable, str(folder / "scripts" / "comb")]
    result = subprocess.run([*comb, "image"], capture_output=True, text=True, check=False)
    expect_equal(result.returncode, 0, f"status of the build: {result.stderr}; it")
    output = folder / "build"
    return (output / "release" / "comb.efi").read_bytes(), (output / "comb.img").read_bytes()


def main():
    os.environ.pop("COMB_IMAGE", None)
    with check("QEMU0901", "two builds in different folders give the same image and the same disk"), \
            tempfile.TemporaryDirectory(prefix="comb-test-") as top:
        first = build(pathlib.Path(top) / "a")
        second = build(pathlib.Path(top) / "b" / "much-longer-name" / "c")
        expect(first[0] == second[0], f"comb.efi differs: {len(first[0])} and {len(second[0])} bytes")
        expect(first[1] == second[1], f"comb.img differs: {len(first[1])} and {len(second[1])} bytes")
        with check("QEMU0902", "the image names no folder of the machine that built it"):
            expect(top.encode() not in first[0], f"{top} is in it")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
