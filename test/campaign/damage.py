# SPDX-License-Identifier: MIT
"""Ways of damaging a cell's image before it is loaded: those of MINIX 3's fault injection, and of its file.

Each takes the image as a bytearray, what is known of it, and the dice.  It changes the image and
returns True, or finds nothing to change and returns False.
"""
import struct

PAGE = 4096
HEADER_BYTES = 64
PAGES = struct.Struct("<5I")
PAGES_OFFSET = 16
MANIFEST_OFFSET, RELOCATIONS_OFFSET = 40, 44
MANIFEST_BYTES = 1000
NOP = 0x90


class Shape:
    """Where the parts of an image lie, and where each of its instructions begins."""

    def __init__(self, image, instructions):
        constants, text, relro, data, _ = PAGES.unpack_from(image, PAGES_OFFSET)
        self.constants = (HEADER_BYTES, constants * PAGE)
        self.text = (constants * PAGE, (constants + text) * PAGE)
        self.data = (self.text[1], (constants + text + relro + data) * PAGE)
        self.manifest, self.relocations, self.count = struct.unpack_from("<3I", image, MANIFEST_OFFSET)
        self.instructions = instructions  # [(offset, bytes)]
        self.jumps = [(at, size) for at, size in instructions if is_conditional(image, at, size)]


def is_conditional(image, at, size):
    return size == 2 and image[at] & 0xF0 == 0x70 or \
        size == 6 and image[at] == 0x0F and image[at + 1] & 0xF0 == 0x80


def _bit(image, span, dice):
    image[dice.randrange(*span)] ^= 1 << dice.randrange(8)
    return True


def text_bit(image, shape, dice):
    """one bit of an instruction"""
    at, size = dice.choice(shape.instructions)
    return _bit(image, (at, at + size), dice)


def instruction_missing(image, shape, dice):
    """an instruction that is not there"""
    at, size = dice.choice(shape.instructions)
    image[at:at + size] = bytes([NOP]) * size
    return True


def branch_inverted(image, shape, dice):
    """a condition the other way round"""
    if not shape.jumps:
        return False
    at, size = dice.choice(shape.jumps)
    image[at + (size == 6)] ^= 1
    return True


def operand_register(image, shape, dice):
    """another register, source or destination"""
    at, size = dice.choice([one for one in shape.instructions if one[1] >= 2])
    image[at + dice.randrange(1, min(size, 4))] ^= 1 << dice.choice((0, 1, 2, 3, 4, 5))
    return True


def number_off_by_one(image, shape, dice):
    """an immediate value or a distance that is one too large or too small"""
    at, size = dice.choice([one for one in shape.instructions if one[1] >= 3])
    image[at + size - 1] = (image[at + size - 1] + dice.choice((1, 255))) & 0xFF
    return True


def branch_target(image, shape, dice):
    """a jump or call that lands somewhere else"""
    branches = [(at, size) for at, size in shape.instructions if image[at] in (0xE8, 0xE9) and size == 5]
    if not branches:
        return False
    at, _ = dice.choice(branches)
    distance, = struct.unpack_from("<i", image, at + 1)
    struct.pack_into("<i", image, at + 1, distance + dice.choice((-16, -1, 1, 2, 16, 256, -4096, 1 << 20)))
    return True


def text_word(image, shape, dice):
    """four bytes of rubbish in the text"""
    at = dice.randrange(shape.text[0], shape.text[1] - 4)
    struct.pack_into("<I", image, at, dice.getrandbits(32))
    return True


def constant_bit(image, shape, dice):
    """one bit of what is read-only"""
    return _bit(image, shape.constants, dice)


def data_bit(image, shape, dice):
    """one bit of what is relocated or writable"""
    return _bit(image, shape.data, dice)


def relocation(image, shape, dice):
    """a relocation of another place"""
    if not shape.count:
        return False
    at = shape.relocations + 4 * dice.randrange(shape.count)
    place, = struct.unpack_from("<I", image, at)
    struct.pack_into("<I", image, at, place ^ 1 << dice.randrange(24))
    return True


def header_bit(image, _shape, dice):
    """one bit of the image's header"""
    return _bit(image, (0, HEADER_BYTES), dice)


def manifest_bit(image, shape, dice):
    """one bit of the manifest"""
    return _bit(image, (shape.manifest, shape.manifest + MANIFEST_BYTES), dice)


KINDS = {
    "b": text_bit,
    "n": instruction_missing,
    "j": branch_inverted,
    "r": operand_register,
    "o": number_off_by_one,
    "t": branch_target,
    "w": text_word,
    "c": constant_bit,
    "d": data_bit,
    "l": relocation,
    "h": header_bit,
    "m": manifest_bit,
}
