# SPDX-License-Identifier: MIT
"""The Debian packages Comb needs, which of them are missing, and getting them."""
import dataclasses
import os
import pathlib
import shutil
import subprocess

from .project import Failure, say


@dataclasses.dataclass(frozen=True)
class Package:
    name: str
    purpose: str
    probes: tuple  # commands or absolute files, any of which shows that it is there

    def found(self):
        """The first probe that is there, or None."""
        for probe in self.probes:
            if probe.startswith("/"):
                if pathlib.Path(probe).exists():
                    return probe
            elif shutil.which(probe):
                return shutil.which(probe)
        return None


BUILD = (
    Package("clang-19", "compiler", ("clang-19", "clang-20")),
    Package("lld-19", "linkers", ("ld.lld-19", "ld.lld-20")),
    Package("llvm-19", "llvm-strip, llvm-ar", ("llvm-strip-19", "llvm-strip-20")),
    Package("cmake", "build system", ("cmake",)),
    Package("ninja-build", "build tool", ("ninja",)),
    Package("gnu-efi", "EFI headers", ("/usr/include/efi/efi.h",)),
    Package("git", "the build string", ("git",)),
)
RUN = (
    Package("qemu-system-x86", "emulator", ("qemu-system-x86_64",)),
    Package("ovmf", "UEFI firmware", ("/usr/share/ovmf/OVMF.fd",)),
)
TEST = (
    Package("libcmocka-dev", "unit tests", ("/usr/include/cmocka.h",)),
    Package("libclang-rt-19-dev", "sanitizers", ("/usr/lib/llvm-19/lib/clang/19/lib/linux",
                                                 "/usr/lib/llvm-20/lib/clang/20/lib/linux")),
    Package("clang-format-19", "style check", ("clang-format-19",)),
    Package("clang-tidy-19", "static checks", ("clang-tidy-19",)),
    Package("libclang-19-dev", "the compiler's plugin", ("/usr/lib/llvm-19/include/clang/AST/ASTContext.h",
                                                         "/usr/lib/llvm-20/include/clang/AST/ASTContext.h")),
    Package("llvm-19-dev", "the compiler's plugin", ("/usr/lib/llvm-19/include/llvm/ADT/StringRef.h",
                                                     "/usr/lib/llvm-20/include/llvm/ADT/StringRef.h")),
    Package("frama-c-base", "proofs about all inputs", ("frama-c",)),
    Package("why3", "the same, on the way to z3", ("why3",)),
    Package("z3", "the same, where it is deduced", ("z3",)),
)
BENCH = (Package("gnuplot-nox", "histograms", ("gnuplot",)),)
ALL = BUILD + RUN + TEST + BENCH


def install_command(names, prefix=()):
    return [*prefix, "apt-get", "install", "-y", "--no-install-recommends", *names]


def privilege_prefix():
    """How to become root without asking anybody; None: not possible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        probe = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if probe.returncode == 0:
            return ["sudo", "-n"]
    return None


def apt_run(command, prefix):
    """Runs apt-get quietly; what it said is shown only when it fails."""
    say(" ".join(command))
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    result = subprocess.run([*prefix, *environment, *command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        raise Failure(f"{' '.join(command)} failed:\n{result.stdout.strip()}")


def ensure(packages):
    """Makes sure that `packages` are installed, or ends with the command that installs them."""
    names = [package.name for package in packages if not package.found()]
    if not names:
        return
    prefix = privilege_prefix() if shutil.which("apt-get") else None
    if prefix is None:
        raise Failure("missing: " + ", ".join(names) + "\ninstall with:  sudo apt-get update && " +
                      " ".join(install_command(names, ["sudo"])))
    say(f"installing {', '.join(names)} (this may take a few minutes)")
    apt_run(["apt-get", "update"], prefix)
    apt_run(install_command(names), prefix)
    missing = [package.name for package in packages if not package.found()]
    if missing:
        raise Failure(f"installed, but still not usable: {', '.join(missing)}; try: scripts/comb doctor")
