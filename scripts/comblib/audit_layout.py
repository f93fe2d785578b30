# SPDX-License-Identifier: MIT
"""Boxes and arrows in rows: who points at others stands above them.

An arrow that passes rows gets a place of its own in each of them, so that it runs between boxes and
not behind them.  The order in a row follows the neighbours' in the next, back and forth; then
everything moves as near to its neighbours as the others let it.
"""
import collections

BOX_WIDTH, LANE_WIDTH, GAP = 150, 10, 22
ROW_MAX = 9
SWEEPS = 12

Layout = collections.namedtuple("Layout", "rows x paths width")  # paths: (from, to) -> names in each row


def without_cycles(arrows):
    """Edges make none, but channels may: the arrows but those that would close one."""
    below, kept = collections.defaultdict(set), []
    for one, other in arrows:
        reached = todo = {other}
        while todo:
            todo = set().union(*(below[name] for name in todo)) - reached
            reached = reached | todo
        if one not in reached:
            below[one].add(other)
            kept.append((one, other))
    return kept


def ranks(names, arrows):
    """name -> row: below all that point at it.  The arrows make no cycle."""
    above = {name: [one for one, other in arrows if other == name] for name in names}
    rank = {}

    def of(name):
        if name not in rank:
            rank[name] = max((of(one) + 1 for one in above[name]), default=0)
        return rank[name]

    for name in names:
        of(name)
    return rank


def _sink(names, arrows, rank):
    """Who points at others may stand lower, right above the first of them: arrows get short."""
    for name in sorted(names, key=lambda one: -rank[one]):
        below = [rank[other] for one, other in arrows if one == name]
        if below:
            rank[name] = max(rank[name], min(below) - 1)


def _rows(names, rank):
    """Rows of at most ROW_MAX; a longer one continues in the next."""
    rows = []
    for level in range(max(rank.values(), default=0) + 1):
        row = [name for name in names if rank[name] == level]
        count = -(-len(row) // ROW_MAX) or 1
        each = -(-len(row) // count)
        rows += [row[at:at + each] for at in range(0, len(row), each or 1)]
    return rows


def _lanes(rows, arrows):
    """Gives each arrow a lane, named by itself and the row, in the rows that it passes."""
    row_of = {name: index for index, row in enumerate(rows) for name in row}
    paths = {}
    for one, other in arrows:
        lanes = [(one, other, index) for index in range(row_of[one] + 1, row_of[other])]
        for lane in lanes:
            rows[lane[2]].append(lane)
        paths[one, other] = [one, *lanes, other]
    return paths


def _neighbours(paths):
    """item -> (those above, those below)"""
    found = collections.defaultdict(lambda: ([], []))
    for path in paths.values():
        for one, other in zip(path, path[1:]):
            found[one][1].append(other)
            found[other][0].append(one)
    return found


def _mean(values):
    return sum(values) / len(values)


def _order(rows, near):
    for sweep in range(SWEEPS):
        side = sweep % 2
        place = {item: index / len(row) for row in rows for index, item in enumerate(row)}
        for row in rows if side == 0 else reversed(rows):
            row.sort(key=lambda item: _mean([place[one] for one in near[item][side]] or [place[item]]))
            place.update((item, index / len(row)) for index, item in enumerate(row))


def width_of(item):
    return BOX_WIDTH if isinstance(item, str) else LANE_WIDTH


def distance(left, right):
    return (width_of(left) + width_of(right)) / 2 + GAP


def _spread(row, wanted):
    """Places as near to those wanted as the widths allow, in the order of the row."""
    forward, backward = {}, {}
    for one, other in zip([None] + row, row):
        forward[other] = max(wanted[other], forward[one] + distance(one, other)) if one else wanted[other]
    for one, other in zip([None] + row[::-1], row[::-1]):
        backward[other] = min(wanted[other], backward[one] - distance(one, other)) if one else wanted[other]
    return {item: (forward[item] + backward[item]) / 2 for item in row}


def _places(rows, near):
    x = {}
    for row in rows:
        x.update(_spread(row, {item: 0 for item in row}))
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            x.update(_spread(row, {item: _mean([x[one] for one in near[item][0] + near[item][1]] or [x[item]])
                                   for item in row}))
    left = min(x[item] - width_of(item) / 2 for item in x)
    return {item: at - left for item, at in x.items()}


def layout(names, arrows):
    """Where the centre of each box is, in which row, and over which lanes each arrow runs."""
    down = without_cycles(arrows)
    rank = ranks(names, down)
    _sink(names, down, rank)
    rows = _rows(names, rank)
    paths = _lanes(rows, arrows)
    near = _neighbours(paths)
    _order(rows, near)
    x = _places(rows, near)
    return Layout(rows, x, paths, max(x[item] + width_of(item) / 2 for item in x))
