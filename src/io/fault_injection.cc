#include "io/fault_injection.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"

namespace eider::io {

namespace {

bool BelongsToSqlite(const std::string& path) {
  return path.ends_with(".db") || path.ends_with(".db-wal") || path.ends_with(".db-shm");
}

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

FaultInjectionFileSystem::FaultInjectionFileSystem(FileSystem& base, std::string root)
    : base_(base), root_(PathOf(root)) {}

void FaultInjectionFileSystem::Arm(Fault fault, int64_t step) {
  std::lock_guard<std::mutex> lock(mutex_);
  fault_ = fault;
  fault_step_ = step;
  steps_ = 0;
  struck_ = false;
  crashed_ = false;
  before_change_.clear();
  unsynced_names_.clear();
  durable_.clear();
  for (const FileInfo& file : base_.ListRecursive(root_)) durable_.insert(file.path);
}

void FaultInjectionFileSystem::Crash() {
  std::lock_guard<std::mutex> lock(mutex_);
  struck_ = true;
  crashed_ = true;
  throw SimulatedCrash();
}

void FaultInjectionFileSystem::Restart() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (crashed_ && fault_ == Fault::kPowerLoss) {
    for (const FileInfo& file : base_.ListRecursive(root_)) {
      if (durable_.count(file.path) == 0 && !BelongsToSqlite(file.path)) base_.Remove(file.path);
    }
    for (const auto& [path, content] : before_change_) base_.Replace(path, content);
  }
  fault_step_ = 0;
  crashed_ = false;
}

bool FaultInjectionFileSystem::struck() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return struck_;
}

int64_t FaultInjectionFileSystem::steps() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return steps_;
}

void FaultInjectionFileSystem::Fail(const std::string& action, const std::string& path) const {
  bool no_space = fault_ == Fault::kNoSpace;
  throw Error(no_space ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", action, path,
                          no_space ? "no space left on device (injected)" : "injected error"));
}

bool FaultInjectionFileSystem::Step(const std::string& action, const std::string& path, Need need) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (crashed_) throw SimulatedCrash();
  ++steps_;
  if (fault_step_ == 0 || steps_ < fault_step_) return false;
  if (fault_ == Fault::kNoSpace) {
    if (need == Need::kNothing) return false;
    struck_ = true;
    Fail(action, path);
  }
  if (steps_ > fault_step_) return false;
  struck_ = true;
  switch (fault_) {
    case Fault::kErrorAfter:
      return true;
    case Fault::kCrash:
    case Fault::kPowerLoss:
      crashed_ = true;
      throw SimulatedCrash();
    default:
      Fail(action, path);
  }
}

void FaultInjectionFileSystem::BeforeUnsyncedChange(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (durable_.count(path) == 0 || BelongsToSqlite(path)) return;
  if (base_.Exists(path)) before_change_.emplace(path, base_.Read(path));
}

void FaultInjectionFileSystem::MarkDurable(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  durable_.insert(path);
  before_change_.erase(path);
  // A folder is synced as a whole: what was renamed, linked or removed in it is durable with it.
  std::string folder = ParentOf(path);
  std::erase_if(before_change_,
                [&](const auto& change) { return ParentOf(change.first) == folder; });
  for (auto it = unsynced_names_.begin(); it != unsynced_names_.end();) {
    bool synced = ParentOf(*it) == folder;
    if (synced) durable_.insert(*it);
    it = synced ? unsynced_names_.erase(it) : std::next(it);
  }
}

std::string FaultInjectionFileSystem::Read(const std::string& path) {
  bool fail = Step("read", path, Need::kNothing);
  std::string content = base_.Read(path);
  if (fail) Fail("read", path);
  return content;
}

std::string FaultInjectionFileSystem::ReadRange(const std::string& path, int64_t offset,
                                                int64_t length) {
  bool fail = Step("read", path, Need::kNothing);
  std::string content = base_.ReadRange(path, offset, length);
  if (fail) Fail("read", path);
  return content;
}

