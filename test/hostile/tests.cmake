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
