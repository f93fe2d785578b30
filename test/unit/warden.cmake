# SPDX-License-Identifier: MIT

# Tests of cells/warden and cells/ipcbench, for test/unit/CMakeLists.txt to include after its own.
function(add_unit_test_once name)
    if(NOT TARGET unit_${name})
        add_unit_test(${name} ${ARGN})
    endif()
endfunction()

set(warden cells/warden)
add_unit_test_once(appliance SOURCES ${warden}/appliance.c src/rt/text.c)
add_unit_test_once(command_line SOURCES ${warden}/command_line.c src/rt/text.c)
add_unit_test_once(order SOURCES ${warden}/order.c)
add_unit_test_once(policy SOURCES ${warden}/policy.c)
add_unit_test_once(wiring SOURCES ${warden}/wiring.c ${warden}/appliance.c src/rt/text.c)
add_unit_test_once(percentile SOURCES cells/ipcbench/samples.c)

# The whole warden against a monitor that is a table.
add_unit_test_once(warden
    SOURCES ${warden}/appliance.c ${warden}/command_line.c ${warden}/link.c ${warden}/load.c
            ${warden}/member.c ${warden}/order.c ${warden}/place.c ${warden}/policy.c
            ${warden}/ready.c ${warden}/request.c ${warden}/warden.c ${warden}/wiring.c cells/lib/gate.c
            src/rt/text.c cells/lib/status.c
    HELPERS fake_monitor.c)
