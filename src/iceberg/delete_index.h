// Which delete files reach which data files ("Scan Planning" of the table spec).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "iceberg/predicate.h"
#include "iceberg/scan.h"

namespace eider::iceberg {

// A deletion vector: a blob in a Puffin file, rather than a file of positions.
bool IsDeletionVector(const DataFile& file);

// The one data file all deletes of a position delete file are in: the one it names, or the one its
// bounds enclose; empty where there may be several.
std::string_view ReferencedDataFile(const DataFile& deletes);

class DeleteIndex {
 public:
  // `metadata` outlives the index.
  DeleteIndex(const TableMetadata& metadata, std::vector<DeleteFile> deletes);

  bool empty() const { return empty_; }
  // Gives a task the deletes that apply to its file; those that surely delete none of its rows are
  // left out.
  void AddDeletes(FileScanTask& task) const;

 private:
  struct Key {
    int32_t field_id = 0;
    TypePtr type;
    bool is_nested = false;
    ColumnFacts facts;  // of the delete file
  };
  struct EqualityDelete {
    DeleteFile deletes;
    std::vector<Key> keys;
    std::shared_ptr<EqualityGroup> group;
  };
  template <typename Deletes>
  using ByText = std::unordered_map<std::string, std::vector<Deletes>>;

  EqualityDelete MakeEqualityDelete(const DeleteFile& deletes) const;
  void AddEquality(const DeleteFile& deletes);
  void NameGroups();
  bool MayDeleteFrom(const EqualityDelete& equality, const DataFile& file,
                     const PartitionSpec& spec) const;

  const TableMetadata& metadata_;
  bool empty_;
  ByText<DeleteFile> vectors_;    // by data file
  ByText<DeleteFile> positions_;  // by data file
  // By partition.
  ByText<DeleteFile> partition_positions_;
  ByText<EqualityDelete> partition_equality_;
  std::vector<EqualityDelete> global_equality_;
  // By partition and columns.
  std::unordered_map<std::string, std::shared_ptr<EqualityGroup>> groups_;
};

}  // namespace eider::iceberg
