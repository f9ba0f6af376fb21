#include "fuzz_target.h"
#include "iceberg/table_metadata.h"

using namespace eider;

// What was read is written so that it reads the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view text) {
    Json written = iceberg::TableMetadataToJson(iceberg::ParseTableMetadata(text, "input"));
    try {
      Json again = iceberg::TableMetadataToJson(iceberg::TableMetadataFromJson(written, "written"));
      fuzz::Require(again == written, "metadata reads as it was written");
    } catch (const Error& e) {
      fuzz::Require(false, e.what());
    }
  });
}
