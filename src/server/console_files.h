// The files of the page at /ui, embedded from src/server/ui.
#pragma once

#include <span>
#include <string_view>

namespace eider::server {

struct ConsoleFile {
  std::string_view path;  // "/ui/app.js"; "/ui" for the page itself
  std::string_view type;  // its media type
  std::string_view text;
};

std::span<const ConsoleFile> ConsoleFiles();

}  // namespace eider::server
