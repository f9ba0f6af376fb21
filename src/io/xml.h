// As much XML as the answers of object stores need: elements and their text. Attributes are passed
// over, prefixes of names dropped, and document types refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eider::io {

struct XmlElement {
  std::string name;
  std::string text;  // all of it that is not in an element within
  std::vector<XmlElement> children;

  // The first child of that name; nullptr where there is none.
  const XmlElement* Find(std::string_view child) const;
  // Its text; "" where there is none.
  std::string TextOf(std::string_view child) const;
};

// The root. Throws kCorrupt, naming `source`, for what is not whole.
XmlElement ParseXml(std::string_view text, const std::string& source);

}  // namespace eider::io
