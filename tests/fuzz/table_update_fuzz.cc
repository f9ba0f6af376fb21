#include "fuzz_target.h"
#include "iceberg/metadata_builder.h"

using namespace eider;

// Whatever updates are taken, the metadata that they make can be read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size, [](std::string_view text) {
    Json request = ParseJson(text, "input");
    if (!request.is_array()) return;
    iceberg::TableMetadataBuilder builder(2);
    for (const Json& item : request) {
      iceberg::TableUpdate update = iceberg::TableUpdateFromJson(item);
      fuzz::Require(iceberg::TableUpdateToJson(update).is_object(), "an update can be written");
      builder.Apply(update);
    }
    Json written = iceberg::TableMetadataToJson(builder.Build(1));
    try {
      iceberg::TableMetadataFromJson(written, "written");
    } catch (const Error& e) {
      fuzz::Require(false, e.what());
    }
  });
}
