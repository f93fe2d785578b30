/* SPDX-License-Identifier: MIT */

/*
 * Runs one fire() natively and says what became of it: the address of the trap, or its result.
 * Built without the profile; what a cell has from elsewhere, it has from here.
 */
#include "fires.h"

#include <rt/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t fire_and_look(uint64_t one, uint64_t *left); /* host.S */

static void stopped(int number, siginfo_t *info, [[maybe_unused]] void *context)
{
    printf("signal %d at %p\n", number, info->si_addr);
    exit(0);
}

void keep([[maybe_unused]] const volatile void *memory)
{
}

void assert_failed([[maybe_unused]] const char *expression, [[maybe_unused]] const char *file,
                   [[maybe_unused]] int line)
{
}

int main(int count, [[maybe_unused]] char **words)
{
    static const int signals[] = { SIGILL, SIGFPE, SIGTRAP, SIGSEGV, SIGBUS };
    struct sigaction action = { .sa_sigaction = stopped, .sa_flags = SA_SIGINFO };
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
        sigaction(signals[i], &action, nullptr);
    uint64_t left = 0;
    uint64_t result = fire_and_look((uint64_t)count, &left);
    printf("result %#llx left %#llx\n", (unsigned long long)result, (unsigned long long)left);
    return 0;
}
