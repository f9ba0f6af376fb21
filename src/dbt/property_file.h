// Property files (schema.yml and its kin) as they are written: read, rendered and checked, not yet
// applied to anything.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "dbt/node.h"
#include "dbt/parse_state.h"
#include "dbt/source_files.h"

namespace eider::dbt {

// A data test as written: its name, or a mapping. Its templates are rendered later.
struct TestEntry {
  Json definition;
  int line = 0;
};

struct ColumnEntry {
  Column column;
  std::vector<TestEntry> tests;
};

// One of a model's `versions`.
struct VersionEntry {
  Json version;
  std::optional<std::string> defined_in;
  std::string description;
  std::optional<std::string> access;
  std::optional<std::string> deprecation_date;
  Json config = Json::object();
  Json constraints = Json::array();
  std::optional<std::vector<TestEntry>> tests;  // nothing: the model's own
  // The model's columns that it takes over, and its own.
  std::vector<std::string> include;  // empty: all
  std::vector<std::string> exclude;
  std::vector<ColumnEntry> columns;
  int line = 0;

  std::string Suffix() const;  // "v2"
};

// An entry of models, seeds, snapshots, analyses or data_tests.
struct NodeEntry {
  NodeType type = NodeType::kModel;
  std::string name;
  std::string description;
  std::vector<ColumnEntry> columns;
  std::vector<TestEntry> tests;
  Json config = Json::object();  // with meta, docs, group, contract and access written beside it
  Json constraints = Json::array();
  std::optional<bool> quote_columns;
  std::optional<std::string> deprecation_date;
  Json time_spine;
  Json latest_version;
  std::vector<VersionEntry> versions;
  std::optional<std::string> relation;  // snapshots: what they are of, where they have no file
  int line = 0;

  // What version `version` has of the columns.
  std::vector<ColumnEntry> ColumnsOf(const VersionEntry& version) const;
};

struct SourceTableEntry {
  Json properties;  // rendered, as written
  std::vector<ColumnEntry> columns;
  std::vector<TestEntry> tests;
  int line = 0;
};

struct SourceEntry {
  Json properties;  // rendered, without the tables
  std::vector<SourceTableEntry> tables;
  std::optional<std::string> overrides;  // the package whose source this changes
  std::optional<std::string> unrendered_database;
  std::optional<std::string> unrendered_schema;
  int line = 0;

  std::string name() const { return properties.value("name", ""); }
};

// An entry of exposures, groups or macros.
struct OtherEntry {
  Json properties;  // rendered
  Json unrendered_config = Json::object();
  int line = 0;
};

struct PropertyFile : Origin {
  FileChecksum checksum;
  std::vector<NodeEntry> nodes;
  std::vector<SourceEntry> sources;
  std::vector<OtherEntry> exposures;
  std::vector<OtherEntry> groups;
  std::vector<OtherEntry> macros;
  std::vector<std::string> warnings;

  std::string patch_path() const { return package_name + "://" + original_file_path; }
};

// Throws kSyntax or kInvalidArgument with file and line.
PropertyFile ReadPropertyFile(const ParseState& state, const SourceFile& file);

// "models" for kModel, "data_tests" for kTest: the section that holds the resource type.
std::string_view SectionName(NodeType type);

}  // namespace eider::dbt
