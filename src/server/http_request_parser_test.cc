#include "server/http_request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace eider::server {
namespace {

constexpr size_t kHeaderBytes = 600;

// Gives `text` to the parser as a connection would, which reads it in pieces that end at `first`,
// at every `step` bytes from there on, and at its end.
void Feed(HttpRequestParser& parser, std::string_view text, size_t first, size_t step) {
  size_t taken = 0;
  for (size_t end = first; !parser.failure() && !parser.done(); end += step) {
    end = std::min(end, text.size());
    taken += parser.Put(text.substr(taken, end - taken));
    if (end == text.size()) return;
  }
}

std::string Header(int fields) {
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < fields; ++i)
    text += "A" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n";
  return text;
}

// Beast stops reading lines after the first piece that ends in the middle of a header, and looks
// for the header's end in what follows.
TEST(HttpRequestParser, AHeaderThatNeverEndsHasItsLimitWhereverItsPiecesEnd) {
  std::string text = Header(15);
  ASSERT_GT(text.size(), kHeaderBytes);
  for (size_t first = 1; first <= text.size(); ++first) {
    for (size_t step : {1, 7, 57, 400}) {
      HttpRequestParser parser(kHeaderBytes, 0);
      Feed(parser, text, first, step);
      ASSERT_TRUE(parser.failure()) << "first piece " << first << ", then " << step;
      EXPECT_EQ(parser.failure()->status, 431);
    }
  }
}

TEST(HttpRequestParser, AHeaderWithinItsLimitIsReadWhereverItsPiecesEnd) {
  std::string text = Header(9) + "\r\n";
  ASSERT_LE(text.size(), kHeaderBytes);
  for (size_t first = 1; first <= text.size(); ++first) {
    for (size_t step : {1, 7, 57, 400}) {
      HttpRequestParser parser(kHeaderBytes, 0);
      Feed(parser, text, first, step);
      ASSERT_FALSE(parser.failure())
          << "first piece " << first << ", then " << step << ": " << parser.failure()->message;
      ASSERT_TRUE(parser.done()) << "first piece " << first << ", then " << step;
      EXPECT_EQ(parser.request().fields.size(), 10U);
    }
  }
}

}  // namespace
}  // namespace eider::server
