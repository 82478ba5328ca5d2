# tests/unit/test_<file>.c is a test program of its own (label unit). tests/fuzz/fuzz_<door>.c is built
# with a plain main that replays tests/fuzz/corpus/<door>/ (label fuzz-replay), and with libFuzzer under
# the fuzz preset; what doors share is in tests/fuzz/lib and needs no cmocka. Tests run in the top folder of
# the sources.
enable_testing()
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

suanyu_library(testlib tests/lib suanyu_server suanyu_cli PkgConfig::CMOCKA PkgConfig::LDNS)
set(wrapped malloc calloc realloc reallocarray aligned_alloc posix_memalign strdup strndup)
list(TRANSFORM wrapped PREPEND "-Wl,--wrap=")
# tests/lib/fail.h; -u, because the objects that need it come later on the command line
target_link_options(suanyu_testlib INTERFACE ${wrapped} -Wl,-u,__wrap_malloc)

# Faults for live tests, preloaded into the daemon (tests/live/faults.py). It is a library of its own kind:
# the flags of programs do not fit, and a sanitizer wants to be loaded first.
if(NOT SUANYU_FUZZ AND NOT SUANYU_SANITIZE)
    add_library(fault_shim MODULE ${PROJECT_SOURCE_DIR}/tests/live/fault_shim.c)
    target_link_libraries(fault_shim PRIVATE Threads::Threads)
    get_target_property(options fault_shim COMPILE_OPTIONS)
    list(REMOVE_ITEM options -fPIE)
    set_target_properties(fault_shim PROPERTIES PREFIX "" COMPILE_OPTIONS "${options}"
        LINK_OPTIONS "" POSITION_INDEPENDENT_CODE ON
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
endif()

suanyu_library(fuzzlib tests/fuzz/lib suanyu_server)
file(GLOB units CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/test_*.c)
file(GLOB doors CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)

if(SUANYU_FUZZ)
    foreach(door IN LISTS doors)
        cmake_path(GET door STEM name)
        add_executable(${name} ${door})
        target_link_libraries(${name} PRIVATE suanyu_fuzzlib)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        set_target_properties(${name} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    endforeach()
    return()
endif()

foreach(unit IN LISTS units)
    cmake_path(GET unit STEM name)
    add_executable(${name} ${unit})
    target_link_libraries(${name} PRIVATE suanyu_testlib)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/unit)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120
        ENVIRONMENT "CMOCKA_MESSAGE_OUTPUT=STDOUT")
endforeach()

foreach(door IN LISTS doors)
    cmake_path(GET door STEM name)
    string(REGEX REPLACE "^fuzz_" "" name ${name})
    add_executable(replay_${name} ${door} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.c)
    target_link_libraries(replay_${name} PRIVATE suanyu_fuzzlib suanyu_testlib)
    set_target_properties(replay_${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/replay)
    add_test(NAME replay_${name}
        COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(replay_${name} PROPERTIES LABELS fuzz-replay TIMEOUT 120)
endforeach()
