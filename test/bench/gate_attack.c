/* SPDX-License-Identifier: MIT */
#include "gate_attack.h"

#include <cpuid.h>
#include <rt/bits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define HUNG_S 20u                 /* emulated and counted, a child still needs less than one */
#define HANDLER_STACK_BYTES 65536u /* AVX-512 and tiles are saved on it too */

struct jump jump_of_caller, jump_of_callee;
struct arrival arrival;

static struct attack_report *shared; /* written by the child */
static alignas(64) uint8_t handler_stack[HANDLER_STACK_BYTES];

/* --- rights at an exception, out of the frame the kernel has saved ----------------------------- */

#define XSAVE_MAGIC_OFFSET 464u
#define XSAVE_MAGIC UINT32_C(0x46505853)
#define XSAVE_HEADER_OFFSET 512u
#define XSAVE_PKRU_BIT BIT64(9)
#define CPUID_XSAVE 0xDu
#define XSAVE_PKRU_INDEX 9u

static uint32_t pkru_at(const ucontext_t *context)
{
    const uint8_t *area = (const uint8_t *)context->uc_mcontext.fpregs;
    uint32_t magic, bytes, offset, unused_ecx, unused_edx, pkru;
    uint64_t present;
    memcpy(&magic, area + XSAVE_MAGIC_OFFSET, sizeof(magic));
    memcpy(&present, area + XSAVE_HEADER_OFFSET, sizeof(present));
    if (magic != XSAVE_MAGIC ||
        __get_cpuid_count(CPUID_XSAVE, XSAVE_PKRU_INDEX, &bytes, &offset, &unused_ecx, &unused_edx) == 0) {
        return UINT32_MAX; /* everybody's closed: nobody's own */
    }
    if ((present & XSAVE_PKRU_BIT) == 0)
        return 0; /* the initial state is not saved: all open */
    memcpy(&pkru, area + offset, sizeof(pkru));
    return pkru;
}

/* The kernel has set the rights it starts programs with; the report and this stack are under key 0. */
static void handle(int signal, siginfo_t *information, void *context)
{
    const ucontext_t *at = context;
    shared->signal = signal;
    shared->rip = (uint64_t)at->uc_mcontext.gregs[REG_RIP];
    shared->address = (uint64_t)information->si_addr;
    shared->pkru = pkru_at(at);
    shared->end = END_EXCEPTION;
    _exit(0);
}

static bool handlers_install(void)
{
    static const int signals[] = { SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE };
    stack_t stack = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    bool done = sigaltstack(&stack, nullptr) == 0;
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++)
        done = done && sigaction(signals[i], &action, nullptr) == 0;
    return done;
}

/* --- the child ---------------------------------------------------------------------------------- */

static bool attack_prepare(struct gate_pair *pair, const struct attack *attack)
{
    if (!pair_unseal(pair))
        return false;
    const uint8_t *entry = attack->entry != nullptr ? attack->entry : cell_add;
    pair->callee_constants->in_entry[PAIR_IN_SLOT] = (uint64_t)entry;
    pair->callee_constants->in_token[PAIR_IN_SLOT] ^= attack->token_change;
    pair->caller_constants->out_return[PAIR_OUT_SLOT] ^= attack->return_change;
    if (attack->is_busy)
        pair->callee_state->entry_stack = 0;
    pair_stack_fill(pair, (uint64_t)jump_back, (uint64_t)cell_witness);
    jump_of_caller = attack->caller;
    jump_of_callee = attack->callee;
    return pair_seal(pair);
}

[[noreturn]] static void child(struct gate_pair pair, const struct attack *attack)
{
    struct rlimit no_core = {};
    alarm(HUNG_S);
    if (setrlimit(RLIMIT_CORE, &no_core) != 0 || !handlers_install() || !attack_prepare(&pair, attack))
        _exit(1);
    pkru_write(pair.caller_pkru);
    enum arrival_place place = jump_run(pair.caller_stack);
    pkru_write(pair.open_pkru);
    shared->arrival = arrival;
    shared->entry_stack = pair.callee_state->entry_stack;
    shared->out_stack = pair.caller_state->out_stack[PAIR_OUT_SLOT];
    shared->end = (enum attack_end)place;
    _exit(0);
}

bool attack_run(const struct gate_pair *pair, const struct attack *attack, struct attack_report *report)
{
    if (shared == nullptr) {
        void *page = mmap(nullptr, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
            return false;
        shared = page;
    }
    *shared = (struct attack_report){};
    pid_t id = fork();
    if (id == 0)
        child(*pair, attack);
    int status = 0;
    if (id < 0 || waitpid(id, &status, 0) != id)
        return false;
    *report = *shared;
    if (WIFSIGNALED(status))
        *report = (struct attack_report){ .end = END_KILLED, .signal = WTERMSIG(status) };
    return true;
}

uint64_t attack_offset(const struct gate_pair *pair, uint64_t address)
{
    uint64_t offset = address - (uint64_t)pair->stub;
    return offset < GATE_STUB_BYTES ? offset : GATE_STUB_BYTES;
}
