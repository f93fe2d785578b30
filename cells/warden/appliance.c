/* SPDX-License-Identifier: MIT */

/* The reader of appliance files.  Pure: text in, table out. */

#include "appliance.h"

#include <abi/device.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <stdarg.h>

#define WORD_MAX 40u

struct parser {
    struct appliance *appliance;
    struct appliance_error *error;
    uint32_t line;
    char text[APPLIANCE_LINE_BYTES]; /* the present line, its words terminated */
    char *words[WORD_MAX];
    uint32_t word_count;
};

__attribute__((format(printf, 2, 3))) static enum status parser_fail(struct parser *parser,
                                                                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)text_vformat(parser->error->text, sizeof(parser->error->text), format, args);
    va_end(args);
    parser->error->line = parser->line;
    return ST_INVALID;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

bool appliance_is_name(const char *text)
{
    uint32_t length = 0;
    for (; text[length] != '\0'; length++)
        if (length == CELL_NAME_BYTES - 1 || !is_name_byte(text[length]))
            return false;
    return length > 0;
}

/* If `word` begins with `prefix`, what follows it; otherwise null. */
static const char *word_after(const char *word, const char *prefix)
{
    size_t length = strlen(prefix);
    if (text_length(word, length) < length || memcmp(word, prefix, length) != 0)
        return nullptr;
    return word + length;
}

/* Cuts `word` at the first `separator` and returns the second half; null: there is none. */
static char *word_cut(char *word, char separator)
{
    for (; *word != '\0'; word++) {
        if (*word == separator) {
            *word = '\0';
            return word + 1;
        }
    }
    return nullptr;
}

static bool cell_is_known(const struct appliance *appliance, const char *name)
{
    for (uint32_t i = 0; i < appliance->cell_count; i++)
        if (text_equal(appliance->cells[i].name, name))
            return true;
    return false;
}

/* Image and a number: what an instance of a driver may be called. */
static bool driver_is_known(const struct appliance *appliance, const char *name)
{
    for (uint32_t i = 0; i < appliance->driver_count; i++) {
        const char *number = word_after(name, appliance->drivers[i].cell.image);
        while (number != nullptr && *number >= '0' && *number <= '9')
            if (*++number == '\0')
                return true;
    }
    return false;
}

/* "config=" swallows the rest of the line: the words from `first`, joined by single spaces. */
static enum status parse_config(struct parser *parser, struct appliance_cell *cell, uint32_t first)
{
    const char *word = word_after(parser->words[first], "config=");
    size_t used = 0;
    for (uint32_t i = first;;) {
        size_t length = strlen(word);
        size_t space = used == 0 ? 0 : 1;
        if (length + space >= sizeof(cell->config) - used)
            return parser_fail(parser, "config= is longer than %u characters", CELL_CONFIG_BYTES - 1);
        if (space != 0)
            cell->config[used++] = ' ';
        memcpy(cell->config + used, word, length);
        used += length;
        cell->config[used] = '\0';
        if (++i >= parser->word_count)
            return ST_OK;
        word = parser->words[i];
    }
}

static enum status parse_image(struct parser *parser, struct appliance_cell *cell, const char *image)
{
    if (cell->image[0] != '\0')
        return parser_fail(parser, "image= stands twice");
    if (!appliance_is_name(image))
        return parser_fail(parser, "image \"%s\" is not a name", image);
    (void)text_copy(cell->image, sizeof(cell->image), image);
    return ST_OK;
}

static enum status parse_start(struct parser *parser, struct appliance_cell *cell, const char *start)
{
    cell->is_auto = text_equal(start, "auto");
    if (!cell->is_auto && !text_equal(start, "manual"))
        return parser_fail(parser, "start=%s: only auto or manual", start);
    return ST_OK;
}

static bool is_hex_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

static uint32_t hex_value(char byte)
{
    return (uint32_t)(byte <= '9' ? byte - '0' : byte - 'a' + 10);
}

/* "bb:dd.f" */
static enum status parse_at(struct parser *parser, struct appliance_driver *driver, const char *at)
{
    static const char form[] = "hh:hh.h";
    uint32_t digits[sizeof(form)] = { 0 };
    bool is_good = text_length(at, sizeof(form)) == sizeof(form) - 1;
    for (uint32_t i = 0; is_good && form[i] != '\0'; i++) {
        is_good = form[i] == 'h' ? is_hex_digit(at[i]) : at[i] == form[i];
        digits[i] = form[i] == 'h' && is_good ? hex_value(at[i]) : 0;
    }
    uint32_t device = digits[3] << 4 | digits[4];
    if (!is_good || device > 31 || digits[6] > 7)
        return parser_fail(parser, "at=%s: not a function such as 00:1f.2", at);
    if (driver->at != 0)
        return parser_fail(parser, "at= stands twice");
    driver->at = DEVICE_BDF(digits[0] << 4 | digits[1], device, digits[6]) + 1;
    return ST_OK;
}

