# SPDX-License-Identifier: MIT
"""File and line of an address, from the line tables of an ELF file (section .debug_line).

Only what clang writes, version 5; each table is a program for a machine with a few registers.
[DWARF 5, 6.2]  Whatever else there is raises LinesError.
"""
import bisect
import struct

from . import symbols

VERSION = 5
PATH, DIRECTORY = 1, 2                                    # content types of a file's entry
FORM_DATA2, FORM_STRING, FORM_DATA1, FORM_STRP, FORM_UDATA, FORM_DATA16, FORM_LINE_STRP = \
    5, 8, 11, 14, 15, 30, 31
FIXED_BYTES = {FORM_DATA1: 1, FORM_DATA2: 2, FORM_STRP: 4, FORM_LINE_STRP: 4, FORM_DATA16: 16}
STRING_SECTIONS = {FORM_STRP: ".debug_str", FORM_LINE_STRP: ".debug_line_str"}

COPY, ADVANCE_PC, ADVANCE_LINE, SET_FILE, CONST_ADD_PC, FIXED_ADVANCE_PC = 1, 2, 3, 4, 8, 9
EXTENDED, END_SEQUENCE, SET_ADDRESS = 0, 1, 2
UNIT_HEADER = struct.Struct("<IHBBIBBBbBB")               # up to opcode_base
ELF_SECTIONS, ELF_SECTION_BYTES, ELF_NAMES = 40, 64, 62   # where the header says it; size of one


class LinesError(Exception):
    """These line tables are not what clang writes."""


def text_at(data, offset):
    return data[offset:data.index(b"\0", offset)].decode("ascii", "replace")


def sections_named(elf):
    """{name: section}"""
    sections = symbols.sections_of(elf)
    table, = struct.unpack_from("<Q", elf, ELF_SECTIONS)
    names, = struct.unpack_from("<H", elf, ELF_NAMES)
    offsets = (struct.unpack_from("<I", elf, table + index * ELF_SECTION_BYTES)[0]
               for index in range(len(sections)))
    return {text_at(elf, sections[names].offset + offset): section
            for offset, section in zip(offsets, sections)}


def content_of(elf, sections, name):
    section = sections.get(name)
    return elf[section.offset:section.offset + section.bytes] if section else b""


class Reader:
    """Numbers one after the other."""

    def __init__(self, data, offset=0):
        self.data, self.offset = data, offset

    def number(self, size):
        self.offset += size
        return int.from_bytes(self.data[self.offset - size:self.offset], "little")

    def uleb(self):
        value = shift = 0
        while True:
            byte = self.data[self.offset]
            self.offset += 1
            value |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                return value

    def sleb(self):
        start = self.offset
        value = self.uleb()
        bits = 7 * (self.offset - start)
        return value - (1 << bits) if value >> bits - 1 else value

    def text(self):
        text = text_at(self.data, self.offset)
        self.offset += len(text) + 1
        return text


def value_read(reader, form, strings):
    if form == FORM_UDATA:
        return reader.uleb()
    if form == FORM_STRING:
        return reader.text()
    if form not in FIXED_BYTES:
        raise LinesError(f"line table with form {form}")
    value = reader.number(FIXED_BYTES[form])
    return text_at(strings[form], value) if form in strings else value


def entries_read(reader, strings):
    """The table of directories or of files: [{content type: value}]."""
    form = [(reader.uleb(), reader.uleb()) for _ in range(reader.number(1))]
    return [{kind: value_read(reader, how, strings) for kind, how in form} for _ in range(reader.uleb())]


def paths_read(reader, strings):
    """The paths of the files; directory 0 is where the compiler ran, and says nothing about the source."""
    folders = [entry[PATH] for entry in entries_read(reader, strings)]
    return [entry[PATH] if entry.get(DIRECTORY, 0) == 0 else f"{folders[entry[DIRECTORY]]}/{entry[PATH]}"
            for entry in entries_read(reader, strings)]


class Unit:
    """The line table of one source file."""

    def __init__(self, data, start, strings):
        length, version, address_bytes, _, header_bytes, self.minimum, _, _, self.line_base, \
            self.line_range, opcode_base = UNIT_HEADER.unpack_from(data, start)
        if version != VERSION or address_bytes != 8 or self.minimum != 1:
            raise LinesError(f"line table of version {version}")
        self.end = start + 4 + length
        reader = Reader(data, start + UNIT_HEADER.size)
        self.operands = [0, *(reader.number(1) for _ in range(opcode_base - 1))]
        self.paths = paths_read(reader, strings)
        self.reader = Reader(data, start + 12 + header_bytes)

    def special(self, row, opcode):
        """(address, file, line) after a special opcode."""
        advance, line = divmod(opcode - len(self.operands), self.line_range)
        return row[0] + advance, row[1], row[2] + self.line_base + line

    def standard(self, row, opcode):
        address, file, line = row
        reader = self.reader
        if opcode == ADVANCE_PC:
            return address + reader.uleb(), file, line
        if opcode == ADVANCE_LINE:
            return address, file, line + reader.sleb()
        if opcode == SET_FILE:
            return address, reader.uleb(), line
        if opcode == CONST_ADD_PC:
            return address + (255 - len(self.operands)) // self.line_range, file, line
        if opcode == FIXED_ADVANCE_PC:
            return address + reader.number(2), file, line
        for _ in range(self.operands[opcode]):
            reader.uleb()
        return row

    def extended(self, row):
        """The row after an extended opcode; None: the sequence ends here."""
        length = self.reader.uleb()
        end = self.reader.offset + length
        opcode = self.reader.number(1)
        if opcode == SET_ADDRESS:
            row = self.reader.number(8), *row[1:]
        self.reader.offset = end
        return None if opcode == END_SEQUENCE else row

    def sequences(self):
        """[(address, path, line)] of each run of code, the last one its end."""
        row, rows = (0, 1, 1), []
        while self.reader.offset < self.end:
            opcode = self.reader.number(1)
            before = row
            if opcode >= len(self.operands):
                row = self.special(row, opcode)
            elif opcode != EXTENDED:
                row = self.standard(row, opcode)
            else:
                row = self.extended(row)
            if row is None or opcode == COPY or opcode >= len(self.operands):
                address, file, line = row or before
                rows.append((address, self.paths[file], line))
            if row is None:
                yield rows
                row, rows = (0, 1, 1), []


class Lines:
    """All line tables of an ELF file; code that was left out at the link lies in none."""

    def __init__(self, elf):
        self.rows = []
        try:
            sections = sections_named(elf)
            code = [range(section.address, section.address + section.bytes)
                    for section in sections.values() if section.flags & symbols.EXECUTABLE]
            strings = {form: content_of(elf, sections, name) for form, name in STRING_SECTIONS.items()}
            for rows in sequences_of(content_of(elf, sections, ".debug_line"), strings):
                if any(rows[0][0] in area for area in code):
                    self.rows += [*rows[:-1], (rows[-1][0], "", 0)]
        except (IndexError, KeyError, OverflowError, ValueError, struct.error) as error:
            raise LinesError("malformed line table") from error
        self.rows.sort(key=lambda row: (row[0], row[1] != ""))

    def find(self, address):
        """(path, line); line 0: the compiler does not say."""
        index = bisect.bisect_right(self.rows, address, key=lambda row: row[0]) - 1
        return self.rows[index][1:] if index >= 0 else ("", 0)


def sequences_of(table, strings):
    offset = 0
    while offset < len(table):
        unit = Unit(table, offset, strings)
        yield from unit.sequences()
        offset = unit.end
