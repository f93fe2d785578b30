/* SPDX-License-Identifier: MIT */
#include "decode.h"

/*
 * prefixes, REX, one opcode byte or 0F and one more, ModRM, SIB, displacement, immediate
 *
 * An entry of the two opcode tables says what of this an opcode takes, and which prefixes mean
 * something to it.  An entry of 0 is an opcode that is not on the list.
 */

#define BIT(n) (UINT32_C(1) << (n))

/* Prefixes, as bits both of what stands ahead of an opcode and of what an entry allows there. */
#define DATA16 BIT(0)        /* 66 */
#define DATA16_AGAIN BIT(1)  /* 66 more than once: the padding of a long nop */
#define LOCK BIT(2)          /* F0, before memory */
#define REPEAT BIT(3)        /* F3 */
#define CODE_SEGMENT BIT(4)  /* 2E, of a long nop */
#define ADDRESS32 BIT(5)     /* 67 */
#define OTHER_SEGMENT BIT(6) /* 26 36 3E 64 65: never allowed */
#define OTHER_PREFIX BIT(7)  /* F2, or any but 66 twice: never allowed */
#define PREFIXES UINT32_C(0xFF)

/* What the opcode takes. */
#define ALONE BIT(8)
#define QUAD BIT(9)      /* REX.W */
#define REGISTER BIT(10) /* in the low bits of the opcode */
#define MODRM BIT(11)
#define IN_MEMORY BIT(12)   /* ModRM names memory */
#define IN_REGISTER BIT(13) /* ModRM names a register */
#define BYTE BIT(14)        /* an immediate of one byte */
#define WORD BIT(15)        /* of four, behind 66 of two */
#define WORD_FULL BIT(16)   /* the same, behind REX.W of eight */
#define SIZED (DATA16 | QUAD)
#define NEAR (WORD)
#define SHORT (BYTE)

/* What an entry is besides an opcode of the list. */
#define PREFIX BIT(17) /* the bits of PREFIXES say which */
#define REX BIT(18)
#define ESCAPE BIT(19)
#define REFUSED BIT(20) /* the argument is the enum refusal */

#define KIND_SHIFT 21u
#define KIND_MASK 7u
#define KIND(kind) ((uint32_t)(kind) << KIND_SHIFT)
#define ARGUMENT_SHIFT 24u
#define ARGUMENT(value) ((uint32_t)(value) << ARGUMENT_SHIFT)
#define REFUSE(refusal) (REFUSED | ARGUMENT(refusal))
#define GROUP(group) (MODRM | ARGUMENT(group))

/* Opcodes whose ModRM says in bits 5-3 which operation is meant. */
enum group_index {
    GROUP_NONE,
    GROUP_ARITHMETIC, /* add or adc sbb and sub xor cmp */
    GROUP_SHIFT,      /* rol ror rcl rcr shl shr - sar */
    GROUP_UNARY,      /* test - not neg mul imul div idiv */
    GROUP_STEP,       /* inc dec */
    GROUP_STEP_PUSH,  /* inc dec call call jmp jmp push - */
    GROUP_BIT,        /* - - - - bt bts btr btc */
    GROUP_RANDOM,     /* - - - - - - rdrand rdseed */
    GROUP_FENCE,      /* - - - - - lfence mfence sfence */
    GROUP_FIRST,      /* the first alone */
};

struct group {
    uint8_t listed;    /* a bit per operation: on the list */
    uint8_t locked;    /* may follow LOCK */
    uint8_t immediate; /* takes the entry's immediate */
    uint8_t refused;   /* not on the list for the reason `refusal` */
    uint8_t refusal;   /* enum refusal */
};

static const struct group groups[] = {
    [GROUP_NONE] = { 0xFF, 0xFF, 0xFF, 0, 0 },
    [GROUP_ARITHMETIC] = { 0xFF, 0x7F, 0xFF, 0, 0 },
    [GROUP_SHIFT] = { 0xBF, 0, 0xFF, 0, 0 },
    [GROUP_UNARY] = { 0xFD, 0x0C, 0x01, 0, 0 },
    [GROUP_STEP] = { 0x03, 0x03, 0, 0, 0 },
    [GROUP_STEP_PUSH] = { 0x43, 0x03, 0, 0x3C, REFUSAL_INDIRECT },
    [GROUP_BIT] = { 0xF0, 0xE0, 0xFF, 0, 0 },
    [GROUP_RANDOM] = { 0xC0, 0, 0, 0xFD, REFUSAL_SYSTEM },
    [GROUP_FENCE] = { 0xE0, 0, 0, 0xFF, REFUSAL_SYSTEM },
    [GROUP_FIRST] = { 0x01, 0, 0xFF, 0, 0 },
};

