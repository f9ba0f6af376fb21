#include <algorithm>

#include "base/text.h"
#include "fuzz_target.h"
#include "io/s3_action.h"
#include "io/s3_testing.h"

using namespace eider;

namespace {

const io::S3Location kFolder{"lake", "shop/s/t"};

io::S3Options Store(bool path_style) {
  io::S3Options options = io::TestS3Options("http://minio:9000");
  options.path_style = path_style;
  return options;
}

// What is signed lies where it says.
void Check(const io::S3Options& store, const io::HttpRequest& request) {
  io::S3Action action = io::ReadS3Action(store, request);
  fuzz::Require(!action.keys.empty(), "an action is about something");
  bool changes = request.method != "GET" && request.method != "HEAD";
  fuzz::Require(action.writes == changes, "what is not read is written");
  if (!io::LiesIn(action, kFolder)) return;
  fuzz::Require(action.bucket == kFolder.bucket, "the bucket is the table's");
  for (const std::string& key : action.keys) {
    fuzz::Require(key.starts_with("shop/s/t/"), "the key is in the folder");
    fuzz::Require((key + "/").find("/../") == std::string::npos, "and stays there");
  }
  std::string url = Lower(request.url);
  fuzz::Require(url.starts_with("http://minio:9000/lake/") ||
                    url.starts_with("http://minio:9000/lake?") ||
                    (!store.path_style && url.starts_with("http://lake.minio:9000")) ||
                    url.find('%') != std::string::npos,
                "it is sent to the store");
  io::SignatureFor(store, request, 0);
}

}  // namespace

// "METHOD URL", lines of headers "name: value", an empty line, the body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const io::S3Options kStores[] = {Store(true), Store(false)};
  return fuzz::Try(data, size, [](std::string_view text) {
    size_t head = std::min(text.find("\n\n"), text.size());
    std::vector<std::string> lines = Split(text.substr(0, head), '\n');
    size_t space = std::min(lines[0].find(' '), lines[0].size());
    io::HttpRequest request;
    request.method = lines[0].substr(0, space);
    request.url = lines[0].substr(std::min(space + 1, lines[0].size()));
    for (size_t i = 1; i < lines.size(); ++i) {
      size_t colon = std::min(lines[i].find(':'), lines[i].size());
      request.headers.push_back(
          {lines[i].substr(0, colon), lines[i].substr(std::min(colon + 2, lines[i].size()))});
    }
    request.body = text.substr(std::min(head + 2, text.size()));
    for (const io::S3Options& store : kStores) {
      try {
        Check(store, request);
      } catch (const Error&) {
        // Refused here; the other store may take it.
      }
    }
  });
}
