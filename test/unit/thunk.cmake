# SPDX-License-Identifier: MIT

# The thunks on this machine's processor, for test/unit/CMakeLists.txt to include.  No sanitizer:
# the gate region lies where ASan has its shadow.
if(CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(verify ${CMAKE_SOURCE_DIR}/src/verify)
    add_executable(unit_thunk thunk_test.c thunk_call.S support.c ${verify}/thunk.c ${verify}/thunk.S)
    target_compile_definitions(unit_thunk PRIVATE _GNU_SOURCE)
    target_compile_options(unit_thunk PRIVATE -O1)
    target_include_directories(unit_thunk PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(unit_thunk PRIVATE comb_common cmocka)
    add_test(NAME unit.thunk COMMAND unit_thunk)
    set_tests_properties(unit.thunk PROPERTIES LABELS unit TIMEOUT 120)
endif()
