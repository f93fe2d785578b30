# SPDX-License-Identifier: MIT
"""Attack 42: a virtio function that goes round the IOMMU, because it does not offer ACCESS_PLATFORM.

It is refused, and nothing of it is left behind.  That it is this bit which decides, and that the driver
would have driven it, is shown by the same machine with the bit, and by the same one that was told to
allow it.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "qemu"))

from harness import booted, check, expect, expect_equal, expect_in, verdict  # noqa: E402
from comblib.machine import NULL_DRIVE, Drive  # noqa: E402

VIRTIO_BLK = "1af4:1042"
WORDS = "goes round the IOMMU (virtio without ACCESS_PLATFORM)"


def machine(access_platform, options=()):
    properties = {} if access_platform else {"iommu_platform": "off"}
    return booted(list(options), drives=[Drive("virtio-blk", NULL_DRIVE, properties=properties)])


def function_of(guest):
    rows = [row for row in guest.json("dev --json") if row["id"] == VIRTIO_BLK]
    expect_equal(len(rows), 1, "functions of that kind")
    return rows[0]


def drivers(guest):
    return {name for name, row in guest.cells().items() if name.startswith("virtio_blk")
            and row["state"] == "running"}


def is_settled(rows):
    """The shell runs after all drivers have had their chance; a refusal is a line in the log."""
    return any(WORDS in row["text"] for row in rows)


def main():
    with check("HOST4201", "a virtio function without ACCESS_PLATFORM gets no driver, and the log says why"):
        with machine(False) as guest:
            rows = guest.until("log warn --json", is_settled, "the refusal in the log")
            line = next(row["text"] for row in rows if WORDS in row["text"])
            expect_in("refused", line)
            expect_equal(drivers(guest), set(), "drivers that run")
            expect(not function_of(guest)["driver"].startswith("virtio"), function_of(guest))
            expect_equal(guest.all_echoes_answer() > 0, True, "echoes answer")
    with check("HOST4202", "the same function is driven when it honours the IOMMU"):
        with machine(True) as guest:
            guest.until_running("virtio_blk0")
            expect(not is_settled(guest.json("log warn --json")), "it is said to go round the IOMMU")
    with check("HOST4203", "and, with a warning, when the machine was told to allow it"):
        with machine(False, ["virtio-bypass=allow"]) as guest:
            guest.until_running("virtio_blk0")
            lines = [row["text"] for row in guest.json("log warn --json") if WORDS in row["text"]]
            expect_equal(len(lines), 1, "warnings")
            expect_in("ALLOWED", lines[0])
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
