# SPDX-License-Identifier: MIT

# The gate stub as data, for test/unit/CMakeLists.txt to include; no protection keys needed.
# The same code is run, where there are some, by test/bench/gate_host.c.
add_unit_test(gate_build SOURCES src/arch/x86_64/gate_build.c src/arch/x86_64/gate_template.S)
