# SPDX-License-Identifier: MIT
#
# comb_plugin_flags(): has everything that is compiled with comb_cell_flags looked at by the plugin of
# this folder. It only diagnoses: the code is the same with it and without it (docs/plugin.md).
#
# The plugin is C++ for the machine that builds, while the project is C for another one.  So it is built
# by commands, by the C++ compiler that comes with the C compiler in use: the headers have to be of that
# very version.

# A debug build compiles the same cells with the same flags; looking once is enough.
set(plugin_default OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    set(plugin_default AUTO)
endif()
set(COMB_PLUGIN ${plugin_default} CACHE STRING "The compiler's plugin: ON, OFF, or AUTO: if it can be built")
set_property(CACHE COMB_PLUGIN PROPERTY STRINGS AUTO ON OFF)

set(COMB_PLUGIN_FOLDER ${CMAKE_CURRENT_LIST_DIR})
set(COMB_PLUGIN_SOURCES plugin expression ledger casts bounds fetch loops)

# Sets COMB_PLUGIN_CXX and COMB_PLUGIN_HEADERS, or COMB_PLUGIN_MISSING to what has to be installed.
function(comb_plugin_find)
    string(REGEX MATCH "-[0-9]+$" suffix "${CMAKE_C_COMPILER}")
    string(REGEX MATCH "^[0-9]+" major "${CMAKE_C_COMPILER_VERSION}")
    find_program(COMB_PLUGIN_CXX NAMES clang++${suffix})
    find_program(COMB_PLUGIN_CONFIG NAMES llvm-config${suffix})
    if(COMB_PLUGIN_CXX AND COMB_PLUGIN_CONFIG)
        execute_process(COMMAND ${COMB_PLUGIN_CONFIG} --includedir --version
            OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE)
        string(REGEX MATCHALL "[^\n]+" answer "${answer}")
        list(GET answer 0 headers)
        list(GET answer 1 version)
        if(version VERSION_EQUAL CMAKE_C_COMPILER_VERSION AND EXISTS ${headers}/clang/AST/ASTContext.h
           AND EXISTS ${headers}/llvm/ADT/StringRef.h)
            set(COMB_PLUGIN_HEADERS ${headers} PARENT_SCOPE)
            return()
        endif()
    endif()
    set(COMB_PLUGIN_MISSING "libclang-${major}-dev llvm-${major}-dev" PARENT_SCOPE)
endfunction()

# The commands that build COMB_PLUGIN_FILE.  Its name has a hash of what it is made of, so that a change
# of a rule or of the ledger compiles every cell again.
function(comb_plugin_build)
    set(content "")
    foreach(file IN ITEMS plugin.h ledger.txt ${COMB_PLUGIN_SOURCES})
        if(NOT file MATCHES "\\.")
            string(APPEND file ".cpp")
        endif()
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${COMB_PLUGIN_FOLDER}/${file})
        file(SHA256 ${COMB_PLUGIN_FOLDER}/${file} hash)
        string(APPEND content ${hash})
    endforeach()
    string(SHA256 hash "${content}${CMAKE_C_COMPILER_VERSION}")
    string(SUBSTRING ${hash} 0 12 hash)
    set(folder ${CMAKE_BINARY_DIR}/plugin)
    set(library ${folder}/comb_plugin-${hash}.so)
    file(MAKE_DIRECTORY ${folder})
    set(objects "")
    foreach(source IN LISTS COMB_PLUGIN_SOURCES)
        add_custom_command(OUTPUT ${folder}/${source}.o
            COMMAND ${COMB_PLUGIN_CXX} -c ${COMB_PLUGIN_FOLDER}/${source}.cpp -o ${folder}/${source}.o
                -std=c++17 -O1 -fPIC -fno-rtti -fno-exceptions -Wall -Wextra -Werror
                -isystem ${COMB_PLUGIN_HEADERS} -MD -MF ${folder}/${source}.d
            DEPENDS ${COMB_PLUGIN_FOLDER}/${source}.cpp DEPFILE ${folder}/${source}.d VERBATIM)
        list(APPEND objects ${folder}/${source}.o)
    endforeach()
    add_custom_command(OUTPUT ${library}
        COMMAND ${COMB_PLUGIN_CXX} -shared ${objects} -o ${library} DEPENDS ${objects} VERBATIM)
    add_custom_target(comb_plugin DEPENDS ${library})
    set(COMB_PLUGIN_FILE ${library} PARENT_SCOPE)
endfunction()

function(comb_plugin_flags)
    if(COMB_PLUGIN STREQUAL "OFF")
        return()
    endif()
    comb_plugin_find()
    if(COMB_PLUGIN_MISSING)
        if(COMB_PLUGIN STREQUAL "ON")
            message(FATAL_ERROR "COMB_PLUGIN=ON needs: apt-get install ${COMB_PLUGIN_MISSING}")
        endif()
        message(STATUS "The compiler's plugin is off: apt-get install ${COMB_PLUGIN_MISSING}")
        return()
    endif()
    comb_plugin_build()
    add_dependencies(comb_cell_flags comb_plugin)
    target_compile_options(comb_cell_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:
        -fplugin=${COMB_PLUGIN_FILE} -fplugin-arg-comb-root=${CMAKE_SOURCE_DIR}
        -fplugin-arg-comb-sdk=include/ -fplugin-arg-comb-sdk=src/rt/ -fplugin-arg-comb-sdk=cells/lib/
        -fplugin-arg-comb-attacker=test/hostile/ -fplugin-arg-comb-ledger=${COMB_PLUGIN_FOLDER}/ledger.txt>)
endfunction()
