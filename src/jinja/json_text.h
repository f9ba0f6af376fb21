// JSON text of values, as Python's json.dumps writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "jinja/value.h"

namespace eider::jinja {

struct JsonTextOptions {
  bool sort_keys = false;
  std::optional<int64_t> indent;  // spaces a level; nothing: all on one line
};

// ASCII only. Throws kInvalidArgument for what is not serializable.
std::string JsonText(const Value& value, const JsonTextOptions& options = {});

}  // namespace eider::jinja
