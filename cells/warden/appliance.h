/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <rt/status.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An appliance: which cells an image runs and who serves whom.  Plain text, one
 * statement a line; words are separated by spaces or tabs.
 *
 *     file      = { line newline }
 *     line      = [ statement ] [ comment ]
 *     comment   = "#" anything                          ; "#" begins a word
 *     statement = "cell" name { option } [ config ]
 *               | "driver" name { choice } [ config ]   ; bundle entry
 *               | "wire" name "." interface "=" name    ; client.interface=server
 *               | "default" interface "=" name          ; interface=server
 *     option    = "image=" name                         ; bundle entry; the cell's own name
 *               | "start=" ( "auto" | "manual" )        ; auto
 *     choice    = "at=" function                        ; this one only
 *               | "start=" ( "auto" | "manual" )        ; auto
 *     function  = 2 hex digits ":" 2 hex digits "." digit ; bus, device, function
 *     config    = "config=" word { word }               ; all the words to the end of the line
 *     name, interface = 1 to 15 of a-z 0-9 "_" "-"
 *
 * A `driver` drives every PCI function that its manifest's match rules fit and
 * that nobody has, each by a cell of its own: the image's name and the lowest free
 * number.  `at=` wins over all, then the more specific rule, then the line that
 * comes first; an image without rules is bound by `at=` only.  Wires and defaults
 * may name such cells.
 *
 * A `wire` binds one use of one client; for a client that uses every provider it
 * may stand several times and then names all of them.  A use without a wire goes
 * to the `default` of its interface, and without a default to the provider
 * declared first.  The cell "warden" is there without being declared.  Statements
 * may stand in any order.  Bytes other than printable ASCII, tab and line ends
 * are errors.
 */
#define APPLIANCE_CELL_MAX (CELL_MAX - 2u) /* ids 1..63 less the warden's */
#define APPLIANCE_DRIVER_MAX 16u
#define APPLIANCE_WIRE_MAX 128u
#define APPLIANCE_DEFAULT_MAX 32u
#define APPLIANCE_LINE_BYTES 256u
#define APPLIANCE_BYTES_MAX 16384u
#define APPLIANCE_ERROR_BYTES 112u
#define APPLIANCE_WARDEN "warden"

struct appliance_cell {
    char name[CELL_NAME_BYTES];
    char image[CELL_NAME_BYTES];
    char config[CELL_CONFIG_BYTES];
    bool is_auto; /* started at boot */
};

struct appliance_driver {
    struct appliance_cell cell; /* its name is the instance's to choose */
    uint32_t at;                /* DEVICE_BDF + 1; 0: every function that fits */
    uint32_t line;
};

/* An empty client stands for every client: a `default`. */
struct appliance_wire {
    char client[CELL_NAME_BYTES];
    char interface[CELL_NAME_BYTES];
    char server[CELL_NAME_BYTES];
    uint32_t line;
};

struct appliance {
    uint32_t cell_count, driver_count, wire_count, default_count;
    struct appliance_cell cells[APPLIANCE_CELL_MAX];
    struct appliance_driver drivers[APPLIANCE_DRIVER_MAX];
    struct appliance_wire wires[APPLIANCE_WIRE_MAX];
    struct appliance_wire defaults[APPLIANCE_DEFAULT_MAX];
};

struct appliance_error {
    uint32_t line; /* from 1 */
    char text[APPLIANCE_ERROR_BYTES];
};

/*
 * Reads `bytes` of `text`, which may be anything.
 *
 *   ST_OK       *appliance is complete: every name in a wire or default is a cell or may become one
 *   ST_INVALID  *error says in which line and why; *appliance is not to be used
 */
enum status appliance_parse(const char *text, size_t bytes, struct appliance *appliance,
                            struct appliance_error *error);

/* A cell, image or interface name by the grammar above. */
bool appliance_is_name(const char *text);
