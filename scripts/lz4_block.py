# SPDX-License-Identifier: MIT
"""Compresses to one LZ4 block.  [LZ4 Block Format Description 1.6]

Greedy: for each place the last earlier place with the same four bytes.  The same input gives the
same bytes.  The other half is efi/unpack.c, and for tools comblib/bundle_file.py.
"""

MATCH_MIN = 4
OFFSET_MAX = 65535
LAST_LITERALS = 5  # the block ends with literals,
MATCH_LIMIT = 12   # and no match begins this close to the end


def _length(value):
    """What follows a nibble of 15."""
    return b"\xff" * (value // 255) + bytes([value % 255])


def _sequence(literals, offset, match):
    literal_nibble, match_nibble = min(len(literals), 15), min(match - MATCH_MIN, 15)
    out = bytearray([literal_nibble << 4 | (match_nibble if offset else 0)])
    if literal_nibble == 15:
        out += _length(len(literals) - 15)
    out += literals
    if offset:
        out += offset.to_bytes(2, "little")
        if match_nibble == 15:
            out += _length(match - MATCH_MIN - 15)
    return out


def _match_bytes(data, earlier, at, end):
    """How far the two places agree, compared in growing steps."""
    length, step = MATCH_MIN, 32
    while at + length + step <= end and data[earlier + length:earlier + length + step] == \
            data[at + length:at + length + step]:
        length += step
    while at + length < end and data[earlier + length] == data[at + length]:
        length += 1
    return length


def compress(data):
    seen = {}
    out = bytearray()
    anchor = at = 0
    match_end, begin_end = len(data) - LAST_LITERALS, len(data) - MATCH_LIMIT
    while at <= begin_end:
        key = data[at:at + MATCH_MIN]
        earlier = seen.get(key)
        seen[key] = at
        if earlier is None or at - earlier > OFFSET_MAX:
            at += 1
            continue
        match = _match_bytes(data, earlier, at, match_end)
        out += _sequence(data[anchor:at], at - earlier, match)
        at += match
        anchor = at
    return bytes(out + _sequence(data[anchor:], 0, MATCH_MIN))
