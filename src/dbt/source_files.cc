#include "dbt/source_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "dbt/text_encoding.h"
#include "io/file_system.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

constexpr uintmax_t kLargeSeed = 1 << 20;

// The patterns of .dbtignore, in the simple forms of .gitignore: names, paths, wildcards, folders.
class IgnoreList {
 public:
  explicit IgnoreList(const fs::path& root) {
    fs::path path = root / ".dbtignore";
    if (!fs::exists(path)) return;
    for (const auto& line : Split(io::LocalFileSystem().Read(path.string()), '\n')) {
      std::string pattern(Trim(line));
      if (!pattern.empty() && pattern[0] != '#') patterns_.push_back(std::move(pattern));
    }
  }

  bool Matches(const std::string& path) const {
    bool ignored = false;
    for (std::string pattern : patterns_) {
      bool negated = pattern[0] == '!';
      if (negated) pattern.erase(0, 1);
      if (MatchesOne(pattern, path)) ignored = !negated;
    }
    return ignored;
  }

 private:
  static bool MatchesOne(std::string pattern, const std::string& path) {
    while (pattern.ends_with('/')) pattern.pop_back();
    bool anchored = pattern.find('/') != pattern.npos;
    if (pattern.starts_with('/')) pattern.erase(0, 1);
    // The path itself, and every folder above it.
    for (std::string part = path;; part = fs::path(part).parent_path().string()) {
      if (part.empty()) return false;
      std::string subject = anchored ? part : fs::path(part).filename().string();
      if (fnmatch(pattern.c_str(), subject.c_str(), anchored ? FNM_PATHNAME : 0) == 0) return true;
    }
  }

  std::vector<std::string> patterns_;
};

class Finder {
 public:
  explicit Finder(const Project& project) : project_(project), ignore_(project.root) {}

  // Files below `folders` whose name ends with one of `extensions`.
  std::vector<SourceFile> Find(const std::vector<std::string>& folders,
                               std::initializer_list<std::string_view> extensions) const {
    std::vector<SourceFile> files;
    std::set<std::string> seen;
    for (const auto& folder : folders) {
      fs::path root = project_.root / folder;
      if (!fs::is_directory(root)) continue;
      auto options = fs::directory_options::follow_directory_symlink;
      for (auto it = fs::recursive_directory_iterator(root, options);
           it != fs::recursive_directory_iterator(); ++it) {
        std::string name = it->path().filename().string();
        if (name.starts_with('.')) {
          it.disable_recursion_pending();
          continue;
        }
        std::error_code unreachable;  // a link that leads nowhere, or to itself
        if (it->is_symlink() && it->is_directory(unreachable) && LeadsUp(it->path())) {
          it.disable_recursion_pending();
          continue;
        }
        if (!it->is_regular_file(unreachable)) continue;
        bool wanted = std::any_of(extensions.begin(), extensions.end(),
                                  [&](auto extension) { return Lower(name).ends_with(extension); });
        if (!wanted) continue;
        SourceFile file;
        file.package_name = project_.name;
        file.root_path = project_.root.string();
        file.path = it->path().lexically_relative(root).string();
        file.original_file_path =
            it->path().lexically_relative(project_.root).lexically_normal().string();
        if (ignore_.Matches(file.original_file_path)) continue;
        if (seen.insert(file.original_file_path).second) files.push_back(std::move(file));
      }
    }
    std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) {
      return a.original_file_path < b.original_file_path;
    });
    return files;
  }

 private:
  // Whether a link to a folder leads to one that it lies in.
  static bool LeadsUp(const fs::path& link) {
    fs::path target = fs::canonical(link);
    fs::path folder = fs::canonical(link.parent_path());
    return std::mismatch(target.begin(), target.end(), folder.begin(), folder.end()).first ==
           target.end();
  }

  const Project& project_;
  IgnoreList ignore_;
};

// `is_text`: whether it has to be UTF-8. Of seeds that is asked when they are loaded.
void Read(SourceFile& file, bool is_text) {
  std::string content = io::LocalFileSystem().Read(file.absolute_path());
  std::string_view text = content;
  file.checksum = {"sha256", Sha256Hex(Trim(text))};
  if (is_text) RequireUtf8(text, file.original_file_path);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  size_t begin = text.find_first_not_of(" \t\r\n\f\v");
  begin = begin == text.npos ? text.size() : begin;
  file.first_line = 1 + static_cast<int>(std::count(text.begin(), text.begin() + begin, '\n'));
  file.text = Trim(text);
  // Templates and YAML count lines by "\n".
  if (file.text.find('\r') != file.text.npos) {
    file.text = ReplaceAll(ReplaceAll(file.text, "\r\n", "\n"), "\r", "\n");
  }
}

}  // namespace

PackageFiles LoadFiles(const Project& project) {
  Finder finder(project);
  PackageFiles files;
  files.macros = finder.Find(project.macro_paths, {".sql"});
  files.models = finder.Find(project.model_paths, {".sql", ".py"});
  files.seeds = finder.Find(project.seed_paths, {".csv"});
  files.analyses = finder.Find(project.analysis_paths, {".sql"});
  files.snapshots = finder.Find(project.snapshot_paths, {".sql"});
  files.docs = finder.Find(project.docs_paths, {".md"});
  std::vector<std::string> generic_folders;
  for (const auto& folder : project.test_paths) generic_folders.push_back(folder + "/generic");
  auto generic = finder.Find(generic_folders, {".sql"});
  std::set<std::string> generic_paths;
  for (auto& file : generic) {
    generic_paths.insert(file.original_file_path);
    files.macros.push_back(std::move(file));
  }
  for (auto& file : finder.Find(project.test_paths, {".sql"})) {
    bool fixture = file.path.starts_with("fixtures/");
    if (!fixture && !generic_paths.contains(file.original_file_path)) {
      files.singular_tests.push_back(std::move(file));
    }
  }
  std::vector<std::string> folders;
  for (const auto* list : {&project.model_paths, &project.seed_paths, &project.snapshot_paths,
                           &project.analysis_paths, &project.macro_paths, &project.test_paths}) {
    folders.insert(folders.end(), list->begin(), list->end());
  }
  files.properties = finder.Find(folders, {".yml", ".yaml"});

  std::vector<SourceFile*> all;
  for (auto* list : {&files.macros, &files.models, &files.singular_tests, &files.analyses,
                     &files.snapshots, &files.docs, &files.properties}) {
    for (auto& file : *list) all.push_back(&file);
  }
  size_t texts = all.size();
  for (auto& seed : files.seeds) {
    if (fs::file_size(seed.absolute_path()) > kLargeSeed) {
      seed.checksum = {"path", seed.original_file_path};
    } else {
      all.push_back(&seed);
    }
  }
  ParallelFor(all.size(), [&](size_t i) { Read(*all[i], i < texts); });
  for (auto& seed : files.seeds) seed.text.clear();
  return files;
}

}  // namespace eider::dbt
