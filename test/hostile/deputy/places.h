/* SPDX-License-Identifier: MIT */
#pragma once

#include "../attack.h"

/* What the judge has told about the victim and the monitor (ATTACK_VICTIM). */
struct place {
    uint64_t address; /* 0: not told */
    uint64_t bytes;
};

void place_note(uint64_t address, uint64_t bytes, uint64_t place);
struct place place_of(enum attack_place place);

/* Gate operations that every attacker answers alike; false: an attack, for the caller to carry out. */
struct attack_menu {
    uint32_t number;
    uint64_t variants;
    uint64_t (*run)(uint64_t variant); /* -> enum attack_answer */
};

/* `menu` ends with number 0.  Body of the gate entry of interface "attack". */
uint64_t attack_answer(const struct attack_menu *menu, uint64_t operation, uint64_t a, uint64_t b,
                       uint64_t c);
