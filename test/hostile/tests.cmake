# SPDX-License-Identifier: MIT
#
# The hostile suite, booted: one test for each way of keeping cells apart, so that they can run side
# by side, and one for the latency of others.  TIMEOUT is a bound on hanging.

function(add_hostile_test name script)
    add_test(NAME HOST00.${name}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/${script}_test.py ${ARGN})
    set_tests_properties(HOST00.${name} PROPERTIES LABELS "qemu;slow;hostile" TIMEOUT 1800)
endfunction()

add_hostile_test(load load)
foreach(run IN ITEMS pku pt none latency)
    add_hostile_test(${run} hostile ${run})
endforeach()
add_hostile_test(bypass bypass)
include(${CMAKE_CURRENT_SOURCE_DIR}/ring_host.cmake)

# That this suite can fail: one protection less each time, and who notices; all of them, and one of each kind.
function(add_mutation_test id labels timeout)
    add_test(NAME HOST${id}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/mutation_test.py ${ARGN})
    set_tests_properties(HOST${id} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} PROCESSORS 2)
endfunction()

add_mutation_test(90.mutation "qemu;slow;hostile" 1800 few)
add_mutation_test(91.mutation_long "qemu;long" 14400 all)
