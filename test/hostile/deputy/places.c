/* SPDX-License-Identifier: MIT */
#include "places.h"

static struct place places[PLACE_COUNT];

void place_note(uint64_t address, uint64_t bytes, uint64_t place)
{
    if (place < PLACE_COUNT)
        places[place] = (struct place){ .address = address, .bytes = bytes };
}

struct place place_of(enum attack_place place)
{
    return places[place];
}

static const struct attack_menu *menu_find(const struct attack_menu *menu, uint64_t number)
{
    while (menu->number != 0 && menu->number != number)
        menu++;
    return menu->number != 0 ? menu : nullptr;
}

uint64_t attack_answer(const struct attack_menu *menu, uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    if (operation == ATTACK_VICTIM) {
        place_note(a, b, c);
        return 0;
    }
    const struct attack_menu *attack = menu_find(menu, operation == ATTACK_VARIANTS ? a : operation);
    if (attack == nullptr)
        return operation == ATTACK_VARIANTS ? 0 : ATTACK_IMPOSSIBLE;
    return operation == ATTACK_VARIANTS ? attack->variants : attack->run(a);
}
