# tools/main_<program>.c is a program in bin/ (`-` for `_`); tools/bench/<name>.c is one in bench/.
set(SUANYU_LINK_suanyu suanyu_cli) # what a program links; the others link the server
set(SUANYU_PROGRAMS "")
add_custom_target(programs)
add_custom_target(benches)

if(NOT SUANYU_FUZZ)
    file(GLOB mains CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/main_*.c)
    foreach(main IN LISTS mains)
        cmake_path(GET main STEM program)
        string(REGEX REPLACE "^main_" "" program ${program})
        string(REPLACE "_" "-" program ${program})
        add_executable(${program} ${main})
        if(DEFINED SUANYU_LINK_${program})
            target_link_libraries(${program} PRIVATE ${SUANYU_LINK_${program}})
        else()
            target_link_libraries(${program} PRIVATE suanyu_server)
        endif()
        set_target_properties(${program} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
        add_dependencies(programs ${program})
        list(APPEND SUANYU_PROGRAMS ${program})
    endforeach()

    file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/bench/*.c)
    foreach(bench IN LISTS benches)
        cmake_path(GET bench STEM name)
        add_executable(bench_${name} ${bench})
        target_link_libraries(bench_${name} PRIVATE suanyu_server)
        set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name}
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
        add_dependencies(benches bench_${name})
    endforeach()
endif()
