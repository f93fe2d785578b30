/* SPDX-License-Identifier: MIT */
#include "entropy.h"

#include <cpuid.h>
#include <rt/text.h>

#define ENTROPY_BYTES 32u
#define ENTROPY_WORDS (ENTROPY_BYTES / sizeof(uint64_t))
#define RDRAND_TRIES 16u
#define JITTER_ROUNDS_PER_WORD 2048u

static bool entropy_from_firmware(const struct firmware *firmware, uint8_t entropy[ENTROPY_BYTES])
{
    EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
    EFI_RNG_PROTOCOL *generator = firmware_protocol(firmware, guid);

    return generator && !EFI_ERROR(generator->GetRNG(generator, NULL, ENTROPY_BYTES, entropy));
}

static bool rdrand_take(uint64_t *word)
{
    for (uint32_t i = 0; i < RDRAND_TRIES; i++) {
        uint64_t value;
        bool valid;
        __asm__ volatile("rdrand %0" : "=r"(value), "=@ccc"(valid));
        /* Some CPUs answer "valid, all ones" after a suspend. */
        if (valid && value != 0 && value != UINT64_MAX) {
            *word = value;
            return true;
        }
    }
    return false;
}

static bool entropy_from_cpu(uint64_t words[ENTROPY_WORDS])
{
    uint32_t eax, ebx, ecx, edx;

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_RDRND))
        return false;
    for (size_t i = 0; i < ENTROPY_WORDS; i++)
        if (!rdrand_take(&words[i]) || (i && words[i] == words[i - 1]))
            return false;
    return true;
}

/* Any bijective mixer would do; the surprise has to come from the timer. */
static uint64_t jitter_mix(uint64_t pool, uint64_t sample)
{
    pool = (pool ^ sample) * UINT64_C(0x9E3779B97F4A7C15);
    return pool ^ (pool >> 29);
}

static void entropy_from_jitter(uint64_t words[ENTROPY_WORDS])
{
    static volatile uint8_t touched[KIB(16)];
    uint64_t pool = __builtin_ia32_rdtsc();

    for (size_t i = 0; i < ENTROPY_WORDS; i++) {
        for (uint32_t round = 0; round < JITTER_ROUNDS_PER_WORD; round++) {
            touched[pool % sizeof(touched)]++;
            pool = jitter_mix(pool, __builtin_ia32_rdtsc());
        }
        words[i] = pool;
    }
}

enum boot_entropy_source entropy_read(const struct firmware *firmware, uint8_t entropy[ENTROPY_BYTES])
{
    uint64_t words[ENTROPY_WORDS] = { 0 };
    enum boot_entropy_source source = BOOT_ENTROPY_RDRAND;

    if (entropy_from_firmware(firmware, entropy))
        return BOOT_ENTROPY_EFI_RNG;
    if (!entropy_from_cpu(words)) {
        entropy_from_jitter(words);
        source = BOOT_ENTROPY_JITTER;
    }
    memcpy(entropy, words, ENTROPY_BYTES);
    return source;
}
