# SPDX-License-Identifier: MIT
"""Chooses between KVM and the emulator's own CPU."""
import os
import re


def cpu_has_virtualization(cpuinfo="/proc/cpuinfo"):
    try:
        with open(cpuinfo, encoding="ascii", errors="replace") as file:
            return re.search(r"^flags\s*:.*\b(vmx|svm)\b", file.read(), re.MULTILINE) is not None
    except OSError:
        return False


def kvm_obstacle():
    """Why KVM cannot be used, or None.

    /dev/kvm alone proves nothing: it may exist on a machine whose CPU offers
    no virtualization, and guests then hang.
    """
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"/dev/kvm: {error.strerror}"
    if not cpu_has_virtualization():
        return "/dev/kvm exists, but the CPU shows neither vmx nor svm"
    return None


def choose(icount=False):
    """('kvm' or 'tcg', the reason in words)"""
    if icount:
        return "tcg", "TCG, because instructions are counted"
    obstacle = kvm_obstacle()
    if obstacle:
        return "tcg", f"TCG ({obstacle})"
    return "kvm", "KVM (/dev/kvm can be opened and the CPU virtualizes)"
