# SPDX-License-Identifier: MIT

# Tests of cells/warden, cells/pci and cells/ipcbench, for test/unit/CMakeLists.txt to include after its own.
function(add_unit_test_once name)
    if(NOT TARGET unit_${name})
        add_unit_test(${name} ${ARGN})
    endif()
endfunction()

set(warden cells/warden)
add_unit_test_once(appliance SOURCES ${warden}/appliance.c src/rt/text.c cells/lib/text_format.c)
add_unit_test_once(command_line SOURCES ${warden}/command_line.c src/rt/text.c cells/lib/text_format.c)
add_unit_test_once(order SOURCES ${warden}/order.c)
add_unit_test_once(policy SOURCES ${warden}/policy.c)
add_unit_test_once(wiring SOURCES ${warden}/wiring.c ${warden}/appliance.c
    src/rt/text.c cells/lib/text_format.c)
add_unit_test_once(percentile SOURCES cells/ipcbench/samples.c)

add_unit_test_once(match SOURCES ${warden}/match.c)

# The whole warden against a monitor that is a table.
add_unit_test_once(warden
    SOURCES ${warden}/appliance.c ${warden}/bundle.c ${warden}/command_line.c ${warden}/driver.c
            ${warden}/link.c ${warden}/load.c ${warden}/match.c ${warden}/member.c ${warden}/order.c
            ${warden}/place.c ${warden}/policy.c ${warden}/ready.c ${warden}/request.c
            ${warden}/restart.c ${warden}/stall.c ${warden}/warden.c ${warden}/wiring.c cells/lib/gate.c
            cells/lib/symbol_file.c cells/lib/symbol_trap.c src/rt/text.c cells/lib/text_format.c
            cells/lib/status.c
    HELPERS fake_monitor.c)

# The bus cell against a machine that is a table.
set(pci cells/pci)
add_unit_test_once(bus
    SOURCES ${pci}/bar.c ${pci}/config.c ${pci}/function.c ${pci}/pci.c ${pci}/port.c ${pci}/slot.c
            ${pci}/topology.c ${pci}/window.c src/rt/text.c cells/lib/text_format.c cells/lib/status.c
    HELPERS fake_pci.c)