void FaultInjectionFileSystem::WriteNew(const std::string& location, std::string_view content) {
  std::string path = PathOf(location);
  Step("create folders for", path, Need::kSpace);
  base_.CreateDirectories(ParentOf(path));
  bool fail = Step("create", path, Need::kSpace);
  auto stop_leaving = [&](std::string_view written) {
    // Only a process that ends leaves a part behind; one that goes on removes it.
    std::lock_guard<std::mutex> lock(mutex_);
    if (crashed_ && !base_.Exists(path)) base_.WriteNew(path, written);
  };
  try {
    fail = Step("write", path, Need::kSpace) || fail;
  } catch (...) {
    stop_leaving("");
    throw;
  }
  try {
    fail = Step("write all of", path, Need::kSpace) || fail;
  } catch (...) {
    stop_leaving(content.substr(0, content.size() / 2));
    throw;
  }
  try {
    fail = Step("sync", path, Need::kSpace) || fail;
  } catch (...) {
    stop_leaving(content);
    throw;
  }
  base_.WriteNew(path, content);
  MarkDurable(path);
  if (fail) Fail("write", path);
}

void FaultInjectionFileSystem::Replace(const std::string& location, std::string_view content) {
  std::string path = PathOf(location);
  std::string temporary = path + ".injected.tmp";
  bool fail = Step("create", temporary, Need::kSpace);
  try {
    fail = Step("rename to", path, Need::kSpace) || fail;
  } catch (...) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (crashed_ && !base_.Exists(temporary)) base_.WriteNew(temporary, content);
    throw;
  }
  BeforeUnsyncedChange(path);
  base_.Replace(path, content);
  fail = Step("sync the folder of", path, Need::kNothing) || fail;
  MarkDurable(path);
  if (fail) Fail("replace", path);
}

void FaultInjectionFileSystem::Sync(const std::string& location) {
  std::string path = PathOf(location);
  bool fail = Step("sync", path, Need::kSpace);
  base_.Sync(path);
  MarkDurable(path);
  if (fail) Fail("sync", path);
}

void FaultInjectionFileSystem::Link(const std::string& existing, const std::string& location) {
  std::string path = PathOf(location);
  bool fail = Step("link", path, Need::kSpace);
  BeforeUnsyncedChange(path);
  base_.Link(existing, path);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (durable_.count(path) == 0) unsynced_names_.insert(path);
  }
  if (fail) Fail("link", path);
}

bool FaultInjectionFileSystem::Exists(const std::string& path) {
  bool fail = Step("look at", path, Need::kNothing);
  bool exists = base_.Exists(path);
  if (fail) Fail("look at", path);
  return exists;
}

FileInfo FaultInjectionFileSystem::Stat(const std::string& path) {
  bool fail = Step("look at", path, Need::kNothing);
  FileInfo info = base_.Stat(path);
  if (fail) Fail("look at", path);
  return info;
}

std::vector<FileInfo> FaultInjectionFileSystem::List(const std::string& folder) {
  bool fail = Step("list", folder, Need::kNothing);
  std::vector<FileInfo> entries = base_.List(folder);
  if (fail) Fail("list", folder);
  return entries;
}

std::vector<FileInfo> FaultInjectionFileSystem::ListRecursive(const std::string& folder) {
  bool fail = Step("list", folder, Need::kNothing);
  std::vector<FileInfo> entries = base_.ListRecursive(folder);
  if (fail) Fail("list", folder);
  return entries;
}

void FaultInjectionFileSystem::CreateDirectories(const std::string& folder) {
  bool fail = Step("create folder", folder, Need::kSpace);
  base_.CreateDirectories(folder);
  if (fail) Fail("create folder", folder);
}

void FaultInjectionFileSystem::Remove(const std::string& location) {
  std::string path = PathOf(location);
  bool fail = Step("remove", path, Need::kNothing);
  BeforeUnsyncedChange(path);
  base_.Remove(path);
  if (fail) Fail("remove", path);
}

void FaultInjectionFileSystem::RemoveTree(const std::string& location) {
  std::string folder = PathOf(location);
  bool fail = Step("remove", folder, Need::kNothing);
  for (const FileInfo& file : base_.ListRecursive(folder)) BeforeUnsyncedChange(file.path);
  base_.RemoveTree(folder);
  if (fail) Fail("remove", folder);
}

void FaultInjectionFileSystem::RemoveEmptyDirectory(const std::string& folder) {
  bool fail = Step("remove", folder, Need::kNothing);
  base_.RemoveEmptyDirectory(folder);
  if (fail) Fail("remove", folder);
}

}  // namespace eider::io
