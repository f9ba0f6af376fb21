#include "fuzz_target.h"
#include "iceberg/deletion_vector.h"

using namespace eider;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view blob) {
    constexpr int64_t kRows = 200'000;
    iceberg::DeletedRows rows = iceberg::ReadDeletionVector(blob, kRows, "input.puffin");
    fuzz::Require(rows.size() <= static_cast<uint64_t>(kRows), "no row is deleted twice");
  });
}
