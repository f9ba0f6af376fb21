#include "fuzz_target.h"
#include "iceberg/view_metadata.h"

using namespace eider;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view text) {
    Json written = iceberg::ViewMetadataToJson(iceberg::ParseViewMetadata(text, "input"));
    try {
      Json again =
          iceberg::ViewMetadataToJson(iceberg::ParseViewMetadata(written.dump(), "written"));
      fuzz::Require(again == written, "metadata reads as it was written");
    } catch (const Error& e) {
      fuzz::Require(false, e.what());
    }
  });
}
