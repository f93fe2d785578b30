/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/stream.h>
#include <sdk/pointer.h>

/* One end of a byte stream; private to its cell.  See abi/stream.h for the rules. */
struct stream_end {
    struct stream_shared SHARED *shared;
    uint32_t index; /* own: tail for a sender, head for a receiver */
    uint32_t bad;   /* looks at an index that cannot be */
};

/* Attach where a former instance left off. */
void stream_sender_attach(struct stream_end *end, struct stream_shared SHARED *shared);
void stream_receiver_attach(struct stream_end *end, struct stream_shared SHARED *shared);

uint32_t stream_send(struct stream_end *end, const uint8_t *bytes, uint32_t count); /* -> taken */
uint32_t stream_receive(struct stream_end *end, uint8_t *bytes, uint32_t count);    /* -> given */
uint32_t stream_space(struct stream_end *end);     /* sender: bytes that fit now */
uint32_t stream_available(struct stream_end *end); /* receiver: bytes to take now */