/* Six ways of one operation: to memory, from memory, from an immediate; of a byte, of more. */
#define ARITHMETIC(first, lock) \
    [first] = MODRM | (lock), [(first) + 1] = MODRM | SIZED | (lock), [(first) + 2] = MODRM, \
    [(first) + 3] = MODRM | SIZED, [(first) + 4] = BYTE, [(first) + 5] = SIZED | WORD

static const uint32_t one_byte[256] = {
    ARITHMETIC(0x00, LOCK),
    ARITHMETIC(0x08, LOCK),
    [0x0F] = ESCAPE,
    ARITHMETIC(0x10, LOCK),
    ARITHMETIC(0x18, LOCK),
    ARITHMETIC(0x20, LOCK),
    [0x26] = PREFIX | OTHER_SEGMENT,
    ARITHMETIC(0x28, LOCK),
    [0x2E] = PREFIX | CODE_SEGMENT,
    ARITHMETIC(0x30, LOCK),
    [0x36] = PREFIX | OTHER_SEGMENT,
    ARITHMETIC(0x38, 0), /* cmp */
    [0x3E] = PREFIX | OTHER_SEGMENT,
    [0x40 ... 0x4F] = REX,
    [0x50 ... 0x5F] = REGISTER, /* push, pop */
    [0x62] = REFUSE(REFUSAL_VECTOR),
    [0x63] = MODRM | QUAD, /* movsxd */
    [0x64 ... 0x65] = PREFIX | OTHER_SEGMENT,
    [0x66] = PREFIX | DATA16,
    [0x67] = PREFIX | ADDRESS32,
    [0x68] = WORD,                 /* push */
    [0x69] = MODRM | SIZED | WORD, /* imul */
    [0x6A] = BYTE,
    [0x6B] = MODRM | SIZED | BYTE,
    [0x6C ... 0x6F] = REFUSE(REFUSAL_PORT),
    [0x70 ... 0x7F] = SHORT | KIND(INSTRUCTION_BRANCH),
    [0x80] = GROUP(GROUP_ARITHMETIC) | LOCK | BYTE,
    [0x81] = GROUP(GROUP_ARITHMETIC) | LOCK | SIZED | WORD,
    [0x83] = GROUP(GROUP_ARITHMETIC) | LOCK | SIZED | BYTE,
    [0x84] = MODRM, /* test */
    [0x85] = MODRM | SIZED,
    [0x86] = MODRM | LOCK, /* xchg */
    [0x87] = MODRM | LOCK | SIZED,
    [0x88] = MODRM, /* mov */
    [0x89] = MODRM | SIZED,
    [0x8A] = MODRM,
    [0x8B] = MODRM | SIZED,
    [0x8C] = REFUSE(REFUSAL_SEGMENT),
    [0x8D] = MODRM | SIZED | IN_MEMORY, /* lea */
    [0x8E] = REFUSE(REFUSAL_SEGMENT),
    [0x8F] = GROUP(GROUP_FIRST),        /* pop */
    [0x90] = REGISTER | SIZED | REPEAT, /* nop, pause */
    [0x91 ... 0x97] = REGISTER | SIZED, /* xchg with rax */
    [0x98 ... 0x99] = ALONE | SIZED,    /* cdqe, cqo and their like */
    [0x9B] = REFUSE(REFUSAL_VECTOR),
    [0x9C] = ALONE, /* pushfq */
    [0x9D] = REFUSE(REFUSAL_FLAGS),
    [0xA4] = ALONE | REPEAT, /* movs */
    [0xA5] = ALONE | REPEAT | SIZED,
    [0xA8] = BYTE, /* test */
    [0xA9] = SIZED | WORD,
    [0xAA] = ALONE | REPEAT, /* stos */
    [0xAB] = ALONE | REPEAT | SIZED,
    [0xB0 ... 0xB7] = REGISTER | BYTE, /* mov */
    [0xB8 ... 0xBF] = REGISTER | SIZED | WORD_FULL,
    [0xC0] = GROUP(GROUP_SHIFT) | BYTE,
    [0xC1] = GROUP(GROUP_SHIFT) | SIZED | BYTE,
    [0xC2 ... 0xC3] = REFUSE(REFUSAL_RETURN),
    [0xC4 ... 0xC5] = REFUSE(REFUSAL_VECTOR),
    [0xC6] = GROUP(GROUP_FIRST) | BYTE, /* mov */
    [0xC7] = GROUP(GROUP_FIRST) | SIZED | WORD,
    [0xCA ... 0xCB] = REFUSE(REFUSAL_RETURN),
    [0xCC] = ALONE | KIND(INSTRUCTION_TRAP), /* int3 */
    [0xCD ... 0xCE] = REFUSE(REFUSAL_INTERRUPT),
    [0xCF] = REFUSE(REFUSAL_RETURN),
    [0xD0] = GROUP(GROUP_SHIFT),
    [0xD1] = GROUP(GROUP_SHIFT) | SIZED,
    [0xD2] = GROUP(GROUP_SHIFT),
    [0xD3] = GROUP(GROUP_SHIFT) | SIZED,
    [0xD8 ... 0xDF] = REFUSE(REFUSAL_VECTOR),
    [0xE4 ... 0xE7] = REFUSE(REFUSAL_PORT),
    [0xE8] = NEAR | KIND(INSTRUCTION_CALL),
    [0xE9] = NEAR | KIND(INSTRUCTION_JUMP),
    [0xEB] = SHORT | KIND(INSTRUCTION_JUMP),
    [0xEC ... 0xEF] = REFUSE(REFUSAL_PORT),
    [0xF0] = PREFIX | LOCK,
    [0xF1] = REFUSE(REFUSAL_INTERRUPT),
    [0xF2] = PREFIX | OTHER_PREFIX,
    [0xF3] = PREFIX | REPEAT,
    [0xF4] = REFUSE(REFUSAL_SYSTEM), /* hlt */
    [0xF6] = GROUP(GROUP_UNARY) | LOCK | BYTE,
    [0xF7] = GROUP(GROUP_UNARY) | LOCK | SIZED | WORD,
    [0xFA ... 0xFB] = REFUSE(REFUSAL_SYSTEM), /* cli, sti */
    [0xFC] = ALONE,                           /* cld */
    [0xFD] = REFUSE(REFUSAL_FLAGS),
    [0xFE] = GROUP(GROUP_STEP) | LOCK,
    [0xFF] = GROUP(GROUP_STEP_PUSH) | LOCK | SIZED,
};

