// A Thrift server for tests, on TestServer: calls come to it as messages, and it answers with
// whatever the test makes of them.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "io/http_server_testing.h"
#include "io/thrift_value.h"

namespace eider::io {

// Reads from text; throws kIo at its end.
class ThriftText : public ThriftSource {
 public:
  explicit ThriftText(const std::string& text) : text_(text) {}

  void Read(char* data, size_t size) override {
    if (text_.size() - taken_ < size) throw Error(ErrorCode::kIo, "the text ends");
    std::memcpy(data, text_.data() + taken_, size);
    taken_ += size;
  }
  size_t taken() const { return taken_; }

 private:
  const std::string& text_;
  size_t taken_ = 0;
};

// The bytes of an answer to a call.
inline std::string ThriftAnswer(const ThriftMessage& call, ThriftValue result) {
  return WriteThrift({ThriftMessage::Kind::kReply, call.method, call.sequence, std::move(result)});
}

// The bytes by which a server says that it failed, or (kind 1) that it does not know the method.
inline std::string ThriftFailure(const ThriftMessage& call, const std::string& text, int kind = 6) {
  ThriftValue failure;
  failure.Set(1, ThriftValue::Text(text)).Set(2, ThriftValue::I32(kind));
  return WriteThrift(
      {ThriftMessage::Kind::kException, call.method, call.sequence, std::move(failure)});
}

// `answer` gives the answer's bytes; "" closes the connection, and so does what is not whole.
inline std::unique_ptr<TestServer> ServeThrift(
    std::function<std::string(const ThriftMessage& call)> answer) {
  auto size_of = [](const std::string& text) -> size_t {
    ThriftText source(text);
    try {
      ReadThrift(source);
    } catch (const Error&) {
      return 0;
    }
    return source.taken();
  };
  return std::make_unique<TestServer>(
      [answer = std::move(answer)](const std::string& request) {
        ThriftText source(request);
        return answer(ReadThrift(source));
      },
      size_of);
}

}  // namespace eider::io
