# SPDX-License-Identifier: MIT

# Attack 39 takes a second processor, which Comb has not: the server's own sources, raced on the host.
find_package(Threads REQUIRED)
add_executable(ring_host ring_host.c
    ${CMAKE_SOURCE_DIR}/cells/lib/status.c ${CMAKE_SOURCE_DIR}/src/rt/text.c
    ${CMAKE_SOURCE_DIR}/cells/lib/text_format.c)
target_compile_definitions(ring_host PRIVATE _GNU_SOURCE)
target_link_libraries(ring_host PRIVATE comb_test Threads::Threads)
target_link_options(ring_host PRIVATE -no-pie) # as unit_block_server
add_test(NAME HOST39.ring_host COMMAND ring_host)
set_tests_properties(HOST39.ring_host PROPERTIES LABELS "unit;hostile" TIMEOUT 300)

# Attack 46, as far as it is in the source and in the code made of it.
add_test(NAME HOST46.speculation
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/speculation_test.py)
set_tests_properties(HOST46.speculation PROPERTIES LABELS "static;hostile" TIMEOUT 120)
