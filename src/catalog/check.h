// `eider catalog check`: compares a warehouse's catalog with its folder, or its objects on S3, and
// says what does not agree. Only ever reads: what it finds is the user's to remove or to mend.
//
// Processes may work on the warehouse meanwhile. The folder is listed before the catalog is read,
// so that a commit which lands in between is not taken for a leftover; the files of one that has
// not landed yet are (see Finding::modified_micros).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace eider::catalog {

enum class FindingKind {
  kLeftoverFile,    // no table or view reaches it: an aborted commit's, or a dropped table's
  kUnfinishedFile,  // begun and not ended: a store on S3 keeps what was sent of it
  kProjectionLag,   // readers of the plain folder see an older state than the catalog's
  kMovedWarehouse,  // the folder was moved or copied: its metadata names files in the old one
  kDamagedCatalog,  // catalog.db itself is missing or damaged
  kBrokenPointer,   // the catalog names a metadata file that is not there
  kMissingFile,     // a manifest list, manifest, data or delete file is not there
  kDamagedFile,     // a file is not what it has to be: unreadable, or of another size
};

// "leftover-file", "projection-lag", ..
std::string_view FindingKindName(FindingKind kind);
// Whether tables cannot be worked with until it is mended; leftovers and lags cost nobody anything.
bool IsDamage(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kLeftoverFile;
  std::string object;  // "table marts.customers", "view staging.v"; "" where none is concerned
  std::string path;    // absolute local path, or "s3://bucket/key"
  int64_t size = -1;   // bytes; -1 where there is no such file
  // When the file was last written, or begun; 0 where there is none. A leftover of the last minutes
  // may belong to a commit that is still under way.
  int64_t modified_micros = 0;
  std::string detail;  // one sentence
};

struct CheckOptions {
  // Also opens every data file and looks for Parquet's marks at both its ends.
  bool data_files = true;
  std::string store = {};  // what keeps the catalog (open_catalog.h); "" for the folder itself
  std::map<std::string, std::string> storage = {};  // how S3 is reached: see io/s3_options.h
  io::FileSystem* files = nullptr;                  // nullptr: the one that the warehouse lies on
};

struct CheckReport {
  std::vector<Finding> findings;  // damage first; each kind by object, then path
  int64_t tables = 0;
  int64_t views = 0;
  int64_t files = 0;           // that tables and views reach
  int64_t bytes = 0;           // of those
  int64_t leftover_bytes = 0;  // of the leftovers
  // Why unfinished files are not among the findings; "" where they were looked for.
  std::string unfinished_unknown;

  bool has_damage() const;
};

// `warehouse` is a folder or location. Throws kNotFound where there is neither a catalog nor
// anything a table has left; what is wrong with what is there is in the report.
CheckReport CheckWarehouse(const std::string& warehouse, const CheckOptions& options = {});

}  // namespace eider::catalog
