/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "console.h"

#include <rt/text.h>

#define CONFIG_BYTES_MAX KIB(4)
#define LOAD_OPTIONS_MAX 1024u /* characters looked at */

enum config_status { CONFIG_NONE = 0, CONFIG_READ = 1, CONFIG_BAD = 2 };

/* A command line under construction; what does not fit is noticed, never cut in a word. */
struct line {
    char text[BOOT_COMMAND_LINE_BYTES];
    size_t length;
    bool is_overfull;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_word_char(char c)
{
    return c > ' ' && c <= '~';
}

static void line_add(struct line *line, const char *word, size_t length)
{
    size_t separator = line->length ? 1 : 0;

    if (length + separator >= sizeof(line->text) - line->length) {
        line->is_overfull = true;
        return;
    }
    if (separator)
        line->text[line->length++] = ' ';
    memcpy(line->text + line->length, word, length);
    line->length += length;
    line->text[line->length] = 0;
}

/* Adds the words of `text`; false if it holds anything but words and white space. */
static bool line_add_words(struct line *line, const char *text, size_t bytes)
{
    size_t at = 0;

    while (at < bytes) {
        size_t start = at;
        while (at < bytes && is_word_char(text[at]))
            at++;
        if (at > start && text[start] == '#')
            while (at < bytes && text[at] != '\n')
                at++;
        else if (at > start)
            line_add(line, text + start, at - start);
        if (at < bytes && !is_space(text[at]))
            return false;
        at++;
    }
    return true;
}

/* A shell passes the program's own name as the first word: drop it. */
static size_t program_name_bytes(const char *text, size_t bytes)
{
    size_t end = 0;

    while (end < bytes && is_word_char(text[end]))
        end++;
    if (end < 4 || text[end - 4] != '.')
        return 0;
    /* Bit 5 makes an ASCII letter lower case. */
    bool is_efi = (text[end - 3] | 32) == 'e' && (text[end - 2] | 32) == 'f' && (text[end - 1] | 32) == 'i';
    return is_efi ? end : 0;
}

static void options_read(const struct firmware *firmware, struct line *line)
{
    char text[LOAD_OPTIONS_MAX];
    size_t count = 0;

    if (!firmware->loaded || !firmware->loaded->LoadOptions)
        return;
    const uint8_t *options = firmware->loaded->LoadOptions;
    size_t available = firmware->loaded->LoadOptionsSize / sizeof(CHAR16);
    for (; count < available && count < sizeof(text); count++) {
        CHAR16 wide;
        memcpy(&wide, options + count * sizeof(wide), sizeof(wide));
        if (!wide)
            break;
        text[count] = wide < 0x80 ? (char)wide : 0x7F; /* no word holds a DEL */
    }
    size_t skip = program_name_bytes(text, count);
    if (!line_add_words(line, text + skip, count - skip) || line->is_overfull || count == sizeof(text)) {
        console_line("load options are not ASCII words, or longer than %u characters; ignored",
                     BOOT_COMMAND_LINE_BYTES - 1);
        *line = (struct line){ 0 };
    }
}

/* The file, open for reading; null with *status saying whether it is absent or out of reach. */
static EFI_FILE_HANDLE file_open(const struct firmware *firmware, enum config_status *status)
{
    static CHAR16 path[] = u"\\comb\\comb.cfg";
    EFI_GUID guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    EFI_FILE_IO_INTERFACE *volume = NULL;
    EFI_FILE_HANDLE root = NULL, file = NULL;

    *status = CONFIG_NONE;
    if (!firmware->loaded || !firmware->loaded->DeviceHandle ||
        EFI_ERROR(firmware->boot->HandleProtocol(firmware->loaded->DeviceHandle, &guid, (void **)&volume)) ||
        !volume || EFI_ERROR(volume->OpenVolume(volume, &root)) || !root)
        return NULL;
    EFI_STATUS result = root->Open(root, &file, path, EFI_FILE_MODE_READ, 0);
    root->Close(root);
    if (EFI_ERROR(result) && result != EFI_NOT_FOUND)
        *status = CONFIG_BAD;
    return EFI_ERROR(result) ? NULL : file;
}

/* One byte more than is allowed is asked for, so that too much is seen. */
static enum config_status file_read(const struct firmware *firmware, char text[CONFIG_BYTES_MAX + 1],
                                    UINTN *bytes)
{
    enum config_status status;
    EFI_FILE_HANDLE file = file_open(firmware, &status);

    *bytes = CONFIG_BYTES_MAX + 1;
    if (!file)
        return status;
    EFI_STATUS result = file->Read(file, bytes, text);
    file->Close(file);
    return EFI_ERROR(result) || *bytes > CONFIG_BYTES_MAX ? CONFIG_BAD : CONFIG_READ;
}

static enum config_status file_add(const struct firmware *firmware, struct line *line)
{
    static char text[CONFIG_BYTES_MAX + 1];
    struct line with_file = *line;
    UINTN bytes;

    enum config_status status = file_read(firmware, text, &bytes);
    if (status != CONFIG_READ)
        return status;
    if (!line_add_words(&with_file, text, bytes) || with_file.is_overfull)
        return CONFIG_BAD;
    *line = with_file;
    return CONFIG_READ;
}

void config_read(const struct firmware *firmware, struct boot_info *info)
{
    static struct line line;

    options_read(firmware, &line);
    enum config_status status = file_add(firmware, &line);
    if (status == CONFIG_BAD)
        console_line(
            "\\comb\\comb.cfg is unreadable, not ASCII text, or longer than %u bytes of file or %u of "
            "words; going on without it",
            (uint32_t)CONFIG_BYTES_MAX, BOOT_COMMAND_LINE_BYTES - 1);
    info->config_status = (uint32_t)status;
    text_copy(info->command_line, sizeof(info->command_line), line.text);
}
