// Patterns for names: literal text in which `*` stands for any characters. `\` takes the meaning
// from the character after it. What a pattern means depends on the pattern alone: a name it is held
// against is never anything but text, whatever characters it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eider::server {

class NamePattern {
 public:
  // Throws kInvalidArgument for an empty pattern and for a `\` at the end.
  explicit NamePattern(std::string_view pattern);

  bool Matches(std::string_view name) const;

 private:
  // The literals before, between and behind the stars; a pattern without a star has one.
  std::vector<std::string> literals_;
};

// The parts of `text` between separators that no `\` stands before, escapes kept; at most `most`,
// the last with the rest.
std::vector<std::string> SplitUnescaped(std::string_view text, char separator, size_t most);

}  // namespace eider::server
