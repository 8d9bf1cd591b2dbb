# Stand-ins for the macros that the extension's CMake files call.

# Copy the scripts and resources of a module to the build tree and install them. Paths below the
# module's folder are kept. A listed file that does not exist is an error, as in Slicer.
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS OR NOT MODULE_NAME)
    message(FATAL_ERROR "Wrong arguments: ${ARGN}")
  endif()
  set(module_copies)
  foreach(module_file IN LISTS MODULE_SCRIPTS MODULE_RESOURCES)
    set(module_source "${CMAKE_CURRENT_SOURCE_DIR}/${module_file}")
    if(NOT EXISTS "${module_source}")
      message(FATAL_ERROR "${MODULE_NAME} lists '${module_file}', which does not exist")
    endif()
    set(module_copy "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}/${module_file}")
    add_custom_command(
      OUTPUT "${module_copy}"
      COMMAND "${CMAKE_COMMAND}" -E copy "${module_source}" "${module_copy}"
      DEPENDS "${module_source}"
      VERBATIM
      )
    list(APPEND module_copies "${module_copy}")
    get_filename_component(module_folder "${module_file}" DIRECTORY)
    install(
      FILES "${module_source}"
      DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}/${module_folder}"
      COMPONENT RuntimeLibraries
      )
  endforeach()
  add_custom_target(Copy${MODULE_NAME}PythonFiles ALL DEPENDS ${module_copies})
endmacro()
