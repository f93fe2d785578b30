/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Words for the numbers of the ABI; "?" for a number that has none. */
const char *name_of_state(uint32_t state); /* enum cell_state */
const char *name_of_peer(uint32_t state);  /* enum peer_state */
const char *name_of_class(uint32_t device_class);
const char *name_of_restart(uint32_t policy);
const char *name_of_cap(uint32_t type); /* enum capability_type */
const char *name_of_domain(uint32_t kind);
const char *name_of_crash(uint32_t reason); /* one word */
const char *name_of_backend(uint32_t backend);
const char *name_of_entropy(uint32_t source);
const char *name_of_level(uint32_t level);   /* enum log_level */
const char *name_of_path(uint32_t path);     /* enum bench_path */
const char *name_of_irq(uint32_t kind);      /* enum device_irq */
const char *name_of_power(uint32_t state);   /* D0 .. D3 */
const char *name_of_health(uint32_t health); /* enum block_health */

/* The number of a word; the count of numbers when there is none. */
uint32_t level_by_name(const char *name);
uint32_t path_by_name(const char *name);
uint32_t power_by_name(const char *name);   /* 4: none */
uint32_t restart_by_name(const char *name); /* 3: none */

/* "rwcoxg" for read write call observe control grant; a dash for each that is missing. */
#define RIGHTS_TEXT_BYTES 7u
void rights_text(uint32_t rights, char text[RIGHTS_TEXT_BYTES]);
