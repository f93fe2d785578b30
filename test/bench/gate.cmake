# SPDX-License-Identifier: MIT

# The shipping gate on this machine's processor, for test/bench/CMakeLists.txt to include.
# No sanitizer: it is timed, and it jumps to where nobody should.
if(CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(gate ${CMAKE_SOURCE_DIR}/src/arch/x86_64)
    add_executable(gate_host
        gate_attack.c gate_check.c gate_host.c gate_jump.S gate_pair.c gate_region.S
        ${gate}/gate_build.c ${gate}/gate_template.S
        ${CMAKE_SOURCE_DIR}/cells/ipcbench/samples.c ${CMAKE_SOURCE_DIR}/cells/lib/number.c
        ${CMAKE_SOURCE_DIR}/src/rt/text.c ${CMAKE_SOURCE_DIR}/cells/lib/text_format.c)
    target_compile_definitions(gate_host PRIVATE _GNU_SOURCE)
    target_compile_options(gate_host PRIVATE -O2)
    target_include_directories(gate_host PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(gate_host PRIVATE comb_common)

    # Checks the gate, and that it can be timed; no figure fails.  77: no protection keys here.
    add_test(NAME BENCH0001 COMMAND gate_host --samples 1000)
    set_tests_properties(BENCH0001 PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77)

    # What a closed key keeps from leaking on this processor; found out, not required.
    add_executable(leak_host leak_host.c)
    target_compile_definitions(leak_host PRIVATE _GNU_SOURCE)
    target_compile_options(leak_host PRIVATE -O2)
    target_link_libraries(leak_host PRIVATE comb_common)
    add_test(NAME HOST45.leak_host COMMAND leak_host)
    set_tests_properties(HOST45.leak_host PROPERTIES LABELS "unit;hostile" TIMEOUT 300 SKIP_RETURN_CODE 77)
endif()
