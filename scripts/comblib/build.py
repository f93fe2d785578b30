# SPDX-License-Identifier: MIT
"""Configures and builds a preset."""
import os
import re
import subprocess

from . import packages
from .project import BUILD, ROOT, Failure, image_path, say

STEP = re.compile(r"\[\d+/(\d+)\] ")
STEPS_QUIET = 8  # the build string, and what follows from it, is looked at every time


def step(command, what):
    """Runs a build step; its output is shown only when it fails."""
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, errors="replace", check=False)
    if result.returncode:
        raise Failure(f"{what} failed: {' '.join(command)}\n{result.stdout.strip()}")


def ninja(folder, preset):
    """Runs ninja; says so as soon as there is something worth waiting for."""
    command = ["ninja", "-C", str(folder), f"-j{os.cpu_count() or 1}"]
    output, announced = [], False
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        for line in process.stdout:
            output.append(line)
            step_count = STEP.match(line)
            if step_count and not announced and int(step_count[1]) > STEPS_QUIET:
                announced = True
                say(f"building {preset}, {step_count[1]} steps")
    if process.returncode:
        raise Failure(f"build failed: {' '.join(command)}\n{''.join(output).strip()}")


def is_configured(folder, settings):
    cache = folder / "CMakeCache.txt"
    return (folder / "build.ninja").exists() and cache.exists() and \
        set(settings) <= set(cache.read_text().splitlines())


def build(preset, *settings):
    """Brings a preset up to date and returns its build folder; a setting reads COMB_PLUGIN:STRING=ON."""
    packages.ensure(packages.BUILD)
    folder = BUILD / preset
    if not is_configured(folder, settings):
        say(f"configuring {preset}")
        step(["cmake", "--preset", preset, *[f"-D{setting}" for setting in settings]], "configuration")
    ninja(folder, preset)
    return folder


def image(preset):
    """Builds comb.efi and returns its path."""
    build(preset)
    path = image_path(preset)
    if not path.exists():
        raise Failure(f"{path} was not built")
    return path
