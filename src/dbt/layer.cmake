# The macros every project has are files below macros/, compiled into the binary. Their own target
# makes the file, so that this layer need not wait for the layers below to be built.
file(GLOB_RECURSE macro_files CONFIGURE_DEPENDS ${folder}/macros/*.sql ${folder}/macros/*.md)
set(embedded ${CMAKE_BINARY_DIR}/generated/dbt/builtin_macros.cc)
add_custom_command(
  OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DROOT=${folder}/macros -DOUTPUT=${embedded} -P ${folder}/embed_macros.cmake
  DEPENDS ${macro_files} ${folder}/embed_macros.cmake
  COMMENT "Embedding dbt's macros"
  VERBATIM)
add_custom_target(embed_dbt_macros DEPENDS ${embedded})
target_sources(${target} PRIVATE ${embedded})
add_dependencies(${target} embed_dbt_macros)
