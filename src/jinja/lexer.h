// Template source to tokens, with white space control already applied to the text between tags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jinja/environment.h"
#include "jinja/value.h"

namespace eider::jinja {

enum class TokenType : uint8_t {
  kText,
  kPrintBegin,  // {{
  kPrintEnd,    // }}
  kBlockBegin,  // {%
  kBlockEnd,    // %}
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEnd,
};

struct Token {
  TokenType type;
  int line = 0;
  size_t begin = 0, end = 0;  // in the source, in bytes
  std::string text;           // name, operator, string's value, text's content
  Value number;
};

// Newlines as templates see them, and the last one dropped unless options keep it.
std::string NormalizeSource(std::string_view source, const EnvironmentOptions& options);

// `source` is normalized. Ends with a kEnd token; the body of a raw block tag of `environment` is
// one text token. Throws kSyntax at `file`.
std::vector<Token> Tokenize(std::string_view source, const std::string& file,
                            const Environment& environment);

// The token as an error message names it.
std::string DescribeToken(const Token& token);

}  // namespace eider::jinja
