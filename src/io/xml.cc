#include "io/xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"

namespace eider::io {

namespace {

constexpr int kDeepest = 32;

class Parser {
 public:
  Parser(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  XmlElement ParseRoot() {
    SkipProlog();
    if (!Take("<")) Fail("has no element");
    XmlElement root = ParseElement(1);
    return root;
  }

 private:
  [[noreturn]] void Fail(std::string_view why) const {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the XML of {} {} (byte {})", source_, why, position_));
  }

  bool Take(std::string_view token) {
    if (!text_.substr(position_).starts_with(token)) return false;
    position_ += token.size();
    return true;
  }

  // What stands before `end`, which is passed.
  std::string_view TakeUntil(std::string_view end) {
    size_t found = text_.find(end, position_);
    if (found == std::string_view::npos) Fail("is not whole");
    std::string_view taken = text_.substr(position_, found - position_);
    position_ = found + end.size();
    return taken;
  }

  void SkipProlog() {
    while (true) {
      size_t next = text_.find_first_not_of(" \t\r\n\xEF\xBB\xBF", position_);
      if (next == std::string_view::npos) Fail("has no element");
      position_ = next;
      if (Take("<?")) {
        TakeUntil("?>");
      } else if (Take("<!--")) {
        TakeUntil("-->");
      } else if (Take("<!")) {
        Fail("declares a document type");
      } else {
        return;
      }
    }
  }

  // Its "<" is passed already.
  XmlElement ParseElement(int depth) {
    if (depth > kDeepest) Fail("is nested too deeply");
    XmlElement element;
    size_t end = text_.find_first_of(" \t\r\n/>", position_);
    if (end == std::string_view::npos || end == position_) Fail("is not whole");
    std::string_view name = text_.substr(position_, end - position_);
    element.name = name.substr(name.find(':') + 1);
    position_ = end;
    if (SkipAttributes()) return element;
    while (true) {
      AppendText(TakeUntil("<"), element.text);
      if (Take("!--")) {
        TakeUntil("-->");
      } else if (Take("![CDATA[")) {
        element.text += TakeUntil("]]>");
      } else if (Take("?")) {
        TakeUntil("?>");
      } else if (Take("/")) {
        if (Trim(TakeUntil(">")) != name) Fail("closes another element than it opened");
        return element;
      } else {
        element.children.push_back(ParseElement(depth + 1));
      }
    }
  }

  // Up to and with the end of the tag. Returns whether the element ends with it.
  bool SkipAttributes() {
    char quote = 0;
    for (; position_ < text_.size(); ++position_) {
      char c = text_[position_];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        bool empty = text_[position_ - 1] == '/';
        ++position_;
        return empty;
      }
    }
    Fail("is not whole");
  }

  void AppendText(std::string_view raw, std::string& text) const {
    while (!raw.empty()) {
      size_t ampersand = raw.find('&');
      text += raw.substr(0, ampersand);
      if (ampersand == std::string_view::npos) return;
      size_t end = raw.find(';', ampersand);
      if (end == std::string_view::npos) Fail("has an entity without end");
      AppendEntity(raw.substr(ampersand + 1, end - ampersand - 1), text);
      raw.remove_prefix(end + 1);
    }
  }

  void AppendEntity(std::string_view name, std::string& text) const {
    static constexpr std::pair<std::string_view, char> kEntities[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, character] : kEntities) {
      if (name != known) continue;
      text += character;
      return;
    }
    uint32_t code = 0;
    bool hexadecimal = name.starts_with("#x");
    std::string_view digits = name.substr(name.empty() ? 0 : hexadecimal ? 2 : 1);
    const char* end = digits.data() + digits.size();
    auto [rest, error] = std::from_chars(digits.data(), end, code, hexadecimal ? 16 : 10);
    if (!name.starts_with("#") || error != std::errc() || rest != end || code > 0x10FFFF) {
      Fail(fmt::format("has the unknown entity \"{}\"", name));
    }
    AppendUtf8(code, text);
  }

  static void AppendUtf8(uint32_t code, std::string& text) {
    auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0 | code >> 6);
      add(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      add(0xE0 | code >> 12);
      add(0x80 | (code >> 6 & 0x3F));
      add(0x80 | (code & 0x3F));
    } else {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
      add(0x80 | (code >> 6 & 0x3F));
      add(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  const std::string& source_;
  size_t position_ = 0;
};

}  // namespace

const XmlElement* XmlElement::Find(std::string_view child) const {
  for (const XmlElement& candidate : children) {
    if (candidate.name == child) return &candidate;
  }
  return nullptr;
}

std::string XmlElement::TextOf(std::string_view child) const {
  const XmlElement* found = Find(child);
  return found == nullptr ? "" : found->text;
}

XmlElement ParseXml(std::string_view text, const std::string& source) {
  return Parser(text, source).ParseRoot();
}

}  // namespace eider::io
