/* SPDX-License-Identifier: MIT */

/* Given with -include: what the file remembers is part of the state that explore.c saves. */
#pragma clang section bss = "state_zero" data = "state_data"
