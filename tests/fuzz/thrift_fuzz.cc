#include <cstring>
#include <string>

#include "fuzz_target.h"
#include "io/thrift_value.h"

using namespace eider;

namespace {

class Bytes : public io::ThriftSource {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  void Read(char* data, size_t size) override {
    if (bytes_.size() < size) throw Error(ErrorCode::kIo, "the input ends");
    std::memcpy(data, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

 private:
  std::string_view bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view input) {
    Bytes source(input);
    std::string written = io::WriteThrift(io::ReadThrift(source));
    Bytes again(written);
    fuzz::Require(io::WriteThrift(io::ReadThrift(again)) == written,
                  "what was read and written is read as the same");
  });
}
