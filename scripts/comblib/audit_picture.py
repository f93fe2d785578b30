# SPDX-License-Identifier: MIT
"""An appliance as a picture: cells, what they hold of the machine, and who may call whom."""
from xml.sax.saxutils import escape, quoteattr

from . import audit_layout

MARGIN, TITLE, LEGEND = 30, 56, 54
BOX_HEIGHT, ROW_HEIGHT = 84, 176
STRIP = 22
APART = 7  # between the gate and the channel of one pair

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
     font-family="Helvetica, Arial, sans-serif" font-size="14" fill="#1b2430">
  <title>{title}</title>
  <!-- SPDX-License-Identifier: MIT -->
  <defs>
    <marker id="gate" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
      <path d="M0 0 L8 4 L0 8 z" fill="#b45309"/>
    </marker>
    <marker id="channel" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
      <path d="M0 0 L8 4 L0 8 z" fill="#2f855a"/>
    </marker>
  </defs>
  <rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>
  <text x="30" y="34" font-size="16" font-weight="bold">{title}</text>
"""
COLOURS = {"gate": "#b45309", "channel": "#2f855a"}

# Capabilities to say in the strip of a box: what reaches beyond memory of one's own.
HELD = {"ports": "ports {base}", "irq": "irq {base}", "pci": "PCI", "power": "power", "log": "log",
        "wall-time": "wall time", "entropy": "entropy", "dma": "DMA", "cells": "cells"}


def links(facts):
    """(kind, from, to) -> interfaces"""
    found = {}
    for fact in facts:
        if fact.kind == "edge":
            key = ("gate", fact.words["from"], fact.words["to"])
        elif fact.kind == "channel":
            key = ("channel", fact.words["client"], fact.words["server"])
        else:
            continue
        found.setdefault(key, []).append(fact.words["interface"])
    return found


def held(facts, cell):
    """What of the machine a cell may touch, in a few words."""
    words = []
    for fact in facts:
        if fact.kind == "cap" and fact.words["cell"] == cell and fact.words["type"] in HELD:
            word = HELD[fact.words["type"]].format(base=fact.words.get("base", ""))
            if fact.words["type"] == "cells" and "x" in fact.words["rights"]:
                word = "controls cells"
            words.append(word)
    return words


def device(facts, image):
    """The functions that a driver fits."""
    return [fact.words["class"] if fact.words["device"] == "any"
            else f"{fact.words['vendor']}:{fact.words['device']}"
            for fact in facts if fact.kind == "match" and fact.words["image"] == image]


def shortened(words, size):
    """As many of them as fit a box, and how many more there are."""
    most = int((audit_layout.BOX_WIDTH - 12) / (size * 0.55))
    for count in range(len(words), 0, -1):
        more = f" +{len(words) - count}" if count < len(words) else ""
        if len(", ".join(words[:count]) + more) <= most or count == 1:
            return escape(", ".join(words[:count]) + more)
    return ""


def box(facts, cell, x, y):
    """The lines that draw one cell with its centre at x and its top at y."""
    name, is_driver = cell["cell"], cell["driver"] == "yes"
    left = x - audit_layout.BOX_WIDTH / 2
    provides = [fact.words["interface"] for fact in facts
                if fact.kind == "provides" and fact.words["cell"] == name]
    reach = device(facts, cell["image"]) or ["named function"] if is_driver else held(facts, name)
    dash = ' stroke-dasharray="5 4"' if cell["start"] == "manual" else ""
    tip = f"{name}, image {cell['image']}; " + ", ".join(reach + held(facts, name) * is_driver)
    yield f'  <g class="cell" id={quoteattr("cell-" + name)}><title>{escape(tip)}</title>'
    yield (f'    <rect x="{left:.0f}" y="{y}" width="{audit_layout.BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" '
           f'fill="#eaf3fa" stroke="#2f6f9f" stroke-width="1.5"{dash}/>')
    if reach:
        yield (f'    <rect x="{left + 5:.0f}" y="{y + BOX_HEIGHT - STRIP - 5}" '
               f'width="{audit_layout.BOX_WIDTH - 10}" height="{STRIP}" rx="3" '
               f'fill="{"#e5e7eb" if is_driver else "#fdf1e1"}"/>')
        yield (f'    <text x="{x:.0f}" y="{y + BOX_HEIGHT - 12}" text-anchor="middle" font-size="11">'
               f'{shortened(reach, 11)}</text>')
    yield (f'    <text x="{x:.0f}" y="{y + 23}" text-anchor="middle" font-weight="bold" font-size="15">'
           f'{escape(name)}</text>')
    if provides:
        yield (f'    <text x="{x:.0f}" y="{y + 43}" text-anchor="middle" font-size="12" fill="#52606d">'
               f'serves {shortened(provides, 14)}</text>')
    yield "  </g>"


def row_top(row):
    return TITLE + row * ROW_HEIGHT


def ports(layout):
    """Where arrows leave and reach boxes: next to each other, in the order of their other ends."""
    found = {}
    for side in (0, 1):  # 0: at the bottom of the client, 1: at the top of the server
        ends = {}
        for path in layout.paths.values():
            box_name, other = (path[0], path[1]) if side == 0 else (path[-1], path[-2])
            ends.setdefault(box_name, []).append((layout.x[other], path[0], path[-1]))
        for name, others in ends.items():
            step = min(26.0, (audit_layout.BOX_WIDTH - 24) / len(others))
            for index, (_, one, other) in enumerate(sorted(others)):
                found[side, one, other] = layout.x[name] + (index - (len(others) - 1) / 2) * step
    return found


def curve(layout, path, ends, aside, row_of):
    """From the bottom of the first box, straight down through its lanes, to the top of the last one."""
    x, y, end = ends[0] + aside, row_top(row_of[path[0]]) + BOX_HEIGHT, ends[1] + aside
    steps = [f"M{x:.1f} {y}"]
    for item in path[1:]:
        top = row_top(row_of[item])
        next_x = end if item == path[-1] else layout.x[item] + aside
        middle = (y + top) / 2
        steps.append(f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {top}")
        x, y = next_x, top
        if item != path[-1]:
            y = top + BOX_HEIGHT
            steps.append(f"V{y}")
    return " ".join(steps)


def arrows(layout, found):
    """The lines that draw who may call whom; the words are in the titles."""
    row_of = {item: index for index, row in enumerate(layout.rows) for item in row}
    port = ports(layout)
    for (kind, one, other), interfaces in sorted(found.items()):
        pair = [of for of in ("gate", "channel") if (of, one, other) in found]
        aside = (pair.index(kind) - (len(pair) - 1) / 2) * APART
        path = curve(layout, layout.paths[one, other], (port[0, one, other], port[1, one, other]), aside,
                     row_of)
        verb = "calls" if kind == "gate" else "has a channel to"
        yield f'  <g class="{kind}" data-from={quoteattr(one)} data-to={quoteattr(other)}>'
        yield f"    <title>{escape(f'{one} {verb} {other}: ' + ', '.join(sorted(interfaces)))}</title>"
        yield (f'    <path d="{path}" fill="none" stroke="{COLOURS[kind]}" stroke-width="1.5" '
               f'marker-end="url(#{kind})"/>')
        yield "  </g>"


def legend(y):
    yield f'  <g font-size="12" fill="#52606d" transform="translate(30 {y})">'
    yield f'    <path d="M0 0 H34" stroke="{COLOURS["gate"]}" stroke-width="1.5" marker-end="url(#gate)"/>'
    yield '    <text x="42" y="4">may call (gate)</text>'
    yield (f'    <path d="M150 0 H184" stroke="{COLOURS["channel"]}" stroke-width="1.5" '
           'marker-end="url(#channel)"/>')
    yield '    <text x="192" y="4">shares memory (channel)</text>'
    yield '    <rect x="370" y="-8" width="30" height="16" rx="3" fill="#e5e7eb"/>'
    yield '    <text x="408" y="4">devices it fits</text>'
    yield '    <rect x="515" y="-8" width="30" height="16" rx="3" fill="#fdf1e1"/>'
    yield '    <text x="553" y="4">what it holds</text>'
    yield ('    <rect x="655" y="-8" width="30" height="16" rx="3" fill="none" stroke="#2f6f9f" '
           'stroke-dasharray="5 4"/>')
    yield '    <text x="693" y="4">started by hand</text>'
    yield "  </g>"


def draw(name, facts):
    """The picture of an appliance, with everything that may be started."""
    members = {fact.words["cell"]: fact.words for fact in facts if fact.kind == "member"}
    found = links(facts)
    pairs = sorted({(one, other) for _, one, other in found})
    layout = audit_layout.layout(sorted(members), pairs)
    width = max(int(layout.width), 790) + 2 * MARGIN
    height = row_top(len(layout.rows)) - ROW_HEIGHT + BOX_HEIGHT + LEGEND
    shift = MARGIN + (width - 2 * MARGIN - layout.width) / 2
    layout = layout._replace(x={item: x + shift for item, x in layout.x.items()})
    lines = list(arrows(layout, found))
    for index, row in enumerate(layout.rows):
        for item in row:
            if isinstance(item, str):
                lines += box(facts, members[item], layout.x[item], row_top(index))
    lines += legend(height - 22)
    head = HEAD.format(width=width, height=height, title=escape(f"Comb, appliance {name}"))
    return head + "\n".join(lines) + "\n</svg>\n"
