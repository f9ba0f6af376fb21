#include "fuzz_target.h"
#include "server/http_request_parser.h"

using namespace eider;

namespace {

constexpr size_t kHeaderBytes = 2000;
constexpr size_t kBodyBytes = 4000;

// As a connection does that reads `piece` bytes at a time.
void Feed(server::HttpRequestParser& parser, std::string_view text, size_t piece) {
  size_t taken = 0;
  for (size_t end = std::min(piece, text.size());; end = std::min(end + piece, text.size())) {
    while (!parser.done() && !parser.failure()) {
      size_t used = parser.Put(text.substr(taken, end - taken));
      if (used == 0) break;
      taken += used;
    }
    if (end == text.size() || parser.done() || parser.failure()) return;
  }
}

}  // namespace

// A request that is whole is the same wherever its pieces end. (One that is not may be refused
// sooner or later.)
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view text) {
    if (text.empty()) return;
    size_t piece = 1 + static_cast<uint8_t>(text[0]) % 64;
    text.remove_prefix(1);
    server::HttpRequestParser whole(kHeaderBytes, kBodyBytes), pieces(kHeaderBytes, kBodyBytes);
    Feed(whole, text, text.size() + 1);
    Feed(pieces, text, piece);
    fuzz::Require(whole.done() == pieces.done(), "both are done");
    if (!whole.done()) return;
    fuzz::Require(whole.request().method == pieces.request().method, "one method");
    fuzz::Require(whole.request().path == pieces.request().path, "one path");
    fuzz::Require(whole.request().fields == pieces.request().fields, "the same fields");
    fuzz::Require(whole.request().body == pieces.request().body, "one body");
    fuzz::Require(whole.request().body.size() <= kBodyBytes, "a body within its limit");
  });
}
