/* SPDX-License-Identifier: MIT */
#include <abi/image.h>
#include <core/scan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <verify/verify.h>

/*
 * How fast both walls are on this machine: the scanner (V1) and the verifier (V2-V4) over the text
 * of the cells given, and over the worst there is for the verifier, instructions of one byte.
 *
 * usage: verify_bench [IMAGE...]      prints MiB/s; measures, judges nothing
 */

#define IMAGE_BYTES_MAX (IMAGE_PAGES_MAX * (uint64_t)PAGE_BYTES)
#define SECONDS_MIN 0.5
#define TRAP 0xCC
#define NOP 0x90
#define WORST_BYTES (UINT64_C(1) << 20)

/* What one image, or all of them, took. */
struct cost {
    double scanned, verified; /* seconds, for once over `bytes` */
    uint64_t bytes;
    uint32_t refused;
};

/* Of this program alone: what else the machine does does not count. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool text_scan(const struct verify_text *text)
{
    struct scan scan;
    scan_begin(&scan);
    return scan_feed(&scan, text->text, text->bytes);
}

static bool text_verify(const struct verify_text *text)
{
    struct verify_find find;
    return verify(text, &find);
}

/* Seconds for one run, from many. */
static double measure(bool (*act)(const struct verify_text *text), const struct verify_text *text,
                      uint32_t *refused)
{
    uint64_t rounds = 0;
    double start = seconds(), passed;
    bool is_fine;
    do {
        is_fine = act(text);
        rounds++;
        passed = seconds() - start;
    } while (passed < SECONDS_MIN);
    *refused += !is_fine;
    return passed / (double)rounds;
}

static void cost_print(const char *name, const struct cost *cost)
{
    double mebibytes = (double)cost->bytes / (1 << 20);
    printf("%-24s %8llu bytes   V1 %6.0f MiB/s   V2-V4 %6.0f MiB/s   1 MiB %5.2f ms   %u refused\n", name,
           (unsigned long long)cost->bytes, mebibytes / cost->scanned, mebibytes / cost->verified,
           (cost->scanned + cost->verified) / mebibytes * 1e3, cost->refused);
}

static void text_measure(const char *name, const struct verify_text *text, struct cost *all)
{
    struct cost cost = { .bytes = text->bytes };
    cost.scanned = measure(text_scan, text, &cost.refused);
    cost.verified = measure(text_verify, text, &cost.refused);
    cost_print(name, &cost);
    all->bytes += cost.bytes;
    all->scanned += cost.scanned;
    all->verified += cost.verified;
    all->refused += cost.refused;
}

/* The image's text; bytes 0: there is none. */
static struct verify_text image_text(uint8_t *image, const char *path)
{
    struct image_header header;
    FILE *file = fopen(path, "rb");
    size_t size = file == nullptr ? 0 : fread(image, 1, IMAGE_BYTES_MAX, file);
    if (file != nullptr)
        fclose(file);
    if (size < sizeof(header))
        return (struct verify_text){};
    memcpy(&header, image, sizeof(header));
    uint64_t begin = image_end(&header, IMAGE_CONSTANT), end = image_end(&header, IMAGE_TEXT);
    if (header.magic != IMAGE_MAGIC || end > size || begin == end)
        return (struct verify_text){};
    return (struct verify_text){ .text = image + begin, .bytes = end - begin };
}

int main(int count, char **paths)
{
    uint8_t *image = malloc(IMAGE_BYTES_MAX);
    uint8_t *maps = malloc(VERIFY_MAP_BYTES(IMAGE_BYTES_MAX));
    struct cost all = {}, none = {};
    if (image == nullptr || maps == nullptr)
        return EXIT_FAILURE;
    for (int i = 1; i < count; i++) {
        struct verify_text text = image_text(image, paths[i]);
        const char *name = strrchr(paths[i], '/');
        if (text.bytes == 0) {
            fprintf(stderr, "%s: not the image of a cell\n", paths[i]);
            return EXIT_FAILURE;
        }
        text.maps = maps;
        text_measure(name == nullptr ? paths[i] : name + 1, &text, &all);
    }
    if (count > 2)
        cost_print("all of them", &all);
    memset(image, NOP, WORST_BYTES);
    image[WORST_BYTES - 1] = TRAP;
    text_measure("only nops", &(struct verify_text){ image, WORST_BYTES, maps }, &none);
    free(image);
    free(maps);
    return EXIT_SUCCESS;
}