static enum status parse_driver_options(struct parser *parser, struct appliance_driver *driver)
{
    for (uint32_t i = 2; i < parser->word_count; i++) {
        const char *word = parser->words[i];
        const char *at = word_after(word, "at=");
        const char *start = word_after(word, "start=");
        if (word_after(word, "config=") != nullptr)
            return parse_config(parser, &driver->cell, i);
        if (at == nullptr && start == nullptr)
            return parser_fail(parser, "\"%s\" is no option of a driver (at=, start=, config=)", word);
        enum status status = at != nullptr ? parse_at(parser, driver, at)
                                           : parse_start(parser, &driver->cell, start);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

static enum status parse_driver(struct parser *parser)
{
    struct appliance *appliance = parser->appliance;
    const char *image = parser->word_count < 2 ? "" : parser->words[1];
    if (!appliance_is_name(image))
        return parser_fail(parser, "driver: \"%s\" is not a name", image);
    if (appliance->driver_count == APPLIANCE_DRIVER_MAX)
        return parser_fail(parser, "more than %u drivers", APPLIANCE_DRIVER_MAX);
    struct appliance_driver *driver = &appliance->drivers[appliance->driver_count];
    *driver = (struct appliance_driver){ .cell.is_auto = true, .line = parser->line };
    (void)text_copy(driver->cell.image, sizeof(driver->cell.image), image);
    enum status status = parse_driver_options(parser, driver);
    if (status == ST_OK)
        appliance->driver_count++;
    return status;
}

static enum status parse_cell_options(struct parser *parser, struct appliance_cell *cell)
{
    for (uint32_t i = 2; i < parser->word_count; i++) {
        const char *word = parser->words[i];
        const char *image = word_after(word, "image=");
        const char *start = word_after(word, "start=");
        if (word_after(word, "config=") != nullptr)
            return parse_config(parser, cell, i);
        if (image == nullptr && start == nullptr)
            return parser_fail(parser, "\"%s\" is no option of a cell (image=, start=, config=)", word);
        enum status status = image != nullptr ? parse_image(parser, cell, image)
                                              : parse_start(parser, cell, start);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

static enum status parse_cell(struct parser *parser)
{
    struct appliance *appliance = parser->appliance;
    if (parser->word_count < 2 || !appliance_is_name(parser->words[1])) {
        return parser_fail(parser, "cell: \"%s\" is not a name",
                           parser->word_count < 2 ? "" : parser->words[1]);
    }
    if (text_equal(parser->words[1], APPLIANCE_WARDEN))
        return parser_fail(parser, "the warden is there without being declared");
    if (cell_is_known(appliance, parser->words[1]))
        return parser_fail(parser, "cell %s is declared twice", parser->words[1]);
    if (appliance->cell_count == APPLIANCE_CELL_MAX)
        return parser_fail(parser, "more than %u cells", APPLIANCE_CELL_MAX);
    struct appliance_cell *cell = &appliance->cells[appliance->cell_count];
    *cell = (struct appliance_cell){ .is_auto = true };
    (void)text_copy(cell->name, sizeof(cell->name), parser->words[1]);
    enum status status = parse_cell_options(parser, cell);
    if (status != ST_OK)
        return status;
    if (cell->image[0] == '\0')
        (void)text_copy(cell->image, sizeof(cell->image), cell->name);
    appliance->cell_count++;
    return ST_OK;
}

/* Adds [client, interface, server] to a table that has room for it and does not hold it yet. */
static enum status wire_add(struct parser *parser, struct appliance_wire *table, uint32_t *count,
                            uint32_t max, const struct appliance_wire *wire)
{
    bool is_default = wire->client[0] == '\0';
    for (uint32_t i = 0; i < *count; i++) {
        bool is_same_use = text_equal(table[i].client, wire->client) &&
                           text_equal(table[i].interface, wire->interface);
        if (is_same_use && (is_default || text_equal(table[i].server, wire->server)))
            return parser_fail(parser, "the same is said in line %u", table[i].line);
    }
    if (*count == max)
        return parser_fail(parser, "more than %u wires or defaults", max);
    table[*count] = *wire;
    table[*count].line = parser->line;
    (*count)++;
    return ST_OK;
}

/* INTERFACE=SERVER, the common part of wire and default. */
static enum status parse_target(struct parser *parser, char *word, struct appliance_wire *wire)
{
    const char *server = word_cut(word, '=');
    if (server == nullptr || !appliance_is_name(word) || !appliance_is_name(server)) {
        return parser_fail(parser, "\"%s%s%s\" is not interface=server", word, server != nullptr ? "=" : "",
                           server != nullptr ? server : "");
    }
    (void)text_copy(wire->interface, sizeof(wire->interface), word);
    (void)text_copy(wire->server, sizeof(wire->server), server);
    return ST_OK;
}

static enum status parse_wire(struct parser *parser)
{
    struct appliance_wire wire = { 0 };
    char *target = parser->word_count == 2 ? word_cut(parser->words[1], '.') : nullptr;
    if (target == nullptr || !appliance_is_name(parser->words[1]))
        return parser_fail(parser, "wire wants client.interface=server");
    (void)text_copy(wire.client, sizeof(wire.client), parser->words[1]);
    enum status status = parse_target(parser, target, &wire);
    if (status != ST_OK)
        return status;
    return wire_add(parser, parser->appliance->wires, &parser->appliance->wire_count, APPLIANCE_WIRE_MAX,
                    &wire);
}

static enum status parse_default(struct parser *parser)
{
    struct appliance_wire wire = { 0 };
    if (parser->word_count != 2)
        return parser_fail(parser, "default wants interface=server");
    enum status status = parse_target(parser, parser->words[1], &wire);
    if (status != ST_OK)
        return status;
    return wire_add(parser, parser->appliance->defaults, &parser->appliance->default_count,
                    APPLIANCE_DEFAULT_MAX, &wire);
}

static enum status parse_statement(struct parser *parser)
{
    if (parser->word_count == 0)
        return ST_OK;
    if (text_equal(parser->words[0], "cell"))
        return parse_cell(parser);
    if (text_equal(parser->words[0], "driver"))
        return parse_driver(parser);
    if (text_equal(parser->words[0], "wire"))
        return parse_wire(parser);
    if (text_equal(parser->words[0], "default"))
        return parse_default(parser);
    return parser_fail(parser, "\"%s\" is no statement (cell, driver, wire, default)", parser->words[0]);
}

/* Splits parser->text into words, up to a word that begins with '#'. */
static enum status line_split(struct parser *parser)
{
    bool is_inside = false;
    parser->word_count = 0;
    for (char *at = parser->text; *at != '\0'; at++) {
        if (*at == ' ' || *at == '\t') {
            *at = '\0';
            is_inside = false;
        } else if (!is_inside) {
            if (*at == '#') {
                *at = '\0';
                return ST_OK;
            }
            if (parser->word_count == WORD_MAX)
                return parser_fail(parser, "more than %u words", WORD_MAX);
            parser->words[parser->word_count++] = at;
            is_inside = true;
        }
    }
    return ST_OK;
}

/* Copies one line out of the file; from here on nobody looks at the file's bytes again. */
static enum status line_take(struct parser *parser, const char *from, size_t length)
{
    if (length > 0 && from[length - 1] == '\r')
        length--;
    if (length >= sizeof(parser->text))
        return parser_fail(parser, "line is longer than %u characters", APPLIANCE_LINE_BYTES - 1);
    for (size_t i = 0; i < length; i++) {
        char byte = from[i];
        if (byte != '\t' && (byte < ' ' || byte > '~'))
            return parser_fail(parser, "byte 0x%02x is not text", (unsigned)(unsigned char)byte);
        parser->text[i] = byte;
    }
    parser->text[length] = '\0';
    return line_split(parser);
}

static bool name_is_known(const struct appliance *appliance, const char *name)
{
    return cell_is_known(appliance, name) || driver_is_known(appliance, name);
}

static enum status wires_check(struct parser *parser, const struct appliance_wire *table, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct appliance_wire *wire = &table[i];
        bool has_client = wire->client[0] == '\0' || name_is_known(parser->appliance, wire->client);
        bool has_server = text_equal(wire->server, APPLIANCE_WARDEN) ||
                          name_is_known(parser->appliance, wire->server);
        parser->line = wire->line;
        if (!has_client || !has_server)
            return parser_fail(parser, "no cell %s is declared", has_client ? wire->server : wire->client);
    }
    return ST_OK;
}

static enum status appliance_check(struct parser *parser)
{
    if (parser->appliance->cell_count == 0)
        return parser_fail(parser, "no cell is declared");
    enum status status = wires_check(parser, parser->appliance->wires, parser->appliance->wire_count);
    if (status != ST_OK)
        return status;
    return wires_check(parser, parser->appliance->defaults, parser->appliance->default_count);
}

enum status appliance_parse(const char *text, size_t bytes, struct appliance *appliance,
                            struct appliance_error *error)
{
    struct parser parser = { .appliance = appliance, .error = error, .line = 1 };
    appliance->cell_count = appliance->driver_count = 0;
    appliance->wire_count = appliance->default_count = 0;
    if (bytes > APPLIANCE_BYTES_MAX)
        return parser_fail(&parser, "file is longer than %u bytes", APPLIANCE_BYTES_MAX);
    for (size_t start = 0; start < bytes; parser.line++) {
        size_t end = start;
        while (end < bytes && text[end] != '\n')
            end++;
        enum status status = line_take(&parser, text + start, end - start);
        if (status == ST_OK)
            status = parse_statement(&parser);
        if (status != ST_OK)
            return status;
        start = end + 1;
    }
    return appliance_check(&parser);
}
