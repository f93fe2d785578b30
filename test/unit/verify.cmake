# SPDX-License-Identifier: MIT

# The decoder against LLVM's disassembler, for test/unit/CMakeLists.txt to include.
string(REGEX REPLACE "^-" "" llvm_version "${COMB_LLVM_SUFFIX}")
find_path(LLVM_C_INCLUDE llvm-c/Disassembler.h PATHS /usr/lib/llvm-${llvm_version}/include NO_DEFAULT_PATH)
find_library(LLVM_LIBRARY NAMES LLVM-${llvm_version} LLVM
    PATHS /usr/lib/llvm-${llvm_version}/lib NO_DEFAULT_PATH)

function(add_decode_test name)
    if(LLVM_C_INCLUDE AND LLVM_LIBRARY)
        add_test(NAME unit.decode_llvm.${name} COMMAND ${ARGN})
    else()
        add_test(NAME unit.decode_llvm.${name}
            COMMAND sh -c "echo 'llvm-19-dev is not installed (apt-get install llvm-19-dev)'; exit 77")
    endif()
    set_tests_properties(unit.decode_llvm.${name} PROPERTIES LABELS unit TIMEOUT 600 SKIP_RETURN_CODE 77)
endfunction()

if(LLVM_C_INCLUDE AND LLVM_LIBRARY)
    add_executable(decode_llvm decode_llvm.c ${CMAKE_SOURCE_DIR}/src/verify/decode.c)
    target_include_directories(decode_llvm SYSTEM PRIVATE ${LLVM_C_INCLUDE})
    target_link_libraries(decode_llvm PRIVATE comb_test ${LLVM_LIBRARY})
endif()
add_decode_test(forms decode_llvm forms)
add_decode_test(random decode_llvm random 2000000)
add_decode_test(random_long decode_llvm random 100000000)
set_tests_properties(unit.decode_llvm.random_long PROPERTIES LABELS "unit;long" TIMEOUT 7200)
set(bundle ${CMAKE_SOURCE_DIR}/build/release/bundle)
set(program ${CMAKE_CURRENT_BINARY_DIR}/decode_llvm)
add_decode_test(cells sh -c "cd '${bundle}' 2>/dev/null && exec '${program}' cells *.cell || exit 77")

# The same judges, as people ask them.
add_test(NAME unit.scan_command
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/scan_command_test.py
            ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/test/scan/comb_scan ${CMAKE_C_COMPILER})
set_tests_properties(unit.scan_command PROPERTIES LABELS unit TIMEOUT 300)
