// target/manifest.json, schema version 12, and its entries as templates see them (`model`,
// `graph`).
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "dbt/manifest.h"
#include "dbt/node.h"

namespace eider::dbt {

// An entry of the manifest's `nodes`. What compiling adds (compiled, compiled_code, extra_ctes, ..)
// is there only once the node is compiled.
Json NodeToJson(const Node& node);
Json SourceToJson(const Source& source);
Json ExposureToJson(const Exposure& exposure);
Json MacroToJson(const Macro& macro);
Json DocToJson(const Doc& doc);
Json GroupToJson(const Group& group);

// The whole manifest as JSON text.
std::string ManifestText(const Manifest& manifest);

// Writes `folder`/manifest.json, secrets scrubbed. Throws kIo.
void WriteManifest(const Manifest& manifest, const std::filesystem::path& folder);

}  // namespace eider::dbt
