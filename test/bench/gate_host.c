/* SPDX-License-Identifier: MIT */
#include "gate_check.h"
#include "gate_jump.h"
#include "gate_pair.h"
#include "gate_region.h"

#include <cells/ipcbench/samples.h>
#include <cpuid.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sched.h>
#include <sdk/number.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

/*
 * The gate on the processor at hand: the shipping stub between two protection
 * keys of a Linux process, first checked (gate_check.h), then timed.
 *
 * usage: gate_host [--json] [--samples N] [--check]
 *
 *   --json       one JSON object per path on standard output
 *   --samples N  per path, 1 to 10000000; 100000 without
 *   --check      check only
 *
 * Ends with 0; 1 when a promise is broken; 2 on misuse; 77, and a line that
 * begins with SKIP, where there are no protection keys.
 *
 * A cycle is a tick of the time-stamp counter, which has a frequency of its
 * own.  The least that the empty frame takes is subtracted from every sample.
 */

#define SAMPLES_DEFAULT 100000u
#define SAMPLES_MAX 10000000u
#define STATUS_MISUSE 2
#define STATUS_SKIP 77
#define NAME_BYTES 64u

struct options {
    bool is_json, is_check_only;
    uint32_t samples;
};

struct machine {
    char processor[NAME_BYTES], kernel[NAME_BYTES];
};

struct figures {
    uint32_t least, p50, p90, p99, p999, most;
};

/* --- what is measured --------------------------------------------------------------------------- */

static uint32_t sample_frame(const struct gate_pair *pair)
{
    return region_frame(pair->caller_stack);
}

static uint32_t sample_plain(const struct gate_pair *pair)
{
    return region_plain(pair->caller_stack);
}

static uint32_t sample_wrpkru(const struct gate_pair *pair)
{
    return region_wrpkru(pair->caller_stack, pair->callee_pkru, pair->caller_pkru);
}

/* A call that does not answer would make the figures worthless; it cannot happen to a sound stub. */
static uint32_t sample_gate(const struct gate_pair *pair)
{
    struct gate_result result;
    uint32_t ticks = region_gate(pair->caller_stack, (gate_stub)pair->stub, &result);
    if (result.value != 0 || result.status != 0)
        abort();
    return ticks;
}

static uint32_t sample_getpid(const struct gate_pair *pair)
{
    return region_getpid(pair->caller_stack);
}

static const struct path {
    const char *name, *what;
    uint32_t (*sample)(const struct gate_pair *pair);
} paths[] = {
    { "plain", "call of a function of two instructions", sample_plain },
    { "wrpkru2", "WRPKRU there and back, nothing else", sample_wrpkru },
    { "gate0", "call through the gate", sample_gate },
    { "getpid", "the smallest system call of this kernel", sample_getpid },
};

/* With the caller's rights, as a cell would run; a tenth more than `count` rounds warm everything up. */
static void samples_take(const struct gate_pair *pair, uint32_t (*sample)(const struct gate_pair *),
                         uint32_t *samples, uint32_t count)
{
    pkru_write(pair->caller_pkru);
    for (uint32_t i = 0; i < count / 10 + 1; i++)
        sample(pair);
    for (uint32_t i = 0; i < count; i++)
        samples[i] = sample(pair);
    pkru_write(pair->open_pkru);
    samples_sort(samples, count);
}

static struct figures path_measure(const struct gate_pair *pair, const struct path *path, uint32_t *samples,
                                   uint32_t count)
{
    samples_take(pair, sample_frame, samples, count);
    uint32_t frame = samples[0];
    samples_take(pair, path->sample, samples, count);
    for (uint32_t i = 0; i < count; i++)
        samples[i] = samples[i] > frame ? samples[i] - frame : 0;
    return (struct figures){ .least = samples[0],
                             .p50 = samples_percentile(samples, count, 500),
                             .p90 = samples_percentile(samples, count, 900),
                             .p99 = samples_percentile(samples, count, 990),
                             .p999 = samples_percentile(samples, count, 999),
                             .most = samples[count - 1] };
}

/* --- where ---------------------------------------------------------------------------------------- */

