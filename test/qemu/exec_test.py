# SPDX-License-Identifier: MIT
"""scripts/comb exec and run, as their users and other programs call them."""
import os
import pty
import select
import subprocess
import sys
import tempfile

from harness import HANG_S, IMAGE, ROOT, check, expect, expect_equal, expect_in, image_require, verdict
from image_file import KIND_APPLIANCE, bundle_of, entries, with_bundle

COMB = ROOT / "scripts" / "comb"


def comb(*arguments, status=None):
    result = subprocess.run([sys.executable, str(COMB), *arguments], capture_output=True, text=True,
                            timeout=HANG_S, check=False)
    if status is not None:
        expect_equal(result.returncode, status, f"status of {' '.join(arguments)}: {result.stderr}")
    expect("Traceback" not in result.stderr, result.stderr)
    return result


def damaged(folder, wanted, place):
    """A copy of the image with one bit wrong, in an entry's name or in the middle of its payload."""
    image = IMAGE.read_bytes()
    data = bytearray(bundle_of(image))
    for at, name, kind, offset, size in entries(bytes(data)):
        if name == wanted and kind != KIND_APPLIANCE:
            data[at if place == "name" else offset + size // 2] ^= 0x10
    path = os.path.join(folder, f"{wanted}-{place}.efi")
    with open(path, "wb") as file:
        file.write(with_bundle(image, bytes(data)))
    return path


def exec_image(path, *arguments):
    """comb exec with another image in place of the built one."""
    return comb("exec", "--no-build", "--qemu-arg=-kernel", f"--qemu-arg={path}", *arguments)


def status_checks():
    with check("QEMU1001", "exec prints what the commands print, and nothing else, on standard output"):
        result = comb("exec", "--no-build", "echo one", "echo two", status=0)
        expect_equal(result.stdout, "one\ntwo\n")
    with check("QEMU1002", "a failing command makes it 1, names the command, and the next ones still run"):
        result = comb("exec", "--no-build", "frobnicate", "echo after", status=1)
        expect_in("after\n", result.stdout)
        expect_in("frobnicate", result.stderr)
    for number, wrong in ((1003, ["exec", "--frob", "x"]), (1004, ["exec"]), (1005, ["frob"]), (1006, []),
                          (1007, ["exec", "--mem", "7", "x"]), (1008, ["exec", "--smp", "0", "x"]),
                          (1009, ["exec", "--backend", "x", "x"]), (1010, ["exec", "--timeout", "-1", "x"])):
        with check(f"QEMU{number}", f"'comb {' '.join(wrong)}' is one clear message and status 2"):
            result = comb(*wrong, status=2)
            expect_equal(len(result.stderr.strip().splitlines()), 1, "lines of message")
            expect_equal(result.stdout, "", "standard output")
    with check("QEMU1011", "a hang ends at the bound, with the end of the serial output"):
        result = comb("exec", "--no-build", "--timeout", "0.5", "echo never", status=1)
        expect_in("in time", result.stderr)
    with check("QEMU1012", "the guest resetting itself is not success"):
        comb("exec", "--no-build", "reboot", status=1)
    with check("QEMU1013", "every command of comb has help"):
        for command in ("run", "exec", "test", "bench", "image", "doctor", "clean"):
            expect_in("usage", comb(command, "--help", status=0).stdout)


def damage_checks():
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        with check("QEMU1021", "an image without a warden panics; exec shows the line and ends with 1"):
            result = exec_image(damaged(folder, "warden", "name"), "echo x")
            expect_equal(result.returncode, 1, "status")
            expect_in("PANIC: the warden cannot be started", result.stderr)
            expect_in("it panicked", result.stderr)
        with check("QEMU1022", "an image whose monitor is damaged says so in one line and starts nothing"):
            result = exec_image(damaged(folder, "monitor", "payload"), "--timeout", "15", "echo x")
            expect_equal(result.returncode, 1, "status")
            expect_in("this image is damaged", result.stderr)
        for number, cell in ((1023, "warden"), (1024, "echo")):
            with check(f"QEMU{number}", f"an image whose {cell} is damaged says so: checksums are compared"):
                result = exec_image(damaged(folder, cell, "payload"), "--timeout", "15", "log warn")
                said = result.stdout + result.stderr
                expect("damaged" in said or "PANIC: " in said, f"not a word about it: {said}")


def terminal_check():
    """comb run needs a terminal: give it one."""
    with check("QEMU1031", "comb run talks through a terminal; poweroff ends it with status 0"):
        leader, follower = pty.openpty()
        command = [sys.executable, str(COMB), "run", "--no-build"]
        with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=subprocess.DEVNULL,
                              start_new_session=True) as process:
            os.close(follower)
            output = b""
            for wanted, answer in ((b"comb> ", b"poweroff\r"), (None, b"")):
                while wanted is None or wanted not in output:
                    if not select.select([leader], [], [], HANG_S)[0]:
                        process.kill()
                        expect(False, f"it says nothing more after: {output[-400:]!r}")
                    try:
                        output += os.read(leader, 4096)
                    except OSError:  # the other side is closed
                        break
                if answer:
                    os.write(leader, answer)
        os.close(leader)
        expect_equal(process.returncode, 0, "status")


def main():
    image_require()
    status_checks()
    damage_checks()
    terminal_check()
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
