// SQLite's own writes and syncs fail, at each of them in turn, below a commit. An error after
// COMMIT was sent says nothing about what happened; the catalog is asked, and a commit is never
// reported as failed that comes to life later, nor the other way round.
#include <sqlite3.h>

#include <cstring>
#include <map>

#include "catalog/check.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

// Which of SQLite's writing operations fails, and how.
struct StoreFault {
  int64_t step = 0;  // 0: none; the first is 1
  int code = SQLITE_IOERR_WRITE;
  bool stays = false;         // all later ones fail too
  bool after_effect = false;  // the operation is done nevertheless
  int64_t taken = 0;
};
StoreFault g_fault;

// Returns the code to fail with, or SQLITE_OK.
int NextStep() {
  ++g_fault.taken;
  if (g_fault.step == 0 || g_fault.taken < g_fault.step) return SQLITE_OK;
  if (g_fault.taken > g_fault.step && !g_fault.stays) return SQLITE_OK;
  return g_fault.code;
}

struct File {
  sqlite3_file base;
  sqlite3_file* Real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* Real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->Real(); }

template <typename Operation>
int Stepping(Operation operation) {
  int failure = NextStep();
  if (failure == SQLITE_OK) return operation();
  if (g_fault.after_effect) operation();
  return failure;
}

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }
int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), data, size, offset);
}
int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  return Stepping([&] { return Real(file)->pMethods->xWrite(Real(file), data, size, offset); });
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return Stepping([&] { return Real(file)->pMethods->xTruncate(Real(file), size); });
}
int Sync(sqlite3_file* file, int flags) {
  return Stepping([&] { return Real(file)->pMethods->xSync(Real(file), flags); });
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** address) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, address);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     Close,
                                     Read,
                                     Write,
                                     Truncate,
                                     Sync,
                                     FileSize,
                                     Lock,
                                     Unlock,
                                     CheckReservedLock,
                                     FileControl,
                                     SectorSize,
                                     DeviceCharacteristics,
                                     ShmMap,
                                     ShmLock,
                                     ShmBarrier,
                                     ShmUnmap,
                                     nullptr,
                                     nullptr};

sqlite3_vfs* g_real = nullptr;

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  int code = g_real->xOpen(g_real, name, Real(file), flags, out_flags);
  if (Real(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

// Makes SQLite write through the above as long as it lives.
class FaultyStore {
 public:
  FaultyStore() {
    g_real = sqlite3_vfs_find(nullptr);
    vfs_ = *g_real;
    vfs_.zName = "faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + g_real->szOsFile;
    vfs_.xOpen = Open;
    g_fault = {};
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~FaultyStore() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(g_real, 1);
  }
  FaultyStore(const FaultyStore&) = delete;
  FaultyStore& operator=(const FaultyStore&) = delete;

 private:
  sqlite3_vfs vfs_;
};

class CatalogStoreFaultTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    catalog_ = Open();
    catalog_->Commit(CreateSchema("s"));
    Create(*catalog_, t_, "t");
    Create(*catalog_, u_, "u");
  }
  void TearDown() override {
    g_fault = {};
    catalog_.reset();
    WarehouseTest::TearDown();
  }

  using Rows = std::multiset<std::string>;
  std::pair<Rows, Rows> Look(Catalog& catalog) {
    return {RowsOf(catalog.Find(t_)->metadata_location),
            RowsOf(catalog.Find(u_)->metadata_location)};
  }

  // What a process finds that plays the log in after a crash at this moment.
  std::pair<Rows, Rows> LookAfterCrash() {
    std::string copy = root_ + "/crashed";
    files_.RemoveTree(copy);
    for (const char* name : {"/catalog.db", "/catalog.db-wal"}) {
      if (files_.Exists(warehouse_ + name))
        files_.WriteNew(copy + name, files_.Read(warehouse_ + name));
    }
    SqliteDatabase database(copy + "/catalog.db");
    auto rows_of = [&](const std::string& table) {
      return RowsOf(
          *database
               .Query("SELECT metadata_location FROM iceberg_tables WHERE table_name = ?", {table})
               .at(0)
               .at(0));
    };
    return {rows_of("t"), rows_of("u")};
  }

  // Fails at step 1, 2, 3, .. until a commit passes without meeting the fault.
  void FailEverywhere(StoreFault fault) {
    for (fault.step = 1; fault.step < 200; ++fault.step) {
      SCOPED_TRACE("step " + std::to_string(fault.step));
      std::pair<Rows, Rows> before = Look(*catalog_);
      std::pair<Rows, Rows> after = before;
      std::string row = "row " + std::to_string(++rows_);
      after.first.insert(row);
      after.second.insert(row);
      bool failed = false;
      bool unknown = false;
      Writer writer(*catalog_);
      writer.Append(t_, row);
      writer.Append(u_, row);
      g_fault = fault;
      try {
        writer.Commit();
      } catch (const Error& error) {
        failed = true;
        unknown = error.code() == ErrorCode::kUnknownOutcome;
      }
      bool met = g_fault.taken >= g_fault.step;
      g_fault = {};
      std::pair<Rows, Rows> now = LookAfterCrash();
      if (unknown) {
        EXPECT_TRUE(now == before || now == after);
        EXPECT_TRUE(fault.stays) << "a catalog that works again can be asked";
      } else {
        EXPECT_EQ(now, failed ? before : after);
        EXPECT_EQ(Look(*catalog_), now);
      }
      catalog_.reset();
      catalog_ = WarehouseTest::Open();
      // Of an unknown outcome, the end of the process that asked makes a known one.
      now = unknown ? Look(*catalog_) : now;
      EXPECT_TRUE(now == before || now == after);
      EXPECT_EQ(Look(*catalog_), now);
      EXPECT_FALSE(CheckWarehouse(warehouse_).has_damage());
      Append(*catalog_, t_, "next " + std::to_string(rows_));
      if (!met || HasFailure()) break;
    }
    EXPECT_GT(fault.step, 3) << "the commit was hardly disturbed";
    EXPECT_LT(fault.step, 200);
  }

  FaultyStore store_;
  std::shared_ptr<Catalog> catalog_;
  int rows_ = 0;
};

TEST_F(CatalogStoreFaultTest, OneWriteFails) {
  FailEverywhere({0, SQLITE_IOERR_WRITE, false, false, 0});
}

TEST_F(CatalogStoreFaultTest, OneWriteIsDoneAndReportedAsFailed) {
  FailEverywhere({0, SQLITE_IOERR_FSYNC, false, true, 0});
}

TEST_F(CatalogStoreFaultTest, DiskIsFullFromThenOn) {
  FailEverywhere({0, SQLITE_FULL, true, false, 0});
}

TEST_F(CatalogStoreFaultTest, EverythingFailsFromThenOn) {
  FailEverywhere({0, SQLITE_IOERR_WRITE, true, true, 0});
}

}  // namespace
}  // namespace eider::catalog
