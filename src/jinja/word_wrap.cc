#include "jinja/word_wrap.h"

#include <algorithm>

#include "base/error.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

bool IsBlank(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsWord(char32_t c) { return c == '_' || IsLetter(c) || IsNumeric(c); }

bool IsLetterOrUnderscore(char32_t c) { return IsWord(c) && !IsDecimalDigit(c); }

bool IsWordOrPunctuation(char32_t c) {
  return IsWord(c) ||
         (c < 0x80 && std::u32string_view(U"!\"'&.,?").find(c) != std::u32string::npos);
}

// Cuts a paragraph into pieces between which a line may break: runs of blanks, dashes, words and
// the parts of hyphenated words.
class Splitter {
 public:
  Splitter(const std::u32string& text, bool at_hyphens) : text_(text), at_hyphens_(at_hyphens) {}

  std::vector<std::u32string> Run() {
    std::vector<std::u32string> pieces;
    for (size_t begin = 0; begin < text_.size();) {
      size_t end = PieceEnd(begin);
      pieces.push_back(text_.substr(begin, end - begin));
      begin = end;
    }
    return pieces;
  }

 private:
  template <typename Test>
  bool Is(size_t position, Test test) const {
    return position < text_.size() && test(text_[position]);
  }

  // The end of two or more dashes at `position` that stand between words; 0 when there are none.
  size_t DashEnd(size_t position) const {
    if (position == 0 || !IsWordOrPunctuation(text_[position - 1])) return 0;
    size_t end = position;
    while (Is(end, [](char32_t c) { return c == '-'; })) ++end;
    return end >= position + 2 && Is(end, IsWord) ? end : 0;
  }

  // A line may break after the hyphen at `position`: it stands between letters, two on each side.
  bool BreaksAfterHyphen(size_t position) const {
    if (!Is(position, [](char32_t c) { return c == '-'; })) return false;
    bool two_letters = position >= 2 && IsLetterOrUnderscore(text_[position - 1]) &&
                       IsLetterOrUnderscore(text_[position - 2]);
    bool hyphenated = position >= 3 && IsWordOrPunctuation(text_[position - 1]) &&
                      text_[position - 2] == '-' && IsLetterOrUnderscore(text_[position - 3]);
    if (!two_letters && !hyphenated) return false;
    size_t next = position + 1;
    if (!Is(next, IsLetterOrUnderscore)) return false;
    ++next;
    if (Is(next, [](char32_t c) { return c == '-'; }) && Is(next + 1, IsLetterOrUnderscore)) {
      return true;
    }
    return Is(next, IsLetterOrUnderscore);
  }

  size_t PieceEnd(size_t begin) const {
    size_t end = begin;
    if (IsBlank(text_[begin])) {
      while (Is(end, IsBlank)) ++end;
      return end;
    }
    if (!at_hyphens_) {
      while (end < text_.size() && !IsBlank(text_[end])) ++end;
      return end;
    }
    if (size_t dashes = DashEnd(begin)) return dashes;
    for (end = begin + 1;; ++end) {
      if (BreaksAfterHyphen(end)) return end + 1;
      if (end >= text_.size() || IsBlank(text_[end]) || DashEnd(end)) return end;
    }
  }

  const std::u32string& text_;
  bool at_hyphens_;
};

bool IsBlankPiece(const std::u32string& piece) {
  return std::all_of(piece.begin(), piece.end(), IsWhiteSpace);
}

}  // namespace

std::vector<std::string> WrapText(std::string_view paragraph, const WrapOptions& options) {
  if (options.width <= 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "invalid width " + std::to_string(options.width) + " (must be > 0)");
  }
  size_t width = static_cast<size_t>(options.width);
  std::u32string text = DecodeUtf8(paragraph);
  std::vector<std::u32string> pieces = Splitter(text, options.break_on_hyphens).Run();
  std::vector<std::string> lines;
  for (size_t next = 0; next < pieces.size();) {
    std::vector<std::u32string> line;
    size_t length = 0;
    if (!lines.empty() && IsBlankPiece(pieces[next])) ++next;
    while (next < pieces.size() && length + pieces[next].size() <= width) {
      length += pieces[next].size();
      line.push_back(std::move(pieces[next++]));
    }
    if (next < pieces.size() && pieces[next].size() > width) {
      std::u32string& piece = pieces[next];
      if (options.break_long_words) {
        size_t end = width - length;
        if (options.break_on_hyphens && piece.size() > end && end > 0) {
          size_t hyphen = piece.rfind('-', end - 1);
          bool inside =
              hyphen != std::u32string::npos && hyphen > 0 && piece.find_first_not_of('-') < hyphen;
          if (inside) end = hyphen + 1;
        }
        line.push_back(piece.substr(0, end));
        piece.erase(0, end);
      } else if (line.empty()) {
        line.push_back(std::move(pieces[next++]));
      }
    }
    if (!line.empty() && IsBlankPiece(line.back())) line.pop_back();
    if (line.empty()) continue;
    std::u32string joined;
    for (const auto& piece : line) joined += piece;
    lines.push_back(EncodeUtf8(joined));
  }
  return lines;
}

}  // namespace eider::jinja
