# cmake -DROOT=<src/dbt/macros> -DOUTPUT=<file.cc> -P embed_macros.cmake
#
# Writes the files below ROOT (<package>/macros/**/*.sql, <package>/docs/*.md) as one C++ source
# that defines BuiltinMacroFiles() of builtin_macros.h.
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.sql ${ROOT}/*.md)
list(SORT files)

set(entries "")
set(count 0)
foreach(file IN LISTS files)
  string(REGEX MATCH "^([^/]+)/(.+)$" _ "${file}")
  set(package "${CMAKE_MATCH_1}")
  set(path "${CMAKE_MATCH_2}")
  file(READ "${ROOT}/${file}" text)
  string(APPEND entries "    {\"${path}\", \"${package}\",\n     R\"__sql__(${text})__sql__\"},\n")
  math(EXPR count "${count} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Generated from src/dbt/macros by embed_macros.cmake.
#include \"dbt/builtin_macros.h\"

#include <array>

namespace eider::dbt {

namespace {

constexpr std::array<BuiltinMacroFile, ${count}> kFiles = {{
${entries}}};

}  // namespace

std::span<const BuiltinMacroFile> BuiltinMacroFiles() { return kFiles; }

}  // namespace eider::dbt
")
