#include "iceberg/view_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::iceberg {
namespace {

using testing::ElementsAre;

TEST(ViewMetadataTest, FilesAreReadAsTheyWereWritten) {
  std::string text = R"({
    "view-uuid": "fa6506c3-7681-40c8-86dc-e36561f83385", "format-version": 1,
    "location": "file:///w/v", "current-version-id": 1,
    "properties": {"comment": "Daily counts"},
    "versions": [{"version-id": 1, "timestamp-ms": 1573518431292, "schema-id": 1,
      "default-catalog": "prod", "default-namespace": ["default"],
      "summary": {"engine-name": "Spark"}, "later": true,
      "representations": [{"type": "sql", "sql": "SELECT 1 AS a", "dialect": "spark"}]}],
    "schemas": [{"schema-id": 1, "type": "struct", "fields": [
      {"id": 1, "name": "a", "required": false, "type": "int", "doc": "one"}]}],
    "version-log": [{"timestamp-ms": 1573518431292, "version-id": 1}], "newer": 1})";
  ViewMetadata view = ParseViewMetadata(text, "v.json");
  EXPECT_EQ(view.CurrentVersion().default_catalog, "prod");
  EXPECT_THAT(view.CurrentVersion().default_namespace, ElementsAre("default"));
  EXPECT_EQ(view.SchemaById(1)->fields[0].doc, "one");
  // Key for key, members of later versions of the spec included.
  auto same = nlohmann::json::parse(ViewMetadataToJson(view).dump());
  EXPECT_EQ(same, nlohmann::json::parse(text));
}

TEST(ViewMetadataTest, DamagedFilesAreNamed) {
  for (const char* text :
       {"{}", R"({"format-version": 1, "view-uuid": "u", "location": "l", "current-version-id": 2,
               "schemas": [], "versions": [], "version-log": []})",
        R"({"format-version": 1, "view-uuid": "u", "location": "l", "current-version-id": 1,
               "schemas": [], "versions": 3, "version-log": []})"}) {
    try {
      ParseViewMetadata(text, "v.json");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << text;
      EXPECT_NE(std::string(error.what()).find("v.json"), std::string::npos);
    }
  }
  try {
    ParseViewMetadata(R"({"format-version": 2})", "v.json");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

}  // namespace
}  // namespace eider::iceberg
