# add_layer(NAME LAYERS below.. LIBRARIES external..)
#
# One static library a folder of src/. Every layer is reached through an include root of its own
# (build/layers/NAME holds only a link to src/NAME), so the include path of a layer is exactly the
# list of layers it links to. That is what enforces "downward only" at compile time.
# Tests are the *_test.cc files beside the units, one executable a layer: NAME_test.
function(add_layer NAME)
  cmake_parse_arguments(ARG "" "" "LAYERS;LIBRARIES" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${NAME})
  set(root ${CMAKE_BINARY_DIR}/layers/${NAME})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${folder} ${root}/${NAME} SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cc)
  set(units ${sources})
  list(REMOVE_ITEM units ${tests} ${folder}/main.cc)

  set(target eider_${NAME})
  if(NOT units)
    add_library(${target} INTERFACE)
    list(TRANSFORM ARG_LAYERS PREPEND eider_ OUTPUT_VARIABLE below)
    target_include_directories(${target} INTERFACE ${root})
    target_link_libraries(${target} INTERFACE ${below} ${ARG_LIBRARIES})
    return()
  endif()
  add_library(${target} STATIC ${units})
  target_include_directories(${target} PUBLIC ${root})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)
  list(TRANSFORM ARG_LAYERS PREPEND eider_ OUTPUT_VARIABLE below)
  target_link_libraries(${target} PUBLIC ${below} ${ARG_LIBRARIES})
  # The headers every unit reads, parsed once a layer: a third of the time of a clean build.
  set(common <fmt/format.h> <nlohmann/json.hpp> <map> <memory> <optional> <string> <vector>)
  if(duckdb IN_LIST ARG_LIBRARIES)
    list(APPEND common <duckdb.hpp>)
  endif()
  target_precompile_headers(${target} PRIVATE ${common})
  if(EXISTS ${folder}/layer.cmake)
    include(${folder}/layer.cmake)
  endif()

  if(tests)
    add_executable(${NAME}_test ${tests})
    target_compile_options(${NAME}_test PRIVATE -Wall -Wextra -Werror)
    target_link_libraries(${NAME}_test PRIVATE ${target} GTest::gmock GTest::gtest_main)
    target_precompile_headers(${NAME}_test REUSE_FROM ${target})
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
  endif()
endfunction()

# add_program(NAME LAYER top MAIN file): the executable, in the build folder itself, finding
# libduckdb.so and httpfs beside it or in ../lib, wherever the tree is moved.
function(add_program NAME)
  cmake_parse_arguments(ARG "" "LAYER;MAIN" "" ${ARGN})
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${ARG_MAIN})
    return()
  endif()
  add_executable(${NAME} ${ARG_MAIN})
  target_compile_options(${NAME} PRIVATE -Wall -Wextra -Werror)
  target_link_libraries(${NAME} PRIVATE eider_${ARG_LAYER})
  set_target_properties(${NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
    BUILD_RPATH_USE_ORIGIN ON
    INSTALL_RPATH "$ORIGIN/../lib")
  install(TARGETS ${NAME} RUNTIME DESTINATION bin)
  install(FILES ${DUCKDB_LIBRARY} ${DUCKDB_HTTPFS} DESTINATION lib)
  file(CREATE_LINK ${DUCKDB_HTTPFS} ${CMAKE_BINARY_DIR}/httpfs.duckdb_extension SYMBOLIC)
endfunction()
