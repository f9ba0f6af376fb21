#include "fuzz_target.h"
#include "iceberg/manifest.h"

using namespace eider;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::Try(data, size,
                   [](std::string_view bytes) { iceberg::ReadManifestList(bytes, "input.avro"); });
}
