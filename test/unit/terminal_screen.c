/* SPDX-License-Identifier: MIT */
#include "terminal_screen.h"

#include <string.h>

static void screen_clear_from(struct screen *screen, uint32_t column)
{
    memset(screen->row + column, ' ', SCREEN_COLUMNS - column);
    screen->row[SCREEN_COLUMNS] = '\0';
}

void screen_reset(struct screen *screen)
{
    memset(screen, 0, sizeof(*screen));
    screen_clear_from(screen, 0);
}

static void screen_escape(struct screen *screen, char byte)
{
    static const char *const expected[] = { "", "[", "KH2", "J" };
    if (strchr(expected[screen->escape], byte) == nullptr) {
        screen->wrong++;
        screen->escape = 0;
        return;
    }
    screen->escape = byte == '[' ? 2 : byte == '2' ? 3 : 0;
    if (byte == 'K')
        screen_clear_from(screen, screen->column);
    else if (byte == 'H')
        screen->column = 0;
    else if (byte == 'J')
        screen_clear_from(screen, 0);
}

static void screen_control(struct screen *screen, char byte)
{
    switch (byte) {
    case '\r':
        screen->column = 0;
        break;
    case '\n':
        screen->rows++;
        screen->column = 0; /* what the terminal driver adds */
        screen_clear_from(screen, 0);
        break;
    case '\b':
        screen->wrong += screen->column == 0;
        screen->column -= screen->column != 0;
        break;
    case '\a':
        screen->beeps++;
        break;
    case '\x1B':
        screen->escapes++;
        screen->escape = 1;
        break;
    default:
        screen->wrong++;
    }
}

void screen_write(void *context, const char *bytes, size_t count)
{
    struct screen *screen = context;
    for (size_t i = 0; i < count; i++)
        if (screen->escape != 0)
            screen_escape(screen, bytes[i]);
        else if (bytes[i] < ' ' || bytes[i] > '~')
            screen_control(screen, bytes[i]);
        else if (screen->column < SCREEN_COLUMNS)
            screen->row[screen->column++] = bytes[i];
        else
            screen->wrong++;
}

const char *screen_text(struct screen *screen)
{
    static char text[SCREEN_COLUMNS + 1];
    size_t length = SCREEN_COLUMNS;
    while (length > 0 && screen->row[length - 1] == ' ')
        length--;
    memcpy(text, screen->row, length);
    text[length] = '\0';
    return text;
}
