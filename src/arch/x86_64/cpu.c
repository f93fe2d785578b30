/* SPDX-License-Identifier: MIT */
/* Descriptor tables, control registers, the choice of the backend. */
#include "x86.h"

#include <core/cell.h>
#include <core/panic.h>
#include <rt/bits.h>
#include <rt/text.h>

#define DEBUG_EXIT_PORT 0xF4u
#define DEBUG_EXIT_PANIC 62u /* the emulator ends with (62 << 1) | 1 = 125 */

struct cpu cpu0;
static_assert(offsetof(struct cpu, self) == CPU_SELF && offsetof(struct cpu, current) == CPU_CURRENT &&
                  offsetof(struct cpu, stack_top) == CPU_STACK &&
                  offsetof(struct cpu, live_pkru) == CPU_LIVE_PKRU &&
                  offsetof(struct cpu, reschedule) == CPU_RESCHEDULE &&
                  offsetof(struct cpu, idle) == CPU_IDLE && offsetof(struct cpu, has_keys) == CPU_HAS_KEYS,
              "asm_layout.h");
static_assert(offsetof(struct cell, arch) == 0, "entry.S takes a cell for its frame");
static_assert(MON_CALL_COUNT == MONITOR_CALL_COUNT, "asm_layout.h");

extern const uint8_t trap_stubs[];
extern const uint8_t syscall_entry[];
extern uint8_t monitor_stack_top[];
extern uint8_t trap_stack_top[];

/* Task state segment. [Intel SDM 3A 8.7] */
struct [[gnu::packed]] tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base; /* at the limit: every port is closed to ring 3 */
};
static_assert(sizeof(struct tss) == 104, "SDM");

