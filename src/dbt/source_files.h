// The files of a package, by what they are to dbt.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbt/node.h"
#include "dbt/project.h"

namespace eider::dbt {

struct SourceFile : Origin {
  std::string text;    // without white space at either end, as dbt keeps and hashes it
  int first_line = 1;  // of `text` in the file
  FileChecksum checksum;

  std::string absolute_path() const { return root_path + "/" + original_file_path; }
  // A line of `text` as a line of the file.
  int FileLine(int line) const { return line > 0 ? line + first_line - 1 : 0; }
};

struct PackageFiles {
  std::vector<SourceFile> macros;  // and generic tests
  std::vector<SourceFile> models;
  std::vector<SourceFile> seeds;
  std::vector<SourceFile> singular_tests;
  std::vector<SourceFile> analyses;
  std::vector<SourceFile> snapshots;
  std::vector<SourceFile> docs;
  std::vector<SourceFile> properties;
};

// Finds the files of `project`, sorted by path, and reads them on all cores. Paths in .dbtignore
// are left out. Seeds over 1 MiB are not read; their checksum is their path.
PackageFiles LoadFiles(const Project& project);

}  // namespace eider::dbt
