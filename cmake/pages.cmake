# The manual pages, made from tools/man/ and the tables of options and verbs, into man/ of the build.
if(SUANYU_FUZZ)
    return()
endif()
find_program(SUANYU_PYTHON python3)
if(NOT SUANYU_PYTHON)
    message(STATUS "no manual pages: they need python3")
    return()
endif()
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/man/*.md)
file(GLOB tables CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/server/conf.def
    ${PROJECT_SOURCE_DIR}/tools/cli/verb.def)
set(made "")
foreach(page IN LISTS pages)
    cmake_path(GET page STEM LAST_ONLY name)
    list(APPEND made ${PROJECT_BINARY_DIR}/man/${name})
endforeach()
add_custom_command(OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER}
        ${SUANYU_PYTHON} ${PROJECT_SOURCE_DIR}/tools/docs --man ${PROJECT_BINARY_DIR}/man
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/docs ${pages} ${tables}
    COMMENT "Making the manual pages" VERBATIM)
add_custom_target(pages ALL DEPENDS ${made})
