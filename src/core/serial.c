/* SPDX-License-Identifier: MIT */
#include "serial.h"

#include <arch/arch.h>

#define SERIAL_BASE 0x3F8
#define SERIAL_REG_LINE_STATUS 5
#define SERIAL_LINE_STATUS_THRE 0x20
#define SERIAL_WAIT_TRIES_MAX 100000u /* a dead port must not stop the machine */

static bool present;

void serial_init(void)
{
    present = arch_port_read(SERIAL_BASE + SERIAL_REG_LINE_STATUS) != 0xFF;
}

static void serial_byte(char byte)
{
    for (uint32_t tries = 0; tries < SERIAL_WAIT_TRIES_MAX; tries++) {
        if ((arch_port_read(SERIAL_BASE + SERIAL_REG_LINE_STATUS) & SERIAL_LINE_STATUS_THRE) != 0) {
            arch_port_write(SERIAL_BASE, (uint8_t)byte);
            return;
        }
    }
    present = false;
}

void serial_text(const char *text)
{
    for (; *text != '\0' && present; text++) {
        if (*text == '\n')
            serial_byte('\r');
        serial_byte(*text);
    }
}

void serial_line(const char *who, const char *text)
{
    serial_text(who);
    serial_text(": ");
    serial_text(text);
    serial_text("\n");
}
