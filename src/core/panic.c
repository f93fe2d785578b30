/* SPDX-License-Identifier: MIT */
#include "panic.h"

#include "serial.h"

#include <arch/arch.h>
#include <rt/text.h>

static bool exit_emulator;

void panic_exit_set(bool exit)
{
    exit_emulator = exit;
}

void panic(const char *format, ...)
{
    static char text[256];
    va_list args;
    va_start(args, format);
    text_vformat(text, sizeof text, format, args);
    va_end(args);
    serial_line("\nPANIC", text);
    serial_text("The monitor has stopped. Please report this line with the image's version.\n");
    arch_halt(exit_emulator);
}

void assert_failed(const char *expression, const char *file, int line)
{
    panic("assertion %s failed at %s:%d", expression, file, line);
}
