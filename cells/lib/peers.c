/* SPDX-License-Identifier: MIT */

/* Looking up edges and channels in the information page. */

#include <rt/text.h>
#include <sdk/cell.h>

/* Names in the page are the monitor's and terminated. */
static bool is_edge_of(const struct cell_edge *edge, const char *interface)
{
    return edge->state != PEER_EMPTY && text_equal(edge->interface, interface);
}

static bool is_channel_of(const struct cell_channel *channel, const char *interface)
{
    return channel->state != PEER_EMPTY && text_equal(channel->interface, interface);
}

const struct cell_edge *cell_edge_find(const char *interface, uint32_t nth)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < EDGE_SLOTS; i++)
        if (is_edge_of(&info->edges[i], interface) && nth-- == 0)
            return &info->edges[i];
    return nullptr;
}

const struct cell_channel *cell_channel_find(const char *interface, uint32_t nth)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++)
        if (is_channel_of(&info->channels[i], interface) && nth-- == 0)
            return &info->channels[i];
    return nullptr;
}

const struct cell_edge *cell_edge_to(const char *interface, const char *peer)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < EDGE_SLOTS; i++)
        if (is_edge_of(&info->edges[i], interface) && text_equal(info->edges[i].peer, peer))
            return &info->edges[i];
    return nullptr;
}

const struct cell_channel *cell_channel_to(const char *interface, const char *peer)
{
    const struct cell_info *info = cell_info();
    for (uint32_t i = 0; i < CHANNEL_SLOTS; i++)
        if (is_channel_of(&info->channels[i], interface) && text_equal(info->channels[i].peer, peer))
            return &info->channels[i];
    return nullptr;
}
