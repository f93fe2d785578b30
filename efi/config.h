/* SPDX-License-Identifier: MIT */
#pragma once

#include "firmware.h"

#include <abi/boot_info.h>

/*
 * Fills info->command_line with the load options and the words of
 * \comb\comb.cfg on the volume this image came from, and info->config_status.
 *
 * The file is plain ASCII text: words, separated by white space; a word that
 * begins with # makes the rest of its line a comment.  A file that is anything
 * else, or too large, is refused as a whole with one message.
 */
void config_read(const struct firmware *firmware, struct boot_info *info);