/* Printable, and nothing that JSON would want escaped. */
static void name_clean(char *name)
{
    for (char *at = name; *at != '\0'; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            *at = ' ';
}

#define CPUID_BRAND 0x80000002u
#define CPUID_BRAND_LEAVES 3u

static struct machine machine_here(void)
{
    struct machine machine = { .processor = "unknown", .kernel = "unknown" };
    uint32_t brand[4 * CPUID_BRAND_LEAVES + 1] = {};
    bool is_known = true;
    for (uint32_t i = 0; i < CPUID_BRAND_LEAVES; i++) {
        uint32_t *words = &brand[4 * (size_t)i];
        is_known = is_known && __get_cpuid(CPUID_BRAND + i, &words[0], &words[1], &words[2], &words[3]) != 0;
    }
    if (is_known && brand[0] != 0)
        text_copy(machine.processor, sizeof(machine.processor), (const char *)brand);
    struct utsname system;
    if (uname(&system) == 0)
        text_copy(machine.kernel, sizeof(machine.kernel), system.release);
    name_clean(machine.processor);
    name_clean(machine.kernel);
    return machine;
}

/* Time-stamp counters of different processors need not agree.  Not being allowed to stay is no error. */
static void processor_stay(void)
{
    int here = sched_getcpu();
    if (here >= 0 && here < CPU_SETSIZE) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET((size_t)here, &only);
        (void)sched_setaffinity(0, sizeof(only), &only);
    }
}

/* --- what is printed ------------------------------------------------------------------------------ */

static void figures_json(const struct machine *machine, const struct path *path,
                         const struct figures *figures, uint32_t count)
{
    printf("{\"schema\":\"comb.gate_host.1\",\"path\":\"%s\",\"unit\":\"cycles\",\"n\":%u,\"min\":%u,"
           "\"p50\":%u,\"p90\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u,\"cpu\":\"%s\",\"kernel\":\"%s\"}\n",
           path->name, count, figures->least, figures->p50, figures->p90, figures->p99, figures->p999,
           figures->most, machine->processor, machine->kernel);
}

static void figures_print(const struct path *path, const struct figures *figures)
{
    printf("%-9s%9u%9u%9u%9u%9u%11u   %s\n", path->name, figures->least, figures->p50, figures->p90,
           figures->p99, figures->p999, figures->most, path->what);
}

static bool paths_measure(const struct gate_pair *pair, const struct options *options)
{
    uint32_t *samples = calloc(options->samples, sizeof(*samples));
    if (samples == nullptr) {
        fprintf(stderr, "no memory for %u samples\n", options->samples);
        return false;
    }
    processor_stay();
    struct machine machine = machine_here();
    if (!options->is_json) {
        printf("\n%s, Linux %s, %u samples, cycles of the time-stamp counter\n\n", machine.processor,
               machine.kernel, options->samples);
        printf("%-9s%9s%9s%9s%9s%9s%11s\n", "path", "min", "p50", "p90", "p99", "p99.9", "max");
    }
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        struct figures figures = path_measure(pair, &paths[i], samples, options->samples);
        if (options->is_json)
            figures_json(&machine, &paths[i], &figures, options->samples);
        else
            figures_print(&paths[i], &figures);
    }
    free(samples);
    return true;
}

/* --- the program ---------------------------------------------------------------------------------- */

static bool options_read(int count, char **arguments, struct options *options)
{
    *options = (struct options){ .samples = SAMPLES_DEFAULT };
    for (int i = 1; i < count; i++) {
        uint64_t number = 0;
        if (text_equal(arguments[i], "--json")) {
            options->is_json = true;
        } else if (text_equal(arguments[i], "--check")) {
            options->is_check_only = true;
        } else if (text_equal(arguments[i], "--samples") && i + 1 < count &&
                   text_to_u64(arguments[i + 1], &number) && number >= 1 && number <= SAMPLES_MAX) {
            options->samples = (uint32_t)number;
            i++;
        } else {
            return false;
        }
    }
    return true;
}

int main(int count, char **arguments)
{
    struct options options;
    if (!options_read(count, arguments, &options)) {
        fprintf(stderr, "usage: gate_host [--json] [--samples N] [--check]   N: 1 to %u\n", SAMPLES_MAX);
        return STATUS_MISUSE;
    }
    static struct gate_pair pair;
    char why[128];
    enum pair_outcome outcome = pair_create(&pair, why, sizeof(why));
    if (outcome == PAIR_UNSUPPORTED) {
        fprintf(options.is_json ? stderr : stdout, "SKIP: %s\n", why);
        return STATUS_SKIP;
    }
    if (outcome == PAIR_FAILED) {
        fprintf(stderr, "FAIL: %s\n", why);
        return EXIT_FAILURE;
    }
    if (gate_check(&pair, !options.is_json) != 0)
        return EXIT_FAILURE;
    return options.is_check_only || paths_measure(&pair, &options) ? EXIT_SUCCESS : EXIT_FAILURE;
}
