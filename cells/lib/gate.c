/* SPDX-License-Identifier: MIT */

#include <sdk/gate.h>

enum status gate_call(const struct cell_edge *edge, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                      uint64_t *value)
{
    if (edge->state == PEER_EMPTY)
        return ST_GONE; /* the slot was freed; its stub address is not one any more */
    struct gate_result result = gate_call_raw(edge->stub, a, b, c, d);
    if (result.status == ST_OK)
        *value = result.value;
    return (enum status)result.status;
}

void gate_name_pack(const char *name, uint64_t words[2])
{
    words[0] = 0;
    words[1] = 0;
    for (uint32_t i = 0; i < CELL_NAME_BYTES && name[i] != 0; i++)
        words[i / 8] |= (uint64_t)(uint8_t)name[i] << (8 * (i % 8));
}

bool gate_name_unpack(uint64_t low, uint64_t high, char name[CELL_NAME_BYTES])
{
    bool is_name = (low & 0xFF) != 0 && high >> 56 == 0; /* not empty; room for the terminator */
    bool has_ended = false;
    for (uint32_t i = 0; i < CELL_NAME_BYTES; i++) {
        uint8_t byte = (uint8_t)((i < 8 ? low : high) >> (8 * (i % 8)));
        if (byte == 0)
            has_ended = true;
        else if (has_ended || byte <= ' ' || byte > '~')
            is_name = false;
        name[i] = (char)byte;
    }
    name[CELL_NAME_BYTES - 1] = 0;
    return is_name;
}
