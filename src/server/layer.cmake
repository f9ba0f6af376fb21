# The page at /ui is files below ui/, compiled into the binary. Their own target makes the file, so
# that this layer need not wait for the layers below to be built.
file(GLOB console_files CONFIGURE_DEPENDS ${folder}/ui/*)
set(embedded ${CMAKE_BINARY_DIR}/generated/server/console_files.cc)
add_custom_command(
  OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DROOT=${folder}/ui -DOUTPUT=${embedded} -P ${folder}/embed_console.cmake
  DEPENDS ${console_files} ${folder}/embed_console.cmake
  COMMENT "Embedding the console"
  VERBATIM)
add_custom_target(embed_console DEPENDS ${embedded})
target_sources(${target} PRIVATE ${embedded})
add_dependencies(${target} embed_console)
