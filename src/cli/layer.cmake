# Read by add_layer: the version is told to the one unit that prints it. A definition would not match
# the precompiled header, so that unit does without.
set_source_files_properties(${folder}/version.cc PROPERTIES
  COMPILE_DEFINITIONS EIDER_VERSION="${PROJECT_VERSION}"
  SKIP_PRECOMPILE_HEADERS ON)
