/* SPDX-License-Identifier: MIT */
#include "crash.h"

#include <rt/bits.h>

#define VECTOR_DIVIDE 0u
#define VECTOR_DEBUG 1u
#define VECTOR_BREAKPOINT 3u
#define VECTOR_UNDEFINED 6u
#define VECTOR_NO_DEVICE 7u
#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE 14u

#define PAGE_ERROR_PRESENT BIT32(0)
#define PAGE_ERROR_FETCH BIT32(4)
#define PAGE_ERROR_KEY BIT32(5)

/* A guard page lies below each stack: a fault there comes from an instruction that uses the stack. */
static bool is_stack_overflow(const struct crash_record *crash)
{
    uint64_t rsp = crash->registers.rsp;
    uint64_t distance = crash->address < rsp ? rsp - crash->address : crash->address - rsp;
    return (crash->error & PAGE_ERROR_PRESENT) == 0 && distance <= PAGE_BYTES;
}

static enum crash_reason classify_page(const struct crash_record *crash, bool is_foreign)
{
    if ((crash->error & PAGE_ERROR_FETCH) != 0)
        return CRASH_EXECUTE;
    if ((crash->error & PAGE_ERROR_KEY) != 0 || is_foreign)
        return CRASH_KEY_FAULT;
    return is_stack_overflow(crash) ? CRASH_STACK_OVERFLOW : CRASH_PAGE_FAULT;
}

enum crash_reason crash_classify(const struct crash_record *crash, bool is_foreign)
{
    if (crash->reason != CRASH_OTHER)
        return (enum crash_reason)crash->reason;
    switch (crash->vector) {
    case VECTOR_DIVIDE:
        return CRASH_DIVIDE;
    case VECTOR_DEBUG:
    case VECTOR_BREAKPOINT:
        return CRASH_DEBUG;
    case VECTOR_UNDEFINED:
    case VECTOR_NO_DEVICE:
        return CRASH_INSTRUCTION;
    case VECTOR_PROTECTION:
        return CRASH_PRIVILEGED;
    case VECTOR_PAGE:
        return classify_page(crash, is_foreign);
    default:
        return CRASH_OTHER;
    }
}
