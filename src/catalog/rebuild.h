// `eider catalog rebuild`: makes a warehouse's catalog anew from its folder, where the old one is
// lost or damaged.
//
// What a folder proves committed is taken: the metadata its version hint names, and every newer one
// that later metadata builds on. Whether the newest of all had landed when the catalog was lost
// cannot always be told (another tool's commit writes no hint, and neither does one that a crash
// cut short); since nothing that was committed may get lost, it is taken too where all its files
// are there, and the report says so. Folders of dropped tables stay dropped.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace eider::catalog {

struct RebuildOptions {
  // The catalog's name; "" means that of the old catalog where it can be read, else the folder's.
  std::string name;
  // What keeps the catalog (open_catalog.h); "" for the folder itself.
  std::string store;
  // Goes on where the old catalog is healthy; its tables are then replaced in one transaction.
  bool replace_healthy = false;
  // Takes newest metadata that may or may not have been committed.
  bool take_unproven = true;
  std::map<std::string, std::string> storage = {};  // how S3 is reached: see io/s3_options.h
  io::FileSystem* files = nullptr;                  // nullptr: the one that the warehouse lies on
};

struct RebuiltEntry {
  TableIdentifier identifier;
  Entry entry;
  std::string note;  // why this metadata, where it is not simply what the version hint names
};

struct SkippedFolder {
  std::string path;    // a folder or metadata file, by io::PathOf
  std::string reason;  // one sentence
};

struct RebuildReport {
  std::vector<RebuiltEntry> entries;  // by identifier
  std::vector<SkippedFolder> skipped;
  // What holds the catalog now: a file or an address.
  std::string catalog;
  // Where the old catalog's file was moved to; "" where there was none or it was changed in place.
  std::string old_catalog;
  std::string name;
};

// `warehouse` is a folder or location. Throws kAlreadyExists where the old catalog is healthy
// and replace_healthy was not asked for; kConflict, naming the process, where a damaged catalog is
// still open in another process; kNotFound where there is no such folder. Not to be called by a
// process that has the warehouse open itself.
RebuildReport RebuildCatalog(const std::string& warehouse, const RebuildOptions& options = {});

}  // namespace eider::catalog
