# SPDX-License-Identifier: MIT
"""comb doctor: what this machine has, and what it lacks."""
import json
import os
import re
import shutil
import subprocess
import sys

from . import accelerator, packages
from .project import ROOT

SUMMARY = "check this machine: tools, versions, KVM, memory, disk"
DESCRIPTION = """\
Shows what building, running, testing and measuring Comb need, what of it is
here, and what to do about the rest.  Exit status 1 if something is missing.
Nothing is installed or changed.
"""

VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
MEMORY_MIB_WANTED, DISK_MIB_WANTED = 2048, 1024


def add(parser):
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def version_of(path):
    if not os.access(path, os.X_OK) or os.path.isdir(path):
        return ""
    try:
        result = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = VERSION.search(result.stdout)
    return match[0] if match else ""


def row(item, state, detail, remedy=""):
    return {"item": item, "state": state, "detail": detail, "remedy": remedy}


def package_row(package):
    path = package.found()
    if not path:
        return row(package.name, "missing", package.purpose,
                   "apt-get install " + package.name)
    state = "odd" if path.endswith("-20") or "/20/" in path else "ok"
    remedy = "works, but 19 is what is tested" if state == "odd" else ""
    return row(package.name, state, f"{path} {version_of(path)}".strip(), remedy)


def kvm_row():
    obstacle = accelerator.kvm_obstacle()
    if obstacle:
        return row("kvm", "none", obstacle, "not needed: the emulator's own CPU is used, slower")
    return row("kvm", "ok", "usable")


def memory_row():
    mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    enough = mib >= MEMORY_MIB_WANTED
    return row("memory", "ok" if enough else "odd", f"{mib} MiB",
               "" if enough else f"{MEMORY_MIB_WANTED} MiB make building comfortable")


def disk_row():
    mib = shutil.disk_usage(ROOT).free >> 20
    enough = mib >= DISK_MIB_WANTED
    return row("disk", "ok" if enough else "odd", f"{mib} MiB free",
               "" if enough else f"a full build and test needs up to {DISK_MIB_WANTED} MiB")


def rows():
    result = [package_row(package) for package in packages.ALL]
    result.append(row("python", "ok" if sys.version_info >= (3, 10) else "odd", sys.version.split()[0],
                      "" if sys.version_info >= (3, 10) else "3.10 or newer is needed"))
    result.append(kvm_row())
    cores = len(os.sched_getaffinity(0))
    result.append(row("cores", "ok", str(cores)))
    return result + [memory_row(), disk_row()]


def print_table(table):
    widths = [max(len(entry[key]) for entry in table) for key in ("item", "state", "detail")]
    for entry in table:
        print(f"{entry['item']:{widths[0]}}  {entry['state']:{widths[1]}}  "
              f"{entry['detail']:{widths[2]}}  {entry['remedy']}".rstrip())
    missing = [entry["item"] for entry in table if entry["state"] == "missing"]
    if missing:
        print("\ninstall what is missing:  sudo apt-get update && sudo apt-get install -y " +
              " ".join(missing))
        print("(scripts/comb does this by itself where it may)")
    else:
        print("\nnothing is missing")


def main(parsed):
    table = rows()
    if parsed.json:
        for entry in table:
            print(json.dumps(entry))
    else:
        print_table(table)
    return 1 if any(entry["state"] == "missing" for entry in table) else 0