static const uint32_t two_bytes[256] = {
    [0x00 ... 0x03] = REFUSE(REFUSAL_SYSTEM),
    [0x05] = ALONE, /* syscall */
    [0x06 ... 0x09] = REFUSE(REFUSAL_SYSTEM),
    [0x0B] = ALONE | KIND(INSTRUCTION_TRAP), /* ud2 */
    [0x10 ... 0x17] = REFUSE(REFUSAL_VECTOR),
    [0x1F] = GROUP(GROUP_FIRST) | DATA16 | DATA16_AGAIN | CODE_SEGMENT, /* nop */
    [0x20 ... 0x23] = REFUSE(REFUSAL_SYSTEM),
    [0x28 ... 0x2F] = REFUSE(REFUSAL_VECTOR),
    [0x30] = REFUSE(REFUSAL_SYSTEM),
    [0x31] = ALONE, /* rdtsc */
    [0x32 ... 0x37] = REFUSE(REFUSAL_SYSTEM),
    [0x40 ... 0x4F] = MODRM | SIZED, /* cmov */
    [0x50 ... 0x7F] = REFUSE(REFUSAL_VECTOR),
    [0x80 ... 0x8F] = NEAR | KIND(INSTRUCTION_BRANCH),
    [0x90 ... 0x9F] = GROUP(GROUP_FIRST), /* set */
    [0xA0 ... 0xA1] = REFUSE(REFUSAL_SEGMENT),
    [0xA3] = MODRM | SIZED,        /* bt */
    [0xA4] = MODRM | SIZED | BYTE, /* shld */
    [0xA5] = MODRM | SIZED,
    [0xA8 ... 0xA9] = REFUSE(REFUSAL_SEGMENT),
    [0xAA] = REFUSE(REFUSAL_SYSTEM),
    [0xAB] = MODRM | SIZED | LOCK, /* bts */
    [0xAC] = MODRM | SIZED | BYTE, /* shrd */
    [0xAD] = MODRM | SIZED,
    [0xAE] = GROUP(GROUP_FENCE) | IN_REGISTER,
    [0xAF] = MODRM | SIZED, /* imul */
    [0xB0] = MODRM | LOCK,  /* cmpxchg */
    [0xB1] = MODRM | SIZED | LOCK,
    [0xB2] = REFUSE(REFUSAL_SEGMENT),
    [0xB3] = MODRM | SIZED | LOCK, /* btr */
    [0xB4 ... 0xB5] = REFUSE(REFUSAL_SEGMENT),
    [0xB6 ... 0xB7] = MODRM | SIZED,                     /* movzx */
    [0xB9] = MODRM | ADDRESS32 | KIND(INSTRUCTION_TRAP), /* ud1; clang gives every reason a byte of memory */
    [0xBA] = GROUP(GROUP_BIT) | SIZED | LOCK | BYTE,
    [0xBB] = MODRM | SIZED | LOCK,   /* btc */
    [0xBC] = MODRM | SIZED | REPEAT, /* bsf, tzcnt */
    [0xBD] = MODRM | SIZED,          /* bsr */
    [0xBE ... 0xBF] = MODRM | SIZED, /* movsx */
    [0xC0] = MODRM | LOCK,           /* xadd */
    [0xC1] = MODRM | SIZED | LOCK,
    [0xC2] = REFUSE(REFUSAL_VECTOR),
    [0xC4 ... 0xC6] = REFUSE(REFUSAL_VECTOR),
    [0xC7] = GROUP(GROUP_RANDOM) | SIZED | IN_REGISTER,
    [0xC8 ... 0xCF] = REGISTER | QUAD, /* bswap */
    [0xD0 ... 0xFE] = REFUSE(REFUSAL_VECTOR),
};

