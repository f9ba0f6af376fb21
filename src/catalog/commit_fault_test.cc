// Every kind of commit, stopped at every one of its steps by every kind of fault. Afterwards a
// reader finds the state before it or the state after it; the next attempt works; and what lies
// around is listed by the check and may be removed.
#include <map>
#include <optional>

#include "catalog/check.h"
#include "catalog/rebuild.h"
#include "catalog/warehouse_testing.h"
#include "io/fault_injection.h"

namespace eider::catalog {
namespace {

// Name -> rows or SQL.
using State = std::map<std::string, std::multiset<std::string>>;

struct Scenario {
  const char* name;
  // Brings the warehouse to where the commit starts from.
  std::function<void(Catalog&)> prepare;
  // The commit. `row` is new to the warehouse.
  std::function<void(Catalog&, const std::string& row)> commit;
  // What the commit makes of a state.
  std::function<void(State&, const std::string& row)> expect;
};

const TableIdentifier kT{{"s"}, "t"};
const TableIdentifier kU{{"s"}, "u"};
const TableIdentifier kNew{{"s"}, "new"};
const TableIdentifier kView{{"s"}, "view"};

void DropIfThere(Catalog& catalog, const TableIdentifier& identifier) {
  if (auto entry = catalog.Find(identifier)) {
    catalog.Commit(Tables({DropChange(identifier, entry->kind)}));
    catalog.Purge(identifier, *entry);
  }
}

void CreateUnlessThere(Catalog& catalog, const TableIdentifier& identifier) {
  if (catalog.Find(identifier)) return;
  Writer writer(catalog);
  writer.Create(identifier, "first");
  writer.Commit();
}

void CommitWith(Catalog& catalog, const std::function<void(Writer&)>& fill) {
  Writer writer(catalog);
  try {
    fill(writer);
  } catch (const Error&) {
    writer.RemoveOwnFiles();
    throw;
  }
  writer.Commit();
}

std::vector<Scenario> Scenarios() {
  return {
      {"create", [](Catalog& catalog) { DropIfThere(catalog, kNew); },
       [](Catalog& catalog, const std::string& row) {
         CommitWith(catalog, [&](Writer& writer) { writer.Create(kNew, row); });
       },
       [](State& state, const std::string& row) { state["s.new"] = {row}; }},
      {"append", [](Catalog&) {},
       [](Catalog& catalog, const std::string& row) {
         CommitWith(catalog, [&](Writer& writer) { writer.Append(kT, row); });
       },
       [](State& state, const std::string& row) { state["s.t"].insert(row); }},
      {"replace", [](Catalog&) {},
       [](Catalog& catalog, const std::string& row) {
         CommitWith(catalog, [&](Writer& writer) { writer.Replace(kT, row); });
       },
       [](State& state, const std::string& row) { state["s.t"] = {row}; }},
      {"several", [](Catalog& catalog) { DropIfThere(catalog, kNew); },
       [](Catalog& catalog, const std::string& row) {
         CommitWith(catalog, [&](Writer& writer) {
           writer.Append(kT, row);
           writer.Replace(kU, row);
           writer.Create(kNew, row);
         });
       },
       [](State& state, const std::string& row) {
         state["s.t"].insert(row);
         state["s.u"] = {row};
         state["s.new"] = {row};
       }},
      {"drop", [](Catalog& catalog) { CreateUnlessThere(catalog, kNew); },
       [](Catalog& catalog, const std::string&) { DropIfThere(catalog, kNew); },
       [](State& state, const std::string&) { state.erase("s.new"); }},
      {"rename",
       [](Catalog& catalog) {
         DropIfThere(catalog, {{"s"}, "renamed"});
         CreateUnlessThere(catalog, kNew);
       },
       [](Catalog& catalog, const std::string&) {
         catalog.Commit(Tables({RenameChange(kNew, {{"s"}, "renamed"})}));
       },
       [](State& state, const std::string&) {
         state["s.renamed"] = state["s.new"];
         state.erase("s.new");
       }},
      {"view", [](Catalog&) {},
       [](Catalog& catalog, const std::string& row) {
         catalog.Commit(Tables({ViewChange(catalog, kView, row)}));
       },
       [](State& state, const std::string& row) { state["s.view"] = {row}; }},
  };
}

// Stops the process around the SQL transaction.
class Stopper : public CommitObserver {
 public:
  enum class Where { kNowhere, kBefore, kAfter };
  void BeforeSwap() override { Stop(Where::kBefore); }
  void AfterSwap() override { Stop(Where::kAfter); }

