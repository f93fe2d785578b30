/* SPDX-License-Identifier: MIT */
#include <abi/image.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <verify/decode.h>

/*
 * The decoder against LLVM's disassembler.  Whatever ours accepts must be an instruction for LLVM,
 * too: as long, of a name in the list below, going to the same place.  What ours refuses is not
 * looked at: it may refuse what it likes.
 *
 * usage: decode_llvm forms [STEP]     every prefix, REX, opcode, ModRM; each STEPth of them
 *        decode_llvm random COUNT     random bytes
 *        decode_llvm cells FILE...    the text of cells' images
 */

#define TEXT_BYTES 128u
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* One letter for the size of the operand, b w l or q, may follow where `sized`. */
struct name {
    const char *name;
    bool sized;
};

static const struct name names[] = {
    { "adc", true },      { "add", true },      { "and", true },          { "bsf", true },
    { "bsr", true },      { "bswap", true },    { "bt", true },           { "btc", true },
    { "btr", true },      { "bts", true },      { "call", true },         { "cbtw", false },
    { "cld", false },     { "cltd", false },    { "cltq", false },        { "cmp", true },
    { "cmpxchg", true },  { "cqto", false },    { "cwtd", false },        { "cwtl", false },
    { "dec", true },      { "div", true },      { "idiv", true },         { "imul", true },
    { "inc", true },      { "int3", false },    { "lea", true },          { "lfence", false },
    { "lock adc", true }, { "lock add", true }, { "lock and", true },     { "lock btc", true },
    { "lock btr", true }, { "lock bts", true }, { "lock cmpxchg", true }, { "lock dec", true },
    { "lock inc", true }, { "lock neg", true }, { "lock not", true },     { "lock or", true },
    { "lock sbb", true }, { "lock sub", true }, { "lock xadd", true },    { "lock xchg", true },
    { "lock xor", true }, { "mfence", false },  { "mov", true },          { "movabs", true },
    { "movsb", true },    { "movsw", true },    { "movsl", true },        { "movsq", false },
    { "movslq", false },  { "movzb", true },    { "movzw", true },        { "mul", true },
    { "neg", true },      { "nop", true },      { "not", true },          { "or", true },
    { "pause", false },   { "pop", true },      { "push", true },         { "pushfq", false },
    { "rcl", true },      { "rcr", true },      { "rdrand", true },       { "rdseed", true },
    { "rdtsc", false },   { "rep movs", true }, { "rep stos", true },     { "rol", true },
    { "ror", true },      { "sar", true },      { "sbb", true },          { "sfence", false },
    { "shl", true },      { "shld", true },     { "shr", true },          { "shrd", true },
    { "stos", true },     { "sub", true },      { "syscall", false },     { "test", true },
    { "tzcnt", true },    { "ud1", true },      { "ud2", false },         { "xadd", true },
    { "xchg", true },     { "xor", true },
};
static const char *const conditions[] = { "a",  "ae", "b",  "be", "e",  "g", "ge", "l",
                                          "le", "ne", "no", "np", "ns", "o", "p",  "s" };

static LLVMDisasmContextRef disassembler;
static uint64_t accepted, looked_at;

static bool is_size(const char *letter)
{
    return letter[0] == '\0' || (strchr("bwlq", letter[0]) != nullptr && letter[1] == '\0');
}

static bool name_is_in_list(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t length = strlen(names[i].name);
        if (strncmp(name, names[i].name, length) == 0 &&
            (name[length] == '\0' || (names[i].sized && is_size(name + length))))
            return true;
    }
    return false;
}

static bool name_is_conditional(const char *name, const char *what, bool sized)
{
    size_t length = strlen(what);
    if (strncmp(name, what, length) != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        const char *rest = name + length;
        size_t more = strlen(conditions[i]);
        if (strncmp(rest, conditions[i], more) == 0 &&
            (rest[more] == '\0' || (sized && is_size(rest + more))))
            return true;
    }
    return false;
}

/* "\tlock\taddl\t$1, (%rax)" -> "lock addl", and where the operands begin. */
static const char *name_cut(const char *text, char name[TEXT_BYTES])
{
    size_t used = 0;
    for (;;) {
        while (*text == '\t' || *text == ' ')
            text++;
        size_t length = strcspn(text, "\t ");
        memcpy(name + used, text, length);
        used += length;
        text += length;
        name[used] = '\0';
        if (strcmp(name, "addr32") == 0)
            used = 0;
        else if (strcmp(name, "lock") != 0 && strcmp(name, "rep") != 0)
            return text;
        else
            name[used++] = ' ';
    }
}

