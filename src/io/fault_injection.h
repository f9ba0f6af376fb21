// A FileSystem for tests that stops at a chosen step: with an error, as if the process had been
// killed, or as if the power had gone. Run something with a fault at step 1, 2, 3, .. until it
// passes, and it has been stopped everywhere.
//
// One call may be several steps: a file that is written is first created, then half written, then
// written but not synced. A stop between them leaves what a real one would leave.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace eider::io {

enum class Fault {
  kError,       // the step fails (kIo) and has no effect; what follows works
  kErrorAfter,  // the step fails (kIo) after it took effect; what follows works
  kNoSpace,     // this step and all later ones that need space fail (kNoSpace)
  kCrash,       // the process ends before the step; what was written so far stays
  kPowerLoss,   // the process ends before the step; what was not synced so far is lost
};

// Thrown where the process would have ended. It is no std::exception, so that nothing takes it for
// an error it could clean up after.
struct SimulatedCrash {};

class FaultInjectionFileSystem : public FileSystem {
 public:
  // `root` is the folder that a loss of power reaches. SQLite's files in it ("*.db", "*.db-wal",
  // "*.db-shm") are left alone: they are written around this object.
  FaultInjectionFileSystem(FileSystem& base, std::string root);

  // Lets the `step`-th step from now on (1 is the next) meet the fault. All that lies below the
  // root now counts as durable.
  void Arm(Fault fault, int64_t step);
  // Ends the process at this point, for tests that stop between steps of another kind.
  [[noreturn]] void Crash();
  // The machine starts again: after a loss of power what was not synced goes, and everything works.
  void Restart();

  // Whether the fault has been met since Arm.
  bool struck() const;
  int64_t steps() const;  // since Arm

  bool has_folders() const override { return base_.has_folders(); }
  bool has_links() const override { return base_.has_links(); }
  const S3Options* s3_options() const override { return base_.s3_options(); }
  std::shared_ptr<const S3Scope> FindS3Scope(const std::string& path) override {
    return base_.FindS3Scope(path);
  }
  bool Reaches(std::string_view location) const override { return base_.Reaches(location); }
  std::string Read(const std::string& path) override;
  std::string ReadRange(const std::string& path, int64_t offset, int64_t length) override;
  void WriteNew(const std::string& path, std::string_view content) override;
  void Replace(const std::string& path, std::string_view content) override;
  void Sync(const std::string& path) override;
  void Link(const std::string& existing, const std::string& path) override;
  bool Exists(const std::string& path) override;
  FileInfo Stat(const std::string& path) override;
  std::vector<FileInfo> List(const std::string& folder) override;
  std::vector<FileInfo> ListRecursive(const std::string& folder) override;
  void CreateDirectories(const std::string& folder) override;
  void Remove(const std::string& path) override;
  void RemoveTree(const std::string& folder) override;
  void RemoveEmptyDirectory(const std::string& folder) override;

 private:
  enum class Need { kNothing, kSpace };

  // Takes a step. Returns true where the fault is to follow the step's effect.
  bool Step(const std::string& action, const std::string& path, Need need);
  [[noreturn]] void Fail(const std::string& action, const std::string& path) const;
  // Remembers what stands at `path`, for a loss of power before the change to it is synced.
  void BeforeUnsyncedChange(const std::string& path);
  void MarkDurable(const std::string& path);

  FileSystem& base_;
  std::string root_;
  mutable std::mutex mutex_;  // guards what follows
  Fault fault_ = Fault::kError;
  int64_t fault_step_ = 0;  // 0: none
  int64_t steps_ = 0;
  bool struck_ = false;
  bool crashed_ = false;
  std::set<std::string> durable_;
  std::set<std::string> unsynced_names_;  // complete, but their folder is not synced yet
  // Durable files whose change or removal is not synced yet, as they were before it.
  std::map<std::string, std::string> before_change_;
};

}  // namespace eider::io