  io::FaultInjectionFileSystem* files = nullptr;
  Where where = Where::kNowhere;
  bool with_error = false;

 private:
  void Stop(Where here) {
    if (here != where) return;
    where = Where::kNowhere;
    if (with_error) throw Error(ErrorCode::kIo, "injected error of the catalog");
    files->Crash();
  }
};

class CommitFaultTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    ChooseStore();
    if (IsSkipped()) return;
    injected_ = std::make_unique<io::FaultInjectionFileSystem>(files_, warehouse_);
    stopper_.files = injected_.get();
    Reopen();
    catalog_->Commit(CreateSchema("s"));
    Create(*catalog_, kT, "t");
    Create(*catalog_, kU, "u");
    catalog_->Commit(Tables({ViewChange(*catalog_, kView, "SELECT 0 AS id")}));
  }

  virtual void ChooseStore() {}

  void Reopen() {
    catalog_.reset();
    CatalogOptions options;
    options.files = injected_.get();
    options.observer = &stopper_;
    catalog_ = Open(options);
  }

  // What the catalog's readers see, by files alone.
  static State Look(Catalog& catalog) {
    State state;
    auto snapshot = catalog.Snapshot();
    for (const auto& [identifier, entry] : snapshot->entries) {
      if (entry.kind == EntityKind::kView) {
        std::string text = io::LocalFileSystem().Read(entry.metadata_location);
        state[identifier.ToString()] = {
            iceberg::ParseViewMetadata(text, entry.metadata_location).SqlFor("duckdb")->sql};
      } else {
        state[identifier.ToString()] = RowsOf(entry.metadata_location);
      }
    }
    return state;
  }

  // What a reader of a plain folder sees; nothing where no table lives there.
  std::optional<std::multiset<std::string>> LookAtFolder(const std::string& name) {
    if (!files_.Exists(warehouse_ + "/s/" + name + "/metadata/version-hint.text")) return {};
    return RowsOf(ProjectedPath("s/" + name));
  }

  void Prepare(const Scenario& scenario) {
    // So that histories stay short: every reading of them costs.
    constexpr int kLongHistory = 3;
    for (const TableIdentifier& identifier : {kT, kU}) {
      if (MetadataVersion(catalog_->Find(identifier)->metadata_location) < kLongHistory) continue;
      DropIfThere(*catalog_, identifier);
      CreateUnlessThere(*catalog_, identifier);
    }
    scenario.prepare(*catalog_);
  }

  // Runs the commit into the fault that `arm` has set. Returns whether it was met.
  void Stop(const Scenario& scenario, const std::function<void()>& arm, bool cleans_up) {
    Prepare(scenario);
    State before = Look(*catalog_);
    std::string row = "SELECT " + std::to_string(++rows_) + " AS id";
    State after = before;
    scenario.expect(after, row);
    bool crashed = false;
    bool failed = false;
    arm();
    try {
      scenario.commit(*catalog_, row);
    } catch (const Error& error) {
      failed = true;
      EXPECT_NE(error.code(), ErrorCode::kUnknownOutcome) << error.what();
    } catch (const io::SimulatedCrash&) {
      crashed = true;
    }
    injected_->Restart();
    stopper_.where = Stopper::Where::kNowhere;

    // A folder reader finds a state that was committed, even before anything is repaired.
    auto folder = LookAtFolder("t");
    ASSERT_TRUE(folder);
    EXPECT_TRUE(*folder == before["s.t"] || *folder == after["s.t"]);
    if (crashed) Reopen();
    State now = Look(*catalog_);
    if (crashed) {
      EXPECT_TRUE(now == before || now == after);
    } else {
      EXPECT_EQ(now, failed ? before : after);
    }
    Reopen();
    EXPECT_EQ(Look(*catalog_), now);
    EXPECT_EQ(LookAtFolder("t"), now["s.t"]) << "the next open repairs the folder";

    CheckReport report = CheckWarehouse(warehouse_, {.store = store_});
    for (const Finding& finding : report.findings) {
      EXPECT_EQ(finding.kind, FindingKind::kLeftoverFile) << finding.path << ": " << finding.detail;
      EXPECT_FALSE(cleans_up) << finding.path << " was left";
      files_.Remove(finding.path);
    }
    EXPECT_EQ(Look(*catalog_), now) << "what the check lists is not needed";

    // And the next attempt works.
    scenario.prepare(*catalog_);
    after = Look(*catalog_);
    row = "SELECT " + std::to_string(++rows_) + " AS id";
    scenario.expect(after, row);
    scenario.commit(*catalog_, row);
    EXPECT_EQ(Look(*catalog_), after);
  }

