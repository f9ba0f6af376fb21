#include "dbt/source_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;

PackageFiles Load(const TestProject& project) {
  return LoadFiles(LoadProject(project.root(), Json::object(), Json::object()));
}

std::vector<std::string> Paths(const std::vector<SourceFile>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.original_file_path);
  return paths;
}

TEST(SourceFiles, AreSortedByWhatTheyAre) {
  TestProject project({{"models/b/x.sql", ""},
                       {"models/a.sql", ""},
                       {"models/a.yml", ""},
                       {"models/notes.txt", ""},
                       {"models/.hidden/x.sql", ""},
                       {"seeds/s.csv", ""},
                       {"seeds/s.yaml", ""},
                       {"macros/m.sql", ""},
                       {"tests/t.sql", ""},
                       {"tests/generic/g.sql", ""},
                       {"analyses/q.sql", ""},
                       {"snapshots/s.sql", ""},
                       {"models/d.md", ""}});
  PackageFiles files = Load(project);
  EXPECT_THAT(Paths(files.models), ElementsAre("models/a.sql", "models/b/x.sql"));
  EXPECT_THAT(Paths(files.seeds), ElementsAre("seeds/s.csv"));
  EXPECT_THAT(Paths(files.macros), ElementsAre("macros/m.sql", "tests/generic/g.sql"));
  EXPECT_THAT(Paths(files.singular_tests), ElementsAre("tests/t.sql"));
  EXPECT_THAT(Paths(files.properties), ElementsAre("models/a.yml", "seeds/s.yaml"));
  EXPECT_THAT(Paths(files.docs), ElementsAre("models/d.md"));
  EXPECT_EQ(files.models[1].path, "b/x.sql");
}

TEST(SourceFiles, LinksMayLeadAnywhereButUp) {
  TestProject project({{"models/a.sql", ""}, {"shared/b.sql", ""}});
  std::filesystem::path models = project.root() / "models";
  std::filesystem::create_directory_symlink(project.root() / "shared", models / "shared");
  std::filesystem::create_directory_symlink("..", models / "up");
  std::filesystem::create_symlink("self.sql", models / "self.sql");
  std::filesystem::create_symlink("nowhere.sql", models / "gone.sql");
  EXPECT_THAT(Paths(Load(project).models), ElementsAre("models/a.sql", "models/shared/b.sql"));
}

TEST(SourceFiles, WhatIsNotUtf8IsNamed) {
  TestProject project({{"models/a.sql", "select 1,\n  'caf\xE9'"}});
  try {
    Load(project);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the file is not UTF-8 text");
    EXPECT_EQ(error.file(), "models/a.sql");
    EXPECT_EQ(error.line(), 2);
  }
}

TEST(SourceFiles, TextIsTrimmedAndKnowsItsLines) {
  TestProject project({{"models/a.sql", "\n\n  select 1\r\nfrom x\r\n\n"}});
  SourceFile file = Load(project).models.at(0);
  EXPECT_EQ(file.text, "select 1\nfrom x");
  EXPECT_EQ(file.first_line, 3);
  EXPECT_EQ(file.FileLine(2), 4);
  // dbt's checksum is of the text as it stands, line ends included.
  EXPECT_EQ(file.checksum.checksum, Sha256Hex("select 1\r\nfrom x"));
}

TEST(SourceFiles, AByteOrderMarkIsPartOfTheChecksumOnly) {
  TestProject project({{"seeds/a.csv", "\xEF\xBB\xBFid\n1\n"}});
  EXPECT_EQ(Load(project).seeds.at(0).checksum.checksum, Sha256Hex("\xEF\xBB\xBFid\n1"));
}

TEST(SourceFiles, LargeSeedsAreKnownByTheirPath) {
  TestProject project({{"seeds/big.csv", std::string((1 << 20) + 1, 'x')}});
  EXPECT_EQ(Load(project).seeds.at(0).checksum.name, "path");
  EXPECT_EQ(Load(project).seeds.at(0).checksum.checksum, "seeds/big.csv");
}

TEST(SourceFiles, IgnoredFilesAreLeftOut) {
  TestProject project({{".dbtignore", "# comment\n*_draft.sql\nmodels/old/\n!keep_draft.sql\n"},
                       {"models/a_draft.sql", ""},
                       {"models/keep_draft.sql", ""},
                       {"models/old/x.sql", ""},
                       {"models/new.sql", ""}});
  EXPECT_THAT(Paths(Load(project).models), ElementsAre("models/keep_draft.sql", "models/new.sql"));
}

}  // namespace
}  // namespace eider::dbt
