// A dbt project in a temporary folder, for tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/uuid.h"
#include "dbt/config.h"
#include "dbt/manifest.h"
#include "dbt/parser.h"

namespace eider::dbt {

class TestProject {
 public:
  using Files = std::initializer_list<std::pair<std::string, std::string>>;

  // A project named "shop" on DuckDB, schema "dev". `files` are added, and may replace the
  // dbt_project.yml and profiles.yml made here.
  explicit TestProject(Files files = {})
      : root_(std::filesystem::temp_directory_path() / ("eider_project_" + NewUuid())) {
    Write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    Write("profiles.yml",
          "shop:\n  target: dev\n  outputs:\n"
          "    dev: {type: duckdb, path: ':memory:', schema: dev, threads: 2}\n");
    for (const auto& [path, text] : files) Write(path, text);
  }
  ~TestProject() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TestProject(const TestProject&) = delete;
  TestProject& operator=(const TestProject&) = delete;

  const std::filesystem::path& root() const { return root_; }

  void Write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::string Read(const std::string& path) const {
    std::ifstream file(root_ / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  ConfigOptions Options() const {
    ConfigOptions options;
    options.project_dir = root_;
    options.profiles_dir = root_;
    options.command = "parse";
    return options;
  }
  std::shared_ptr<const Config> Load() const { return LoadConfig(Options()); }
  std::shared_ptr<Manifest> Parse() const { return ParseProject({Load(), nullptr}); }

  // The error of parsing the project; a test failure where there is none.
  Error ParseError() const {
    try {
      Parse();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "the project parsed without an error";
    return Error(ErrorCode::kInternal, "no error");
  }

 private:
  std::filesystem::path root_;
};

}  // namespace eider::dbt