struct idt_gate {
    uint16_t offset_low, selector;
    uint8_t ist, attributes;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

struct [[gnu::packed]] table_register {
    uint16_t limit;
    const void *base;
};

static struct tss tss;
static struct idt_gate idt[VECTOR_COUNT];
/* null, ring-0 code, ring-0 data, ring-3 data, ring-3 64-bit code, TSS.  No 32-bit code for ring 3. */
static uint64_t gdt[] = {
    0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF, 0x00CFF2000000FFFF, 0x00AFFA000000FFFF, 0, 0
};
static enum backend backend;

struct cpu *cpu_this(void)
{
    struct cpu *cpu;
    __asm__("mov %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

enum backend arch_backend(void)
{
    return backend;
}

bool arch_has_keys(void)
{
    return cpuid(0, 0).a >= 7 && (cpuid(7, 0).c & CPUID7_ECX_PKU) != 0;
}

uint64_t arch_random(void)
{
    if ((cpuid(1, 0).c & CPUID1_ECX_RDRAND) == 0)
        return 0;
    uint64_t value;
    bool good;
    __asm__ volatile("rdrand %0" : "=r"(value), "=@ccc"(good));
    return good ? value : 0;
}

static void tables_load(void)
{
    uint64_t base = (uint64_t)&tss;
    gdt[5] = (sizeof tss - 1) | (base & 0xFFFFFF) << 16 | UINT64_C(0x89) << 40 | (base >> 24 & 0xFF) << 56;
    gdt[6] = base >> 32;
    struct table_register gdtr = { sizeof gdt - 1, gdt };
    struct table_register idtr = { sizeof idt - 1, idt };
    __asm__ volatile("lgdt %0" ::"m"(gdtr));
    __asm__ volatile("pushq %0\n lea 1f(%%rip), %%rax\n push %%rax\n lretq\n 1:" ::"i"(SELECTOR_KERNEL_CODE)
                     : "rax", "memory");
    __asm__ volatile("mov %0, %%ds\n mov %0, %%es\n mov %0, %%ss" ::"r"(SELECTOR_KERNEL_DATA));
    uint64_t gs = msr_read(MSR_GS_BASE);
    __asm__ volatile("mov %0, %%fs\n mov %0, %%gs" ::"r"(0));
    msr_write(MSR_GS_BASE, gs); /* loading the selector has cleared it */
    msr_write(MSR_KERNEL_GS_BASE, 0);
    __asm__ volatile("ltr %w0" ::"r"(SELECTOR_TSS));
    __asm__ volatile("lidt %0" ::"m"(idtr));
}

static void idt_fill(void)
{
    for (uint32_t vector = 0; vector < VECTOR_COUNT; vector++) {
        uint64_t handler = (uint64_t)trap_stubs + vector * 16ull;
        bool own_stack = vector == 1 || vector == 2 || vector == 8 || vector == 18;
        idt[vector] = (struct idt_gate){
            .offset_low = (uint16_t)handler,
            .selector = SELECTOR_KERNEL_CODE,
            .ist = own_stack,
            .attributes = 0x8E, /* present, DPL 0, interrupt gate */
            .offset_middle = (uint16_t)(handler >> 16),
            .offset_high = (uint32_t)(handler >> 32),
        };
    }
    tss.ist[0] = (uint64_t)trap_stack_top;
    tss.iomap_base = sizeof tss;
}

static void control_registers(void)
{
    struct cpuid features = cpuid(0, 0).a >= 7 ? cpuid(7, 0) : (struct cpuid){};
    uint64_t cr4 = CR4_PAE | CR4_PGE | CR4_DE | CR4_MCE;
    cr4 |= (features.b & CPUID7_EBX_SMEP) != 0 ? CR4_SMEP : 0;
    cr4 |= (features.b & CPUID7_EBX_SMAP) != 0 ? CR4_SMAP : 0;
    cr4 |= (features.c & CPUID7_ECX_UMIP) != 0 ? CR4_UMIP : 0;
    cr4 |= backend == BACKEND_PKU ? CR4_PKE : 0;
    cr4_write(cr4);
    cr0_write(CR0_PE | CR0_EM | CR0_NE | CR0_WP | CR0_PG);
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE);
    msr_write(MSR_STAR, (uint64_t)SELECTOR_KERNEL_DATA << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
    msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC);
}

void arch_init(const struct boot_info *boot)
{
    uint32_t wanted = boot->backend;
    cpu0.self = &cpu0;
    cpu0.stack_top = (uint64_t)monitor_stack_top;
    bool keys = arch_has_keys();
    backend = keys ? BACKEND_PKU : BACKEND_PT;
    if (wanted == BACKEND_PT || wanted == BACKEND_NONE)
        backend = (enum backend)wanted;
    cpu0.has_keys = backend == BACKEND_PKU;
    idt_fill();
    tables_load();
    control_registers();
    paging_init(boot);
    key_init();
}

/* The frame of the thread that runs next: where the CPU pushes when a trap arrives. */
void arch_switch([[maybe_unused]] struct cell *previous, struct cell *next)
{
    if (next == nullptr)
        return;
    tss.rsp[0] = (uint64_t)&next->arch.frame + sizeof next->arch.frame;
    if (backend == BACKEND_PKU && next->arch.inside->domain != nullptr) {
        struct domain *private_domain = next->arch.inside->domain;
        private_domain->used_at = cpu0.switches;
        if (private_domain->key < 0) {
            next->arch.frame_is_set = true; /* PKRU still holds the previous thread's rights */
            key_bring(private_domain, nullptr);
            next->arch.frame_is_set = false;
        }
    } else if (backend == BACKEND_PT) {
        thread_cr3_update();
    }
}

void arch_halt(bool exit_emulator)
{
    if (exit_emulator)
        __asm__ volatile("outb %0, %1" ::"a"((uint8_t)DEBUG_EXIT_PANIC), "Nd"((uint16_t)DEBUG_EXIT_PORT));
    while (true)
        __asm__ volatile("cli; hlt");
}

extern void trap_exit(void); /* entry.S */

void arch_run(void)
{
    cpu0.reschedule = 1;
    trap_exit();
    __builtin_unreachable();
}
