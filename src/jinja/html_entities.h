// Character references of HTML.
#pragma once

#include <string>
#include <string_view>

namespace eider::jinja {

// Replaces references by the characters they stand for: numbers, and the names of HTML 4. Others
// are left as they are.
std::string UnescapeHtml(std::string_view text);

}  // namespace eider::jinja
