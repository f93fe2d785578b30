#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a cell's image (include/abi/image.h) from the ELF that the linker wrote.

All that reading an ELF takes is here, so none of it is in the monitor.  Nothing moves: the image is
the memory that the program headers describe, with the image's header over the ELF's and the table
of relocations made smaller where it stands.  What a cell must not need (a library, a PLT,
constructors, text relocations, memory both writable and executable) is refused.  In a strict cell
the room of the thunks is emptied, and the header says where that of the maps is: whoever verifies it
fills both (src/verify/verify.h).  The same input gives the same bytes.
"""
import argparse
import collections
import pathlib
import struct
import sys

from comblib import symbols, traps

MAGIC = 0x31474D4943424D43
VERSION = 2
PAGE_BYTES = 4096
PAGES_MAX = 4096
HEADER = struct.Struct("<QII5I7I")
SYMBOL = struct.Struct("<II")
TRAP = struct.Struct("<IIII")
CELL_HEADER_MAGIC = b"CMBCELL1"
UNNAMED_BYTES = 32  # what may follow a function and never runs: alignment, the preamble of the next for kCFI
PREAMBLE = b"__cfi_"

ELF_HEADER = struct.Struct("<4sBBBB8xHHIQQQIHHH6x")
ELF_IDENTITY = (b"\x7fELF", 2, 1, 1, 0)  # 64 bits, little endian, version, no OS
ELF_DYNAMIC_PROGRAM = 3
ELF_X86_64 = 62
ElfHeader = collections.namedtuple("ElfHeader", "magic bits order ident_version os_abi type machine version "
                                                "entry programs sections flags bytes program_bytes count")
PROGRAM = struct.Struct("<IIQQ8xQQQ")
Program = collections.namedtuple("Program", "type flags offset address file_bytes memory_bytes alignment")
PROGRAMS_MAX = 16
LOAD, DYNAMIC, NOTE, HEADERS, STACK, RELRO = 1, 2, 4, 6, 0x6474E551, 0x6474E552
HARMLESS = (0, LOAD, HEADERS)             # besides those that are looked into
READ, READ_WRITE, READ_EXECUTE = 4, 6, 5

TAG = struct.Struct("<QQ")
TAGS_MAX = 64
TAG_END, TAG_RELA, TAG_RELA_BYTES, TAG_RELA_ENTRY, TAG_FLAGS, TAG_FLAGS_1 = 0, 7, 8, 9, 30, 0x6FFFFFFB
# HASH, STRTAB, SYMTAB, STRSZ, SYMENT, DEBUG, BIND_NOW, GNU_HASH, RELACOUNT: of no consequence
TAGS = {TAG_RELA, TAG_RELA_BYTES, TAG_RELA_ENTRY, 4, 5, 6, 10, 11, 21, 24, 0x6FFFFEF5, 0x6FFFFFF9}
FLAGS_BIND_NOW = 8
FLAGS_1_NOW_PIE = 0x08000001
RELA = struct.Struct("<QQQ")
RELATIVE = 8
RELOCATED_BYTES = 8

NOTE_HEADER = struct.Struct("<III")
NOTE_OWNER = b"Comb\0"
NOTE_TYPE = 1
NOTES_MAX = 16
MANIFEST = struct.Struct("<IHH124xI")     # magic, version, bytes, flags
SCAN_ONLY = 1

THUNKS = {b"__x86_indirect_thunk_r11": 0, b"__x86_return_thunk": 64, b"comb_gate_thunk": 128}
THUNKS_BYTES = 192
THUNKS_FILL = b"\xCC"
MAPS = b"comb_maps"
MAPS_ALIGNMENT = 16
MAP_SHIFTS = (3, 7)                       # a bit per byte of text, and one per 16 bytes


class ImageError(Exception):
    """This ELF is no cell."""


def require(is_fine, wrong):
    if not is_fine:
        raise ImageError(wrong)


def page_align(value):
    return -(-value // PAGE_BYTES) * PAGE_BYTES


def unpack(form, data, offset, what):
    require(offset + form.size <= len(data), f"{what} past the end")
    return form.unpack_from(data, offset)


# --- Headers and memory ---

def header_read(elf):
    header = ElfHeader(*unpack(ELF_HEADER, elf, 0, "ELF header"))
    require(header[:5] == ELF_IDENTITY and header.version == 1, "not an ELF of 64 bits, little endian")
    require(header.type == ELF_DYNAMIC_PROGRAM, "not position independent (ET_DYN)")
    require(header.machine == ELF_X86_64 and header.flags == 0, "not for x86-64")
    require(header.bytes == ELF_HEADER.size and header.program_bytes == PROGRAM.size,
            "headers of another size")
    require(0 < header.count <= PROGRAMS_MAX, f"{header.count} program headers, not 1 to {PROGRAMS_MAX}")
    return header


def programs_read(elf, header):
    return [Program(*unpack(PROGRAM, elf, header.programs + index * PROGRAM.size, "program headers"))
            for index in range(header.count)]


def loads_check(loads, elf):
    """Constants, text, then what is writable at first; each begins where the one before it ends."""
    rights = [load.flags for load in loads]
    require(rights[:2] == [READ, READ_EXECUTE] and len(rights) > 2 and set(rights[2:]) == {READ_WRITE},
            "segments are not R, RX, then RW")
    end = 0
    for load in loads:
        require(load.address == end and load.memory_bytes > 0, "segments do not follow page by page")
        require(load.file_bytes <= load.memory_bytes, "segment with more in the file than in memory")
        require(load.offset + load.file_bytes <= len(elf), "segment past the end")
        end = page_align(load.address + load.memory_bytes)
        require(end <= PAGES_MAX * PAGE_BYTES, f"larger than {PAGES_MAX} pages")


def memory_of(loads, elf):
    """(memory as loaded, where the last byte that comes from the file ends)"""
    memory = bytearray(page_align(loads[-1].address + loads[-1].memory_bytes))
    end = 0
    for load in loads:
        memory[load.address:load.address + load.file_bytes] = elf[load.offset:load.offset + load.file_bytes]
        end = max(end, load.address + load.file_bytes)
    return memory, end


def one_of(programs, kind, what):
    found = [program for program in programs if program.type == kind]
    require(len(found) == 1, f"{len(found)} {what}, not one")
    return found[0]


def others_check(programs, elf):
    for program in programs:
        require(program.type in (*HARMLESS, DYNAMIC, NOTE, STACK, RELRO),
                f"program header of type {program.type:#x}: an interpreter, thread-local storage")
        require(program.type != STACK or not program.flags & 1, "executable stack")
        require(program.type not in (DYNAMIC, NOTE) or program.offset + program.file_bytes <= len(elf),
                "dynamic section or notes past the end")


# --- What the parts hold ---

def relro_end(relro, text_end, span):
    require(relro.address == text_end, "relocated constants do not follow the text")
    require(relro.memory_bytes > 0 and relro.memory_bytes % PAGE_BYTES == 0 and
            text_end + relro.memory_bytes <= span, "relocated constants are not whole pages")
    return text_end + relro.memory_bytes


def tag_is_harmless(tag, value):
    if tag == TAG_FLAGS:
        return not value & ~FLAGS_BIND_NOW
    if tag == TAG_FLAGS_1:
        return not value & ~FLAGS_1_NOW_PIE
    return tag in TAGS


def tags_read(elf, dynamic):
    table = elf[dynamic.offset:dynamic.offset + min(dynamic.file_bytes, TAGS_MAX * TAG.size)]
    tags = {}
    for index in range(TAGS_MAX):
        tag, value = unpack(TAG, table, index * TAG.size, "dynamic section without an end:")
        if tag == TAG_END:
            return tags
        require(tag_is_harmless(tag, value),
                f"dynamic tag {tag:#x}: a library, a PLT, constructors, text relocations")
        tags[tag] = value
    raise ImageError("dynamic section without an end")


def relocations_read(memory, tags, ends):
    """(where the table is, [(offset, addend)]); ends: of constants, text, what is in the image, all"""
    start, size = tags.get(TAG_RELA, 0), tags.get(TAG_RELA_BYTES, 0)
    constant_end, text_end, file_end, span = ends
    if size == 0:
        return 0, []
    require(tags.get(TAG_RELA_ENTRY) == RELA.size and size % RELA.size == 0, "relocations of another size")
    require(start % 4 == 0 and ELF_HEADER.size <= start and start + size <= constant_end,
            "relocations are not among the constants")
    relocations = []
    for offset, kind, addend in RELA.iter_unpack(memory[start:start + size]):
        require(kind == RELATIVE, f"relocation of type {kind:#x} at {offset:#x}, not relative")
        require(text_end <= offset <= file_end - 8 and offset % 8 == 0, f"relocation of {offset:#x}")
        require(addend < span, f"relocation to {addend:#x}, outside")
        relocations.append((offset, addend))
    require(len(dict(relocations)) == len(relocations), "two relocations of one place")
    return start, sorted(relocations)


def manifest_check(elf, notes, description, size):
    _, _, manifest_bytes, _ = unpack(MANIFEST, elf, notes.offset + description, "manifest")
    address = notes.address + description
    require(notes.alignment == 8 and address % 8 == 0 and size == manifest_bytes,
            "manifest of another layout")
    return address


def manifests_in(elf, notes):
    """Addresses of the manifests in one note segment."""
    alignment = 8 if notes.alignment == 8 else 4
    at, end = 0, notes.file_bytes
    for _ in range(NOTES_MAX):
        if end - at < NOTE_HEADER.size:
            return
        owner_bytes, size, kind = NOTE_HEADER.unpack_from(elf, notes.offset + at)
        owner = at + NOTE_HEADER.size
        description = at + -(-(NOTE_HEADER.size + owner_bytes) // alignment) * alignment
        require(description + size <= end, "note past the end of its segment")
        name = elf[notes.offset + owner:notes.offset + owner + owner_bytes]
        if kind == NOTE_TYPE and name == NOTE_OWNER:
            yield manifest_check(elf, notes, description, size)
        at = description + -(-size // alignment) * alignment
    raise ImageError(f"more than {NOTES_MAX} notes")


def manifest_find(elf, programs, constants):
    found = []
    for notes in programs:
        if notes.type == NOTE:
            require(notes.address == notes.offset and notes.address >= ELF_HEADER.size and
                    notes.address + notes.file_bytes <= constants.file_bytes,
                    "notes are not among the constants")
            found += manifests_in(elf, notes)
    require(len(found) == 1, f"{len(found)} manifests, not one")
    return found[0]


def cell_check(memory, entry, text_end, end):
    require(entry % 8 == 0 and text_end <= entry < end and memory[entry:entry + 8] == CELL_HEADER_MAGIC,
            "the entry point is not a cell header among the relocated constants")


# --- Names ---

def symbols_in(elf, where):
    try:
        return list(symbols.symbols_of(elf, symbols.sections_of(elf), where))
    except (struct.error, IndexError, OverflowError) as error:
        raise ImageError("malformed symbols") from error


def names_of(elf, text):
    """[(offset, name)] ascending, for the range `text`; b"" where something without a name begins"""
    places = {}
    for value, size, name in symbols_in(elf, symbols.EXECUTABLE):
        if value in text and not name.startswith(PREAMBLE):
            places.setdefault(value, (size, name))
    starts = sorted(places)
    names = []
    for start, following in zip(starts, [*starts[1:], text.stop]):
        size, name = places[start]
        names.append((start, name))
        if size and start + size + UNNAMED_BYTES < following:
            names.append((start + size, b""))
    return names


class Strings:
    """Each string once, terminated; the empty one is the first."""

    def __init__(self):
        self.bytes, self.places = b"\0", {b"": 0}

    def place(self, text):
        if text not in self.places:
            self.places[text] = len(self.bytes)
            self.bytes += text + b"\0"
        return self.places[text]


def traps_of(elf, text):
    """[(offset, file, line, check)] ascending, for the range `text`"""
    try:
        return [trap for trap in traps.traps_of(elf) if trap[0] in text]
    except traps.TrapsError as error:
        raise ImageError(str(error)) from error


def names_bytes(names, trap_list):
    strings = Strings()
    table = b"".join(SYMBOL.pack(offset, strings.place(name)) for offset, name in names)
    for offset, file, line, check in trap_list:
        table += TRAP.pack(offset, strings.place(file.encode()), strings.place(check.encode()), line)
    return table + strings.bytes


# --- Strict cells ---

def is_strict(memory, manifest):
    return not MANIFEST.unpack_from(memory, manifest)[3] & SCAN_ONLY


def thunks_empty(memory, addresses, text):
    """What stands there is for a scan-only cell."""
    for name, offset in THUNKS.items():
        require(addresses.get(name) == text.address + offset, f"{name.decode()} is not where it belongs")
    memory[text.address:text.address + THUNKS_BYTES] = THUNKS_FILL * THUNKS_BYTES


def maps_find(addresses, text_bytes, room, relocations):
    """Where the maps of so much text have their place: in the range `room`, which nobody relocates"""
    require(MAPS in addresses, f"strict, without {MAPS.decode()}")
    maps = addresses[MAPS]
    end = maps + sum(text_bytes >> shift for shift in MAP_SHIFTS)
    require(maps % MAPS_ALIGNMENT == 0 and room.start <= maps and end <= room.stop,
            "no room for the maps among the relocated constants")
    require(not any(maps - RELOCATED_BYTES < offset < end for offset, _ in relocations),
            "relocation in the maps")
    return maps


# --- All of it ---

def relocations_write(memory, start, relocations):
    table = b"".join(struct.pack("<I", offset) for offset, _ in relocations)
    memory[start:start + RELA.size * len(relocations)] = table.ljust(RELA.size * len(relocations), b"\0")
    for offset, addend in relocations:
        struct.pack_into("<Q", memory, offset, addend)


def image_bytes(elf):
    header = header_read(elf)
    programs = programs_read(elf, header)
    loads = [program for program in programs if program.type == LOAD]
    loads_check(loads, elf)
    others_check(programs, elf)
    constants, text = loads[:2]
    require(constants.offset == 0 and constants.file_bytes >= ELF_HEADER.size,
            "the ELF header is not in memory")

    memory, file_end = memory_of(loads, traps.calls_replaced(elf))
    text_end = page_align(text.address + text.memory_bytes)
    constant_end = relro_end(one_of(programs, RELRO, "ranges of relocated constants"), text_end, len(memory))
    data_end = max(constant_end, page_align(file_end))
    cell_check(memory, header.entry, text_end, constant_end)
    manifest = manifest_find(elf, programs, constants)
    tags = tags_read(elf, one_of(programs, DYNAMIC, "dynamic sections"))
    bounds = (constants.file_bytes, text_end, data_end, len(memory))
    table, relocations = relocations_read(memory, tags, bounds)
    names = names_of(elf, range(text.address, text_end))
    trap_list = traps_of(elf, range(text.address, text_end))
    maps = 0
    if is_strict(memory, manifest):
        addresses = {name: value for value, _, name in symbols_in(elf, symbols.ALLOCATED)}
        thunks_empty(memory, addresses, text)
        maps = maps_find(addresses, text_end - text.address, range(text_end, constant_end), relocations)

    relocations_write(memory, table, relocations)
    ends = [0, text.address, text_end, constant_end, data_end, len(memory)]
    pages = [(end - begin) // PAGE_BYTES for begin, end in zip(ends, ends[1:])]
    fresh = HEADER.pack(MAGIC, VERSION, ELF_X86_64, *pages, header.entry, manifest, table, len(relocations),
                        len(names), maps, len(trap_list))
    memory[:ELF_HEADER.size] = fresh.ljust(ELF_HEADER.size, b"\0")
    return bytes(memory[:data_end]) + names_bytes(names, trap_list)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args(argv)
    try:
        arguments.out.write_bytes(image_bytes(arguments.elf.read_bytes()))
    except (ImageError, OSError) as error:
        print(f"cell_image.py: {arguments.elf}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
