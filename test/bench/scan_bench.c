/* SPDX-License-Identifier: MIT */
#include <core/scan.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * How fast the wall's scanner is on this machine: over the text of real programs (the
 * files given), and over the worst input there is (nothing but escapes).
 *
 * usage: scan_bench [FILE...]      prints MiB/s; measures, judges nothing
 */

#define BUFFER_BYTES (1u << 22)
#define PAGE 4096u
#define ROUNDS 64u

static uint8_t buffer[BUFFER_BYTES];

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Fed page by page, as the monitor does; a find starts over behind it. */
static uint64_t scan_all(void)
{
    struct scan scan;
    uint64_t found = 0;
    scan_begin(&scan);
    for (size_t at = 0; at < BUFFER_BYTES; at += PAGE) {
        if (!scan_feed(&scan, buffer + at, PAGE)) {
            found++;
            scan_begin(&scan);
        }
    }
    return found;
}

static void measure(const char *what)
{
    uint64_t found = 0;
    double start = seconds();
    for (unsigned round = 0; round < ROUNDS; round++)
        found += scan_all();
    double mebibytes = (double)BUFFER_BYTES * ROUNDS / (1 << 20);
    printf("%-16s %8.0f MiB/s   %llu pages with a find\n", what, mebibytes / (seconds() - start),
           (unsigned long long)found / ROUNDS);
}

/* The files again and again until the buffer is full; false: nothing could be read. */
static bool buffer_fill(int count, char **paths)
{
    size_t used = 0;
    for (int i = 0; count > 0 && used < BUFFER_BYTES; i = (i + 1) % count) {
        FILE *file = fopen(paths[i], "rb");
        size_t more = file == nullptr ? 0 : fread(buffer + used, 1, BUFFER_BYTES - used, file);
        if (file != nullptr)
            fclose(file);
        if (more == 0)
            return false;
        used += more;
    }
    return count > 0;
}

int main(int count, char **arguments)
{
    if (count > 1 && !buffer_fill(count - 1, arguments + 1)) {
        fprintf(stderr, "a file cannot be read or is empty\n");
        return EXIT_FAILURE;
    }
    if (count > 1)
        measure("given files");
    for (size_t i = 0; i < BUFFER_BYTES; i++)
        buffer[i] = (uint8_t)(i * 37 >> 4);
    measure("even mixture");
    for (size_t i = 0; i < BUFFER_BYTES; i++)
        buffer[i] = 0x0F;
    measure("only escapes");
    return EXIT_SUCCESS;
}