#define REX_WIDE 8u
#define REX_BASE 1u
#define REX_BITS 15u
#define HASH_OPCODE 0xB8u
#define MODE_REGISTER 3u

/* What has been read of an instruction. */
struct reading {
    const uint8_t *window;
    uint32_t at;       /* bytes read */
    uint32_t prefixes; /* bits of PREFIXES */
    uint32_t rex;      /* 0: none */
    uint32_t entry;
};

static uint32_t entry_argument(uint32_t entry)
{
    return entry >> ARGUMENT_SHIFT;
}

static enum instruction_kind entry_kind(uint32_t entry)
{
    return (enum instruction_kind)(entry >> KIND_SHIFT & KIND_MASK);
}

static uint32_t prefix_add(uint32_t prefixes, uint32_t prefix)
{
    if (!(prefixes & prefix))
        return prefixes | prefix;
    return prefixes | (prefix == DATA16 ? DATA16_AGAIN : OTHER_PREFIX);
}

/* Prefixes and opcode; the byte after the opcode is next. */
static void opcode_read(struct reading *reading)
{
    const uint8_t *window = reading->window;
    uint32_t entry = one_byte[window[reading->at++]];
    while (entry & PREFIX && reading->at < INSTRUCTION_MAX) {
        reading->prefixes = prefix_add(reading->prefixes, entry & PREFIXES);
        entry = one_byte[window[reading->at++]];
    }
    if (entry & REX) {
        reading->rex = window[reading->at - 1];
        entry = one_byte[window[reading->at++]];
    }
    if (entry & ESCAPE)
        entry = two_bytes[window[reading->at++]];
    reading->entry = entry;
}

/* REX, too, must mean something: W a size, the others a register. */
static bool rex_is_sound(const struct reading *reading)
{
    uint32_t entry = reading->entry;
    uint32_t sound = entry & MODRM ? REX_BITS & ~REX_WIDE : entry & REGISTER ? REX_BASE : 0;
    bool is_wide = reading->rex & REX_WIDE;
    if (is_wide && (!(entry & QUAD) || reading->prefixes & DATA16))
        return false;
    return !(reading->rex & REX_BITS & ~REX_WIDE & ~sound) && (is_wide || sound != 0);
}

static enum refusal prefixes_check(const struct reading *reading)
{
    uint32_t wrong = reading->prefixes & ~reading->entry;
    if (wrong != 0)
        return wrong & (OTHER_SEGMENT | CODE_SEGMENT) ? REFUSAL_SEGMENT : REFUSAL_PREFIX;
    if (reading->rex != 0 && !rex_is_sound(reading))
        return REFUSAL_PREFIX;
    /* F3 90 is pause; with more ahead of it processors disagree. */
    if (reading->entry & REGISTER && reading->prefixes & REPEAT &&
        (reading->rex != 0 || reading->prefixes != REPEAT))
        return REFUSAL_PREFIX;
    return REFUSAL_NONE;
}

