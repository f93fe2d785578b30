#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs one fuzz target for a fixed number of executions, from the same start every time.

usage: run.py TARGET RUNS LENGTH SCRATCH [SEED...]

TARGET is the program, RUNS how often, LENGTH the longest input, SCRATCH a folder that is
emptied first and then holds what the fuzzer finds worth keeping; each SEED is a file or a
folder of files.  With COMB_QUICK set, a twentieth of the runs.  A crash, a leak, a
sanitizer finding or fewer executions than asked for is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


def seeds_copy(seeds, corpus):
    for seed in map(Path, seeds):
        files = sorted(seed.iterdir()) if seed.is_dir() else [seed] if seed.exists() else []
        for file in files:
            shutil.copy(file, corpus / f"{seed.name}-{file.name}")


def main():
    target, runs, length, scratch, *seeds = sys.argv[1:]
    runs = int(runs) // (20 if os.environ.get("COMB_QUICK") else 1)
    corpus = Path(scratch)
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    seeds_copy(seeds, corpus)
    command = [target, f"-runs={runs}", "-seed=1", f"-max_len={length}", "-print_final_stats=1",
               "-verbosity=0", f"-artifact_prefix={corpus}-crash-", str(corpus)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", check=False)
    match = re.search(r"number_of_executed_units:\s*(\d+)", result.stdout)
    executed = int(match.group(1)) if match else 0
    if result.returncode != 0 or executed < runs:
        print(result.stdout[-6000:])
        print(f"{executed} of {runs} executions, exit status {result.returncode}")
        return 1
    print(f"{executed} executions, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
