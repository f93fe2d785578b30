/* SPDX-License-Identifier: MIT */
#pragma once

#include "bundle.h"

#include <shell/facts.h>

/* What there is to say about the build and the entries of its bundle; the shell says the same. */
void images_facts(const struct bundle *bundle, struct facts *facts);
/* Prints beyond that: what the stub refuses, and of each executable page what the scanner says. */
void images_print(const struct bundle *bundle);