static enum refusal opcode_check(const struct reading *reading)
{
    uint32_t entry = reading->entry;
    if (entry & REFUSED)
        return (enum refusal)entry_argument(entry);
    if (entry & (PREFIX | REX))
        return reading->at >= INSTRUCTION_MAX ? REFUSAL_LONG : REFUSAL_PREFIX;
    return entry == 0 ? REFUSAL_UNLISTED : REFUSAL_NONE;
}

/* ModRM itself, SIB and displacement. */
static uint32_t operand_bytes(const uint8_t *modrm)
{
    uint32_t mode = modrm[0] >> 6;
    uint32_t base = modrm[0] & 7;
    uint32_t bytes = 1;
    if (mode == MODE_REGISTER)
        return bytes;
    if (base == 4) {
        base = modrm[1] & 7;
        bytes++;
    }
    if (mode == 1)
        return bytes + 1;
    return mode == 2 || base == 5 ? bytes + 4 : bytes;
}

/* The byte after the opcode, of an opcode that has it. */
static enum refusal modrm_check(const struct reading *reading, const struct group *group)
{
    uint32_t entry = reading->entry;
    uint8_t modrm = reading->window[reading->at];
    uint32_t operation = BIT(modrm >> 3 & 7);
    bool is_register = modrm >> 6 == MODE_REGISTER;
    bool is_misplaced = (entry & IN_MEMORY && is_register) || (entry & IN_REGISTER && !is_register);
    /* A fence names no register, so these bits mean nothing but 0. */
    if (entry_argument(entry) == GROUP_FENCE && (modrm & 7) != 0)
        is_misplaced = true;
    if (is_misplaced || !(group->listed & operation))
        return group->refused & operation ? (enum refusal)group->refusal : REFUSAL_UNLISTED;
    if (reading->prefixes & LOCK && (is_register || !(group->locked & operation)))
        return REFUSAL_PREFIX;
    return REFUSAL_NONE;
}

static uint32_t immediate_bytes(const struct reading *reading)
{
    uint32_t entry = reading->entry;
    if (entry & BYTE)
        return 1;
    if (entry & WORD_FULL && reading->rex & REX_WIDE)
        return 8;
    if (entry & (WORD | WORD_FULL))
        return reading->prefixes & DATA16 ? 2 : 4;
    return 0;
}

static int32_t displacement_of(const uint8_t *bytes, bool is_short)
{
    if (is_short)
        return (int8_t)bytes[0];
    int32_t displacement;
    __builtin_memcpy(&displacement, bytes, sizeof(displacement));
    return displacement;
}

static struct instruction refused(enum refusal refusal, uint32_t bytes)
{
    return (struct instruction){ .refusal = refusal, .bytes = bytes };
}

/* Of an opcode that has ModRM. */
static struct instruction operand_decode(const struct reading *reading)
{
    const uint8_t *modrm = reading->window + reading->at;
    const struct group *group = &groups[entry_argument(reading->entry)];
    enum refusal refusal = modrm_check(reading, group);
    if (refusal != REFUSAL_NONE)
        return refused(refusal, reading->at + 1);
    uint32_t bytes = reading->at + operand_bytes(modrm);
    if (group->immediate & BIT(modrm[0] >> 3 & 7))
        bytes += immediate_bytes(reading);
    return (struct instruction){ .kind = entry_kind(reading->entry), .bytes = bytes };
}

static struct instruction plain_decode(const struct reading *reading)
{
    const uint8_t *behind = reading->window + reading->at;
    enum instruction_kind kind = entry_kind(reading->entry);
    struct instruction instruction = { .kind = kind, .bytes = reading->at + immediate_bytes(reading) };
    if (kind == INSTRUCTION_CALL || kind == INSTRUCTION_BRANCH || kind == INSTRUCTION_JUMP)
        instruction.displacement = displacement_of(behind, reading->entry & SHORT);
    else if (reading->at == 1 && reading->window[0] == HASH_OPCODE)
        instruction.kind = INSTRUCTION_HASH;
    return instruction;
}

struct instruction instruction_decode(const uint8_t window[INSTRUCTION_WINDOW])
{
    struct reading reading = { .window = window };
    opcode_read(&reading);
    enum refusal refusal = opcode_check(&reading);
    if (refusal != REFUSAL_NONE)
        return refused(refusal, reading.at);
    struct instruction instruction = reading.entry & MODRM ? operand_decode(&reading)
                                                           : plain_decode(&reading);
    if (instruction.refusal == REFUSAL_NONE)
        instruction.refusal = prefixes_check(&reading);
    if (instruction.bytes > INSTRUCTION_MAX)
        return refused(REFUSAL_LONG, INSTRUCTION_MAX);
    return instruction;
}
