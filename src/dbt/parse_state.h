// What the units of parsing share while one project is parsed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dbt/config.h"
#include "dbt/macro_library.h"
#include "dbt/manifest.h"
#include "dbt/source_files.h"
#include "jinja/value.h"

namespace eider::dbt {

struct ParseState {
  std::shared_ptr<const Config> config;
  Manifest& manifest;
  std::shared_ptr<MacroLibrary> macros;
  std::shared_ptr<const jinja::Dict> base;  // MakeBaseContext
  // Adds a warning. Not for use inside ParallelFor.
  std::function<void(std::string)> warn;
  double created_at = 0;  // seconds since the epoch, of everything parsed
};

// `text` of `file` moved down to the lines where it stands in the file, for errors of templates.
inline std::string AtFileLines(const SourceFile& file, std::string_view text) {
  return std::string(static_cast<size_t>(file.first_line - 1), '\n').append(text);
}

}  // namespace eider::dbt
