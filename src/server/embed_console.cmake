# cmake -DROOT=<src/server/ui> -DOUTPUT=<file.cc> -P embed_console.cmake
#
# Writes the files below ROOT as one C++ source that defines ConsoleFiles() of console_files.h.
file(GLOB files RELATIVE ${ROOT} ${ROOT}/*)
list(SORT files)

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(entries "")
set(count 0)
foreach(file IN LISTS files)
  string(REGEX MATCH "[^.]+$" kind "${file}")
  if(NOT DEFINED type_${kind})
    message(FATAL_ERROR "There is no media type for ${file}.")
  endif()
  set(path "/ui/${file}")
  if(file STREQUAL "index.html")
    set(path "/ui")
  endif()
  file(READ "${ROOT}/${file}" text)
  string(APPEND entries "    {\"${path}\", \"${type_${kind}}\",\n     R\"__ui__(${text})__ui__\"},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Generated from src/server/ui by embed_console.cmake.
#include \"server/console_files.h\"

#include <array>

namespace eider::server {

namespace {

constexpr std::array<ConsoleFile, ${count}> kFiles = {{
${entries}}};

}  // namespace

std::span<const ConsoleFile> ConsoleFiles() { return kFiles; }

}  // namespace eider::server
")
