/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* What an attacker can read off the bytes of a gate stub, which everybody may read. */
struct stub_view {
    uint64_t address;
    uint32_t rights_in;  /* what WRPKRU gives on the way in, and */
    uint32_t rights_out; /* on the way out; both 0 where there are no keys */
    uint32_t switch_in;  /* offset of WRPKRU on the way in; 0: none */
    uint32_t returned;   /* offset at which the callee comes back */
    uint32_t token_out;  /* offset behind the loading of the caller's token, */
    uint32_t token_in;   /* of the callee's return token */
};

/* The stub that `address` lies in. */
struct stub_view stub_view(uint64_t address);
