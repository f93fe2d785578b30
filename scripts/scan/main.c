/* SPDX-License-Identifier: MIT */
#include <abi/image.h>
#include <core/scan.h>
#include <efi/cell_check.h>
#include <efi/cell_verify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What the machine says of the code on standard input, by the functions that say it there.
 *
 * usage: comb_scan image        the image of a cell: as the EFI stub and then the monitor see it
 *        comb_scan scan-only    the same, whatever policy the manifest asks for
 *        comb_scan text         no cell, only code: V1
 *
 * Prints lines of words with a tab between them: "policy WORD", "text BYTES", and for each find
 * "find LEVEL OFFSET BYTES REASON", offsets and bytes hexadecimal.  Status 2: no answer.
 */

#define STATUS_BAD_INPUT 2
#define INPUT_BYTES_MAX ((size_t)256 << 20)
#define FINDS_MAX 100u /* of one kind; there may be one in every three bytes */
#define XRSTOR_SECOND 0xAE

static void find_print(const char *level, uint64_t at, const uint8_t *bytes, uint32_t count, const char *why)
{
    (void)printf("find\t%s\t%llx\t", level, (unsigned long long)at);
    for (uint32_t i = 0; i < count; i++)
        (void)printf("%02x", bytes[i]);
    (void)printf("\t%s\n", why);
}

/* V1, and again from behind each find: people want all of them. */
static void text_scan(const uint8_t *text, uint64_t bytes, uint64_t begin)
{
    uint64_t from = 0;
    for (uint32_t i = 0; i < FINDS_MAX; i++) {
        struct scan scan;
        scan_begin(&scan);
        if (scan_feed(&scan, text + from, bytes - from))
            return;
        const char *what = scan.sequence[1] == XRSTOR_SECOND ? "XRSTOR can write PKRU" : "WRPKRU writes PKRU";
        find_print("V1", begin + from + scan.at, scan.sequence, SCAN_SEQUENCE_BYTES, what);
        from += scan.at + 1;
    }
}

/* Which level a refusal belongs to: branches are V3, and where a cell is entered V4. */
static const char *level_of(const struct verify_find *find)
{
    static const char *const branches[] = { "branch ", "jump to " };
    if (find->count == 0)
        return "V4";
    for (size_t i = 0; i < ARRAY_COUNT(branches); i++)
        if (strncmp(find->why, branches[i], strlen(branches[i])) == 0)
            return "V3";
    return "V2";
}

/* V2-V4; a strict cell that passes has its thunks then, and V1 sees them as the monitor does. */
static void image_scan(void *image, bool is_scan_only)
{
    const struct image_header *header = image;
    struct verify_find find = {};
    uint64_t begin = image_end(header, IMAGE_CONSTANT);
    bool is_strict = !is_scan_only && cell_is_strict(header);
    (void)printf("policy\t%s\ntext\t%llu\n", is_strict ? "strict" : "scan-only",
                 (unsigned long long)cell_text_bytes(header));
    if (is_strict && !cell_verify(image, &find))
        find_print(level_of(&find), begin + find.at, find.sequence, find.count, find.why);
    text_scan((const uint8_t *)image + begin, cell_text_bytes(header), begin);
}

static void image_judge(void *image, uint64_t bytes, bool is_scan_only)
{
    const char *part;
    char text[128];
    const char *wrong = cell_check(image, bytes, &part);
    if (wrong == nullptr) {
        image_scan(image, is_scan_only);
        return;
    }
    (void)snprintf(text, sizeof(text), "%s: %s", part, wrong);
    find_print("image", 0, nullptr, 0, text);
}

/* All of standard input, page-aligned like the memory it stands for; null: too much, or no memory. */
static uint8_t *input_read(size_t *bytes)
{
    uint8_t *data = aligned_alloc(PAGE_BYTES, INPUT_BYTES_MAX);
    if (data == nullptr)
        return nullptr;
    *bytes = fread(data, 1, INPUT_BYTES_MAX, stdin);
    if (ferror(stdin) == 0 && fgetc(stdin) == EOF)
        return data;
    free(data);
    return nullptr;
}

int main(int count, char **arguments)
{
    size_t bytes = 0;
    uint8_t *data = count == 2 ? input_read(&bytes) : nullptr;
    int status = EXIT_SUCCESS;
    if (data == nullptr)
        return STATUS_BAD_INPUT;
    if (strcmp(arguments[1], "text") == 0)
        text_scan(data, bytes, 0);
    else if (strcmp(arguments[1], "image") == 0)
        image_judge(data, bytes, false);
    else if (strcmp(arguments[1], "scan-only") == 0)
        image_judge(data, bytes, true);
    else
        status = STATUS_BAD_INPUT;
    free(data);
    return status;
}
