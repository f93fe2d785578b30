# SPDX-License-Identifier: MIT
"""Draws histograms of measurements with gnuplot."""
import subprocess

from .project import Failure

COLOURS = {"pku": "#1b6ca8", "pt": "#c8553d", "none": "#6b8f71"}


def points(record):
    """(lower edge of the bucket, share of the samples in per cent), and where the last one ends"""
    total = sum(record["hist"]) or 1
    counts = record["hist"] + [0]
    return [(record["min"] + index * record["width"], 100.0 * count / total)
            for index, count in enumerate(counts)]


def script(records, output):
    """A gnuplot script that draws the records of one path and unit, one curve per backend."""
    first = records[0]
    lines = ["set terminal svg size 720,400 font 'sans,12' background '#ffffff'",
             f"set output '{output}'", f"set title '{first['path']}: {first['unit']}'",
             f"set xlabel '{first['unit']}'", "set ylabel 'samples, %'", "set yrange [0:*]",
             "set key below", "set style fill solid 0.4 noborder", "set grid ytics"]
    curves = []
    for number, record in enumerate(records):
        lines.append(f"$data{number} << EOD")
        lines += [f"{edge} {share:.4f}" for edge, share in points(record)]
        lines.append("EOD")
        curves.append(f"$data{number} using 1:2 with fillsteps lc rgb '{COLOURS[record['backend']]}' "
                      f"title '{record['backend']}: p50 {record['p50']}, p99 {record['p99']}'")
    return "\n".join(lines + ["plot " + ", ".join(curves)]) + "\n"


def draw(records, folder):
    """One SVG per path and unit; returns the files."""
    groups = {}
    for record in records:
        groups.setdefault((record["path"], record["unit"]), []).append(record)
    files = []
    for (path, unit), group in groups.items():
        output = folder / f"{path}-{unit}.svg"
        result = subprocess.run(["gnuplot"], input=script(group, output), capture_output=True, text=True,
                                check=False)
        if result.returncode:
            raise Failure(f"gnuplot: {result.stderr.strip()}")
        files.append(output)
    return files