/* LOCK is for what changes memory: the last operand is no register. */
static bool lock_agrees(const char *name, const char *operands)
{
    const char *last = strrchr(operands, ',');
    const char *bracket = strrchr(operands, '(');
    if (strncmp(name, "lock ", 5) != 0 || bracket != nullptr)
        return true;
    last = last == nullptr ? operands + strspn(operands, "\t ") : last + 2;
    return last[0] != '%';
}

static bool kind_agrees(const char *name, const char *operands, const struct instruction *instruction)
{
    bool is_call = strncmp(name, "call", 4) == 0;
    bool is_jump = strcmp(name, "jmp") == 0;
    bool is_branch = name_is_conditional(name, "j", false);
    bool is_trap = strncmp(name, "ud", 2) == 0 || strcmp(name, "int3") == 0;
    if (is_call != (instruction->kind == INSTRUCTION_CALL) ||
        is_jump != (instruction->kind == INSTRUCTION_JUMP) ||
        is_branch != (instruction->kind == INSTRUCTION_BRANCH) ||
        is_trap != (instruction->kind == INSTRUCTION_TRAP))
        return false;
    if (is_call || is_jump || is_branch)
        return strtoll(operands, nullptr, 0) == instruction->displacement;
    if (instruction->kind != INSTRUCTION_HASH)
        return true;
    size_t length = strlen(operands);
    return strcmp(name, "movl") == 0 && strcmp(operands + length - 4, "%eax") == 0;
}

static int complain(const uint8_t *bytes, uint32_t count, size_t theirs, const char *text)
{
    printf("ours: %u bytes; LLVM: %zu bytes, '%s'; of", count, theirs, text);
    for (uint32_t i = 0; i < INSTRUCTION_WINDOW; i++)
        printf(" %02x", bytes[i]);
    printf("\n");
    return 1;
}

/* The same without LOCK, which is an instruction of its own for LLVM; how many bytes that takes away. */
static size_t lock_drop(uint8_t bytes[INSTRUCTION_WINDOW])
{
    for (size_t i = 0; i < 2; i++) {
        if (bytes[i] == 0xF0) {
            memmove(bytes + i, bytes + i + 1, INSTRUCTION_WINDOW - i - 1);
            return 1;
        }
        if (bytes[i] != 0x66)
            break;
    }
    return 0;
}

/* LLVM's view: its length, and its text with "lock" in front where it belongs. */
static size_t disassemble(const uint8_t bytes[INSTRUCTION_WINDOW], char text[TEXT_BYTES])
{
    uint8_t copy[INSTRUCTION_WINDOW];
    memcpy(copy, bytes, sizeof(copy));
    size_t dropped = lock_drop(copy);
    size_t used = (size_t)snprintf(text, TEXT_BYTES, "%s", dropped != 0 ? "\tlock" : "");
    size_t count = LLVMDisasmInstruction(disassembler, copy, INSTRUCTION_MAX, 0, text + used,
                                         TEXT_BYTES - used);
    return count == 0 ? 0 : count + dropped;
}

/* 0: refused, or both agree. */
static int compare(const uint8_t bytes[INSTRUCTION_WINDOW])
{
    struct instruction ours = instruction_decode(bytes);
    looked_at++;
    if (ours.refusal != REFUSAL_NONE)
        return 0;
    accepted++;
    char text[TEXT_BYTES], name[TEXT_BYTES];
    size_t theirs = disassemble(bytes, text);
    const char *operands = name_cut(text, name);
    bool is_named = name_is_in_list(name) || name_is_conditional(name, "j", false) ||
                    name_is_conditional(name, "set", false) || name_is_conditional(name, "cmov", true) ||
                    strcmp(name, "jmp") == 0;
    /* What the verifier takes for granted when it looks at a first byte. */
    if (ours.kind != INSTRUCTION_PLAIN && ours.kind != INSTRUCTION_TRAP && instruction_is_plain(bytes[0]))
        return complain(bytes, ours.bytes, theirs, "a first byte that says nothing of it");
    if (theirs != ours.bytes || !is_named || !lock_agrees(name, operands) ||
        !kind_agrees(name, operands, &ours))
        return complain(bytes, ours.bytes, theirs, text);
    return 0;
}

/* --- Every form --- */

static const char *const prefixes[] = { "",         "\x66",     "\xF0",         "\xF3",     "\xF2",
                                        "\x2E",     "\x3E",     "\x26",         "\x36",     "\x64",
                                        "\x65",     "\x67",     "\x66\xF0",     "\xF0\x66", "\x66\xF3",
                                        "\xF3\x66", "\x66\x66", "\x66\x2E",     "\x2E\x66", "\x67\x66",
                                        "\xF3\xF0", "\xF3\xF2", "\x66\x66\x2E", "\xF0\xF0" };
static const uint8_t sibs[] = { 0x00, 0x24, 0x25, 0x65, 0xE5, 0xFF };
static const uint8_t filler[] = { 0xF1, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0x0E };

