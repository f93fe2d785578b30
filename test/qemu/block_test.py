# SPDX-License-Identifier: MIT
"""The block class as its users see it: honest use, hostile ranges, a driver that dies."""
import sys

from harness import booted, check, expect, expect_equal, expect_in, verdict

HOSTILE = ("read ramdisk {blocks}", "read ramdisk {last} 2", "read ramdisk 18446744073709551615",
           "read ramdisk 18446744073709551615 1", "read ramdisk 1 4294967295", "read ramdisk 0 0",
           "read ramdisk -1", "read ramdisk 0 99999999999", "read ramdisk 0x", "read ramdisk 1 2 3",
           "write ramdisk {blocks} x", "write ramdisk 18446744073709551615 x", "fill ramdisk 0 {more} 1",
           "fill ramdisk {last} 2 1", "fill ramdisk 0 1 256", "fill ramdisk 0 1 -1",
           "verify ramdisk {blocks} 1 0",
           "fill ramdisk 0 0 0", "read nodisk 0", "info nodisk", "info echo", "frob ramdisk",
           "write ramdisk 0",
           "write ramdisk 0 " + "x" * 200 + "'", "read", "info", "list ramdisk")


def honest_checks(base, guest, info):
    with check(f"QEMU0{base + 1}", "info says what the device is, and list lists it"):
        expect(info["block_bytes"] in (512, 4096) and info["block_count"] >= 64, f"{info}")
        expect_equal([row["device"] for row in guest.json("blk list --json")], ["ramdisk"])
    with check(f"QEMU0{base + 2}", "what is written is read, padded, and the neighbours are untouched"):
        guest.ok("blk fill ramdisk 0 3 0x11")
        guest.ok("blk write ramdisk 1 'Comb was here'")
        expect_in("Comb was here", guest.ok("blk read ramdisk 1"))
        guest.ok("blk verify ramdisk 0 1 0x11")
        guest.ok("blk verify ramdisk 2 1 0x11")
        expect_in("instead of 11", guest.refused("blk verify ramdisk 0 3 0x11"))
    with check(f"QEMU0{base + 3}", "the whole device can be filled and verified, up to its last block"):
        guest.ok(f"blk fill ramdisk 0 {info['block_count']} 0x5a")
        guest.ok(f"blk verify ramdisk 0 {info['block_count']} 0x5a")
    with check(f"QEMU0{base + 4}", "a verify that should fail names block and byte"):
        last = info["block_count"] - 1
        guest.ok(f"blk fill ramdisk {last} 1 0")
        expect_in(f"block {last}, byte 0", guest.refused(f"blk verify ramdisk 0 {info['block_count']} 0x5a"))


def hostile_checks(base, guest, info):
    with check(f"QEMU0{base + 11}", "absurd devices, ranges and numbers are refused and change nothing"):
        guest.ok(f"blk fill ramdisk 0 {info['block_count']} 0x77")
        for line in HOSTILE:
            guest.refused("blk " + line.format(blocks=info["block_count"], last=info["block_count"] - 1,
                                               more=info["block_count"] + 1))
        guest.ok(f"blk verify ramdisk 0 {info['block_count']} 0x77")
    with check(f"QEMU0{base + 12}", "the driver neither crashed nor saw an error by that"):
        expect_equal(guest.cells()["ramdisk"]["crashes"], 0, "crashes")
        expect_equal(guest.json("blk info ramdisk --json")[0]["errors"], info["errors"], "errors")


def death_checks(base, guest, info):
    with check(f"QEMU0{base + 21}", "contents survive the driver's death and its stop"):
        guest.ok(f"blk fill ramdisk 0 {info['block_count']} 0x3c")
        guest.ok("cell kill ramdisk")
        guest.command("cell start ramdisk")
        guest.until_running("ramdisk")
        guest.ok(f"blk verify ramdisk 0 {info['block_count']} 0x3c")
        guest.ok("cell restart ramdisk")
        guest.ok(f"blk verify ramdisk 0 {info['block_count']} 0x3c")
    with check(f"QEMU0{base + 22}", "a fill that begins while the driver is dead is done by the next one"):
        for byte in range(1, 9):
            # In one go, so that the fill does not wait for the kill to be over and mended.
            guest.send(f"cell kill ramdisk\nblk fill ramdisk 0 {info['block_count']} {byte}\n".encode())
            expect_equal(guest.answer().status, 0, "status of the kill")
            answer = guest.answer()
            expect_equal(answer.status, 0, f"status of the fill, which said {answer.output!r},")
            guest.ok(f"blk verify ramdisk 0 {info['block_count']} {byte}")
            guest.command("cell start ramdisk")  # refused, as it runs; the warden forgives the deaths


def block_checks(base, backend):
    with check(f"QEMU0{base}", f"{backend}: the disk can be asked"), booted([f"backend={backend}"]) as guest:
        info = guest.json("blk info ramdisk --json")[0]
        honest_checks(base, guest, info)
        hostile_checks(base, guest, info)
        death_checks(base, guest, info)


def main():
    block_checks(600, "pku")
    block_checks(630, "pt")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
