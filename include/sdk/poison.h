/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names that no cell uses: without a bound, with a heap nobody has, or with a state of their own.
 * Every source of a cell has this header first (cells/profile.cmake).
 *
 * For shared memory memcpy needs no place here: its pointers do not convert (sdk/pointer.h).
 */
#pragma GCC poison strcpy strcat sprintf vsprintf gets scanf sscanf strtok strncpy strncat stpcpy
#pragma GCC poison malloc calloc realloc alloca
#pragma GCC poison setjmp longjmp
