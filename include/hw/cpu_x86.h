/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/bits.h>

/* Model-specific registers, flags, control registers, page table entries.  [Intel SDM 3A 2, 4; 4] */
#define MSR_APIC_BASE 0x1Bu
#define MSR_PAT 0x277u
#define MSR_EFER 0xC0000080u
#define MSR_STAR 0xC0000081u
#define MSR_LSTAR 0xC0000082u
#define MSR_SFMASK 0xC0000084u
#define MSR_GS_BASE 0xC0000101u
#define MSR_KERNEL_GS_BASE 0xC0000102u

#define EFER_SCE BIT64(0)
#define EFER_NXE BIT64(11)
#define RFLAGS_TF BIT64(8)
#define RFLAGS_IF BIT64(9)
#define RFLAGS_DF BIT64(10)
#define RFLAGS_NT BIT64(14)
#define RFLAGS_AC BIT64(18)

#define CR0_PE BIT64(0)
#define CR0_EM BIT64(2) /* x87, MMX and SSE trap: cells have no vector state to leak or poison */
#define CR0_NE BIT64(5)
#define CR0_WP BIT64(16)
#define CR0_PG BIT64(31)

#define CR4_DE BIT64(3)
#define CR4_PAE BIT64(5)
#define CR4_MCE BIT64(6)
#define CR4_PGE BIT64(7)
#define CR4_UMIP BIT64(11)
#define CR4_SMEP BIT64(20)
#define CR4_SMAP BIT64(21)
#define CR4_PKE BIT64(22)

#define CPUID7_EBX_SMEP BIT32(7)
#define CPUID7_EBX_SMAP BIT32(20)
#define CPUID7_ECX_UMIP BIT32(2)
#define CPUID7_ECX_PKU BIT32(3)
#define CPUID1_ECX_RDRAND BIT32(30)

#define CR4_OSFXSR BIT64(9)
#define CR4_OSXMMEXCPT BIT64(10)

#define PTE_PRESENT BIT64(0)
#define PTE_WRITE BIT64(1)
#define PTE_USER BIT64(2)
#define PTE_WRITE_THROUGH BIT64(3)
#define PTE_CACHE_DISABLE BIT64(4)
#define PTE_PAT BIT64(7)
#define PTE_NO_EXECUTE BIT64(63)
#define PTE_ADDRESS UINT64_C(0x000FFFFFFFFFF000)
#define PTE_KEY_SHIFT 59u
#define PTE_KEY_MASK (UINT64_C(15) << PTE_KEY_SHIFT)

#define VECTOR_NMI 2u
#define VECTOR_DOUBLE 8u
#define VECTOR_PAGE 14u
#define VECTOR_MACHINE_CHECK 18u
#define PAGE_ERROR_PRESENT BIT32(0)
#define PAGE_ERROR_KEY BIT32(5)

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
