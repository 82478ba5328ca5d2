# Language, warnings, optimisation, hardening, sanitizers. Everything is compiled with the same flags.
set(SUANYU_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
option(SUANYU_FUZZ "Build the fuzz doors with libFuzzer (clang), and nothing else" OFF)
option(SUANYU_COVERAGE "Count executed lines for gcov" OFF)
option(SUANYU_WERROR "Warnings are errors" ON)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # gnu11
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_DEBUG "-Og -g3")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g") # no NDEBUG: checks stay on

add_compile_definitions(_GNU_SOURCE SUANYU_VERSION="${PROJECT_VERSION}")
include_directories(${PROJECT_SOURCE_DIR})
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Wimplicit-fallthrough -fno-omit-frame-pointer)
if(SUANYU_WERROR)
    add_compile_options(-Werror)
endif()

# Hardening. Executables only for now, so -fPIE and not the dearer -fPIC.
add_compile_options(-fPIE)
add_link_options(-pie -Wl,--as-needed)
if(NOT SUANYU_SANITIZE)
    add_compile_options(-fstack-protector-strong -fstack-clash-protection)
    add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
        add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    endif()
else()
    # gcc warns of conversions in what the sanitizer itself put into an expression: not asked here.
    add_compile_options(-fsanitize=${SUANYU_SANITIZE} -fno-sanitize-recover=all -Wno-conversion)
    add_link_options(-fsanitize=${SUANYU_SANITIZE})
endif()
if(SUANYU_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "libFuzzer comes with clang: use cmake --preset fuzz")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SUANYU_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