static uint64_t form_number, form_step = 1;

static int form_compare(const uint8_t *head, size_t count, uint8_t modrm, uint8_t sib)
{
    if (form_number++ % form_step != 0)
        return 0;
    uint8_t bytes[INSTRUCTION_WINDOW];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = filler[i % sizeof(filler)];
    memcpy(bytes, head, count);
    bytes[count] = modrm;
    bytes[count + 1] = sib;
    return compare(bytes);
}

static int modrms_compare(const uint8_t *head, size_t count)
{
    int wrong = 0;
    for (uint32_t modrm = 0; modrm < 256; modrm++) {
        bool has_sib = (modrm & 7) == 4 && modrm < 0xC0;
        for (size_t i = 0; i < (has_sib ? sizeof(sibs) : 1); i++)
            wrong += form_compare(head, count, (uint8_t)modrm, sibs[i]);
    }
    return wrong;
}

/* rex: 0x3F means none. */
static int opcodes_compare(const char *prefix, uint8_t rex)
{
    int wrong = 0;
    for (uint32_t opcode = 0; opcode < 512; opcode++) {
        uint8_t head[8];
        size_t count = 0;
        while (prefix[count] != '\0') {
            head[count] = (uint8_t)prefix[count];
            count++;
        }
        if (rex >= 0x40)
            head[count++] = rex;
        if (opcode >= 256)
            head[count++] = 0x0F;
        head[count++] = (uint8_t)opcode;
        wrong += modrms_compare(head, count);
    }
    return wrong;
}

static int forms_compare(void)
{
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        for (uint8_t rex = 0x3F; rex < 0x50; rex++)
            wrong += opcodes_compare(prefixes[i], rex);
    return wrong;
}

/* --- Anything --- */

static int random_compare(uint64_t count)
{
    uint64_t state = 0x9E3779B97F4A7C15;
    int wrong = 0;
    while (count-- > 0) {
        uint64_t words[INSTRUCTION_WINDOW / 8];
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            words[i] = state * 0x2545F4914F6CDD1D;
        }
        wrong += compare((const uint8_t *)words);
    }
    return wrong;
}

/* --- What is built --- */

/* Where ours refuses, LLVM says how far to go. */
static int text_compare(const uint8_t *text, uint64_t count)
{
    int wrong = 0;
    for (uint64_t at = 0; at < count;) {
        uint8_t window[INSTRUCTION_WINDOW] = {};
        char name[TEXT_BYTES];
        uint64_t left = count - at;
        memcpy(window, text + at, left < sizeof(window) ? left : sizeof(window));
        wrong += compare(window);
        uint64_t step = LLVMDisasmInstruction(disassembler, window, sizeof(window), 0, name, sizeof(name));
        at += step == 0 ? 1 : step;
    }
    return wrong;
}

static int cell_compare(const char *path)
{
    static uint8_t image[IMAGE_PAGES_MAX * PAGE_BYTES];
    struct image_header header;
    FILE *file = fopen(path, "rb");
    if (file == nullptr)
        return 1;
    size_t size = fread(image, 1, sizeof(image), file);
    fclose(file);
    if (size < sizeof(header))
        return 1;
    memcpy(&header, image, sizeof(header));
    uint64_t begin = image_end(&header, IMAGE_CONSTANT);
    uint64_t end = image_end(&header, IMAGE_TEXT);
    return header.magic != IMAGE_MAGIC || end > size || text_compare(image + begin, end - begin) != 0;
}

static int cells_compare(int count, char **paths)
{
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        int bad = cell_compare(paths[i]);
        if (bad != 0)
            printf("%s: wrong\n", paths[i]);
        wrong += bad;
    }
    return wrong;
}

static bool disassembler_open(void)
{
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
    disassembler = LLVMCreateDisasmCPU("x86_64-unknown-none-elf", "x86-64-v3", nullptr, 0, nullptr, nullptr);
    return disassembler != nullptr;
}

int main(int count, char **arguments)
{
    int wrong = 1;
    if (count < 2 || !disassembler_open())
        return EXIT_FAILURE;
    if (strcmp(arguments[1], "forms") == 0) {
        form_step = count > 2 ? strtoull(arguments[2], nullptr, 10) : 1;
        wrong = forms_compare();
    } else if (strcmp(arguments[1], "random") == 0 && count == 3) {
        wrong = random_compare(strtoull(arguments[2], nullptr, 10));
    } else if (strcmp(arguments[1], "cells") == 0 && count > 2) {
        wrong = cells_compare(count - 2, arguments + 2);
    }
    printf("%llu looked at, %llu accepted, %d wrong\n", (unsigned long long)looked_at,
           (unsigned long long)accepted, wrong);
    LLVMDisasmDispose(disassembler);
    return wrong == 0 && accepted > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
