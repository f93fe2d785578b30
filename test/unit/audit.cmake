# SPDX-License-Identifier: MIT

# Tests of `audit` and `scripts/comb audit`, for test/unit/CMakeLists.txt to include after its own.
set(audit_text src/rt/text.c cells/lib/text_format.c)
add_unit_test(sha256 SOURCES cells/shell/sha256.c ${audit_text})
add_unit_test(facts SOURCES cells/shell/fact.c cells/shell/facts.c cells/shell/names.c cells/shell/pci.c
    cells/shell/sha256.c ${audit_text})

# What comb.efi carries, read as hostile input; the language of policies; the comparison of facts.
add_test(NAME unit.audit
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/audit_test.py ${CMAKE_SOURCE_DIR}/scripts)
# The release build's image, if there is one, made to break each rule in turn.
add_test(NAME unit.audit_image
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/audit_image_test.py
            $<TARGET_FILE:comb_audit> ${CMAKE_SOURCE_DIR}/scripts)
set_tests_properties(unit.audit unit.audit_image PROPERTIES LABELS unit TIMEOUT 300 SKIP_RETURN_CODE 77)
