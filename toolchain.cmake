# SPDX-License-Identifier: MIT
# The one compiler everything in Comb is built with: clang and lld 19, or else 20.
# Older ones do not know preserve_none, the calling convention of a gate.
#
# COMB_TRIPLE says what for.  "host" is the machine that builds, for tests
# that run natively; anything else is a freestanding target.
include_guard(GLOBAL)

set(COMB_TRIPLE x86_64-unknown-none-elf CACHE STRING "Target triple, or \"host\"")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES COMB_TRIPLE)

find_program(COMB_CLANG NAMES clang-19 clang-20 REQUIRED)
string(REGEX MATCH "-[0-9]+$" COMB_LLVM_SUFFIX "${COMB_CLANG}")

set(CMAKE_C_COMPILER ${COMB_CLANG})
set(CMAKE_ASM_COMPILER ${COMB_CLANG})
find_program(CMAKE_AR llvm-ar${COMB_LLVM_SUFFIX} REQUIRED)
find_program(CMAKE_RANLIB llvm-ranlib${COMB_LLVM_SUFFIX} REQUIRED)

if(NOT COMB_TRIPLE STREQUAL "host")
    set(CMAKE_SYSTEM_NAME Generic)
    set(CMAKE_SYSTEM_PROCESSOR x86_64)
    set(CMAKE_C_COMPILER_TARGET ${COMB_TRIPLE})
    set(CMAKE_ASM_COMPILER_TARGET ${COMB_TRIPLE})

    find_program(COMB_LD ld.lld${COMB_LLVM_SUFFIX} REQUIRED)
    find_program(COMB_LINK_PE lld-link${COMB_LLVM_SUFFIX} REQUIRED)
    find_program(COMB_STRIP llvm-strip${COMB_LLVM_SUFFIX} REQUIRED)

    # For a freestanding triple the clang driver would hand the link to gcc.
    # Call the linker itself, with the target's link options and nothing else.
    foreach(language C ASM)
        set(CMAKE_${language}_LINK_EXECUTABLE
            "${COMB_LD} <LINK_FLAGS> <OBJECTS> -o <TARGET> --start-group <LINK_LIBRARIES> --end-group")
    endforeach()
endif()
