# SPDX-License-Identifier: MIT
"""The traps of a cell: where each check of the language profile ends, its name, file and line.

The compiler ends a check in a call of a symbol named after it (cells/lib/trap.S), which keeps
checks of one kind apart.  `calls_replaced` makes a trap of each call, in place and of the same
length, so that the cell stops where the check stands, with all its registers; the linker's
relocations (--emit-relocs) say where the calls are.  `traps_of` lists all traps.
"""
import re
import struct

from . import lines

# Symbol that the compiler calls -> what docs/profile.md calls the check, clang's number for it.
CHECKS = {
    "__ubsan_handle_add_overflow_minimal_abort": ("add-overflow", 0),
    "__ubsan_handle_builtin_unreachable_minimal": ("unreachable", 1),
    "__ubsan_handle_divrem_overflow_minimal_abort": ("divide-overflow", 3),
    "__ubsan_handle_invalid_builtin_minimal_abort": ("builtin", 8),
    "__ubsan_handle_load_invalid_value_minimal_abort": ("invalid-value", 10),
    "__ubsan_handle_mul_overflow_minimal_abort": ("mul-overflow", 12),
    "__ubsan_handle_negate_overflow_minimal_abort": ("negate-overflow", 13),
    "__ubsan_handle_nonnull_arg_minimal_abort": ("nonnull-argument", 16),
    "__ubsan_handle_nonnull_return_minimal_abort": ("nonnull-return", 17),
    "__ubsan_handle_out_of_bounds_minimal_abort": ("bounds", 18),
    "__ubsan_handle_pointer_overflow_minimal_abort": ("pointer-overflow", 19),
    "__ubsan_handle_shift_out_of_bounds_minimal_abort": ("shift", 20),
    "__ubsan_handle_sub_overflow_minimal_abort": ("sub-overflow", 21),
    "__ubsan_handle_type_mismatch_minimal_abort": ("pointer", 22),
}
ASSERT_SYMBOL, ASSERT, KCFI, LOCAL_BOUNDS = "assert_failed", "assert", "kcfi", "local-bounds"

CALL, CALL_BYTES = 0xE8, 5
TRAP = bytes.fromhex("67 0f b9 40")     # ud1 NUMBER(%eax), %eax: as long as a call
UD2 = b"\x0f\x0b"
# add -4(target), %r10d; je over the trap; ud2.  What follows a function that nobody may call this way.
KCFI_CHECK = re.compile(rb"[\x44\x45]\x03(?:[\x50-\x53\x55-\x57]|\x54\x24)\xfc\x74\x02(\x0f\x0b)", re.DOTALL)
OWN_TRAP = re.compile(re.escape(TRAP) + b".|\x67\x0f\xb9\x00", re.DOTALL)

RELOCATION = struct.Struct("<QIIq")     # place, type, symbol, addend
BRANCHES = (2, 4)                       # R_X86_64_PC32, R_X86_64_PLT32
SYMBOL_NAME = struct.Struct("<I20x")


class TrapsError(Exception):
    """This ELF was not linked as a cell is."""


class Elf:
    """What is needed of one."""

    def __init__(self, elf):
        self.bytes = elf
        try:
            self.sections = lines.sections_named(elf)
            self.text = self.sections[".text"]
        except (IndexError, KeyError, OverflowError, ValueError, struct.error):
            self.sections, self.text = {}, None  # stripped: its checks have no names

    def code(self):
        return lines.content_of(self.bytes, self.sections, ".text")

    def symbol_names(self):
        table = lines.content_of(self.bytes, self.sections, ".symtab")
        strings = lines.content_of(self.bytes, self.sections, ".strtab")
        return [lines.text_at(strings, name) for name, in SYMBOL_NAME.iter_unpack(table)]

    def relocations(self):
        return RELOCATION.iter_unpack(lines.content_of(self.bytes, self.sections, ".rela.text"))

    def calls(self):
        """(offset in the text, symbol) of each direct call of an assertion's or a check's end."""
        names = self.symbol_names()
        code = self.code()
        for place, kind, symbol, _ in self.relocations():
            name = names[symbol]
            if name not in CHECKS and name != ASSERT_SYMBOL:
                continue
            at = place - self.text.address - 1
            if kind not in BRANCHES or code[at] != CALL:
                raise TrapsError(f"{name} is used at {place:#x}, and not by a call")
            yield at, name


def calls_replaced(data):
    """The ELF with a trap in the place of each call that a check ends in."""
    elf = Elf(data)
    replaced = bytearray(data)
    for at, name in elf.calls():
        if name in CHECKS:
            trap = TRAP + bytes([CHECKS[name][1]])
            replaced[elf.text.offset + at:elf.text.offset + at + CALL_BYTES] = trap
    return bytes(replaced)


def places_of(elf):
    """{offset in the text: check}"""
    code = elf.code()
    places = {match.start(): LOCAL_BOUNDS for match in OWN_TRAP.finditer(code)}
    places |= {match.start(1): KCFI for match in KCFI_CHECK.finditer(code)}
    for at, name in elf.calls():
        if name in CHECKS:
            places[at] = CHECKS[name][0]
        elif code.startswith(UD2, at + CALL_BYTES):
            places[at + CALL_BYTES] = ASSERT
    return places


def traps_of(data):
    """[(address, file, line, check)] ascending, of the ELF as the linker wrote it; line 0: not known."""
    elf = Elf(data)
    try:
        table = lines.Lines(data)
    except lines.LinesError as error:
        raise TrapsError(str(error)) from error
    return [(elf.text.address + at, *table.find(elf.text.address + at), check)
            for at, check in sorted(places_of(elf).items())]