  // Stops at step 1, 2, 3, .. until the commit passes untouched.
  void StopEverywhere(io::Fault fault, bool cleans_up) {
    for (const Scenario& scenario : Scenarios()) {
      int64_t step = 1;
      for (;; ++step) {
        SCOPED_TRACE(std::string(scenario.name) + ", step " + std::to_string(step));
        Stop(
            scenario, [&] { injected_->Arm(fault, step); }, cleans_up);
        if (HasFailure() || !injected_->struck()) break;
      }
      EXPECT_GT(step, 3) << scenario.name << " was hardly stopped anywhere";
      if (HasFailure()) return;
    }
  }

  // Stops before the SQL transaction is sent, and after it.
  void StopAroundTheSwap();

  std::unique_ptr<io::FaultInjectionFileSystem> injected_;
  Stopper stopper_;
  std::shared_ptr<Catalog> catalog_;
  int rows_ = 0;
};

TEST_F(CommitFaultTest, KilledAtEveryStep) { StopEverywhere(io::Fault::kCrash, false); }

TEST_F(CommitFaultTest, PowerLostAtEveryStep) { StopEverywhere(io::Fault::kPowerLoss, false); }

TEST_F(CommitFaultTest, ErrorAtEveryStep) { StopEverywhere(io::Fault::kError, false); }

TEST_F(CommitFaultTest, ErrorAfterEveryStep) { StopEverywhere(io::Fault::kErrorAfter, false); }

TEST_F(CommitFaultTest, DiskFullAtEveryStepLeavesNothingBehind) {
  StopEverywhere(io::Fault::kNoSpace, true);
}

TEST_F(CommitFaultTest, StoppedAroundTheSwap) { StopAroundTheSwap(); }

class CommitFaultOnPostgresTest : public CommitFaultTest {
 protected:
  void ChooseStore() override { UsePostgres(); }
};

TEST_F(CommitFaultOnPostgresTest, KilledAtEveryStep) { StopEverywhere(io::Fault::kCrash, false); }

TEST_F(CommitFaultOnPostgresTest, StoppedAroundTheSwap) { StopAroundTheSwap(); }

void CommitFaultTest::StopAroundTheSwap() {
  for (const Scenario& scenario : Scenarios()) {
    for (Stopper::Where where : {Stopper::Where::kBefore, Stopper::Where::kAfter}) {
      for (io::Fault fault : {io::Fault::kCrash, io::Fault::kPowerLoss}) {
        SCOPED_TRACE(scenario.name);
        Stop(
            scenario,
            [&] {
              injected_->Arm(fault, 1'000'000);
              stopper_.where = where;
              stopper_.with_error = false;
            },
            false);
      }
      // An error after the swap was sent is looked up, and is none.
      Stop(
          scenario,
          [&] {
            stopper_.where = where;
            stopper_.with_error = true;
          },
          true);
    }
  }
}

// The catalog is lost with the crash as well: what the folder tells is a committed state too.
TEST_F(CommitFaultTest, FolderAloneTellsACommittedStateAtEveryStep) {
  for (const Scenario& scenario : Scenarios()) {
    for (int64_t step = 1;; ++step) {
      SCOPED_TRACE(std::string(scenario.name) + ", step " + std::to_string(step));
      Prepare(scenario);
      State before = Look(*catalog_);
      std::string row = "SELECT " + std::to_string(++rows_) + " AS id";
      State after = before;
      scenario.expect(after, row);
      injected_->Arm(io::Fault::kCrash, step);
      try {
        scenario.commit(*catalog_, row);
      } catch (const io::SimulatedCrash&) {
      }
      injected_->Restart();
      catalog_.reset();
      for (const char* suffix : {"", "-wal", "-shm"})
        files_.Remove(warehouse_ + "/catalog.db" + suffix);
      RebuildCatalog(warehouse_);
      Reopen();
      State now = Look(*catalog_);
      // Each table by itself: without the catalog, commits to several are not one any more.
      for (const auto& [name, rows] : now) {
        bool is_old = before.count(name) > 0 && rows == before[name];
        EXPECT_TRUE(is_old || (after.count(name) > 0 && rows == after[name])) << name;
      }
      for (const auto& [name, rows] : before) {
        EXPECT_TRUE(after.count(name) == 0 || now.count(name) == 1) << name;
      }
      for (const Finding& finding : CheckWarehouse(warehouse_).findings) {
        EXPECT_EQ(finding.kind, FindingKind::kLeftoverFile) << finding.path;
        files_.Remove(finding.path);
      }
      if (HasFailure() || !injected_->struck()) break;
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace eider::catalog
