# One static library per floor. Each links what its floor may include (docs/architecture.md).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(MAXMINDDB REQUIRED IMPORTED_TARGET libmaxminddb)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET libssl libcrypto)
pkg_check_modules(URCU REQUIRED IMPORTED_TARGET liburcu-qsbr)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)

# suanyu_<name> from the sources of a folder; a folder that holds none is only a list of what it links.
function(suanyu_library name folder)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    if(sources)
        add_library(suanyu_${name} STATIC ${sources})
        target_link_libraries(suanyu_${name} PUBLIC ${ARGN})
    else()
        add_library(suanyu_${name} INTERFACE)
        target_link_libraries(suanyu_${name} INTERFACE ${ARGN})
    endif()
endfunction()

suanyu_library(base base PkgConfig::JANSSON PkgConfig::LMDB PkgConfig::MICROHTTPD PkgConfig::OPENSSL
    PkgConfig::URCU PkgConfig::UV PkgConfig::YAML Threads::Threads)
suanyu_library(zones zones suanyu_base PkgConfig::LDNS)
suanyu_library(choose sched/choose suanyu_zones m)
# The engine works on columns of numbers. No fused multiply-add: scores are equal on all machines.
target_compile_options(suanyu_choose PRIVATE -O3 -ffp-contract=off)
suanyu_library(server server suanyu_choose PkgConfig::MAXMINDDB)
suanyu_library(cli tools/cli suanyu_zones)
