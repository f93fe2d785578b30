/* SPDX-License-Identifier: MIT */
#pragma once

#include <core/frame.h>

/* What the frame proofs must see of frame.c, key.c and paging.c; see inside.h. */
bool inside_frame_is_free(uint32_t number);
uint32_t inside_frame_free_count(void);
uint32_t inside_frame_static(void); /* the table itself */
uint32_t inside_frame_end(void);    /* one more than the highest number */
void inside_frame_forget(void);

void inside_key_forget(void);
/* Domains without the monitor's own half of the address space. */
void inside_paging_begin(void);
void inside_paging_forget(void);
