# What `cmake --install build` puts on a machine.
if(SUANYU_FUZZ)
    return()
endif()
foreach(program IN LISTS SUANYU_PROGRAMS)
    if(program MATCHES "d$") # daemons: suanyud, suanyu-resolverd, suanyu-schedd
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
    else()
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
endforeach()
install(FILES tools/suanyud.service DESTINATION lib/systemd/system)
install(FILES tools/suanyu.bash RENAME suanyu
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY zones/sample/ DESTINATION ${CMAKE_INSTALL_DATADIR}/suanyu/sample OPTIONAL
    FILES_MATCHING PATTERN "*.zone" PATTERN "*.yaml")
foreach(section 1 5 8) # made in the build folder by the pages targets
    install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
        OPTIONAL FILES_MATCHING PATTERN "*.${section}")
endforeach()
