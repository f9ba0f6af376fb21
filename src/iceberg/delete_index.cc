#include "iceberg/delete_index.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "base/hash.h"
#include "iceberg/partition_text.h"

namespace eider::iceberg {

namespace {

// The field of position delete files that names the data file.
constexpr int32_t kFilePathId = 2147483546;

bool MayHold(const DataFile& deletes, const std::string& path) {
  auto lower = deletes.lower_bounds.find(kFilePathId);
  if (lower != deletes.lower_bounds.end() && path < lower->second) return false;
  auto upper = deletes.upper_bounds.find(kFilePathId);
  return upper == deletes.upper_bounds.end() || path <= upper->second;
}

// Whether two files may hold one value of a column, null and NaN included.
bool MayShareValue(const Type& type, const ColumnFacts& a, const ColumnFacts& b) {
  if (a.may_be_null && b.may_be_null) return true;
  if (a.all_null || b.all_null) return false;
  if (a.may_be_nan && b.may_be_nan) return true;
  if (a.lower && b.upper && std::is_gt(CompareLiterals(type, *a.lower, *b.upper))) return false;
  return !(a.upper && b.lower && std::is_lt(CompareLiterals(type, *a.upper, *b.lower)));
}

}  // namespace

bool IsDeletionVector(const DataFile& file) {
  return file.content == FileContent::kPositionDeletes && file.file_format == "PUFFIN";
}

std::string_view ReferencedDataFile(const DataFile& deletes) {
  if (deletes.referenced_data_file) return *deletes.referenced_data_file;
  auto lower = deletes.lower_bounds.find(kFilePathId);
  auto upper = deletes.upper_bounds.find(kFilePathId);
  // A bound that was cut is never equal to the other one.
  if (lower == deletes.lower_bounds.end() || upper == deletes.upper_bounds.end() ||
      lower->second != upper->second) {
    return {};
  }
  return lower->second;
}

DeleteIndex::DeleteIndex(const TableMetadata& metadata, std::vector<DeleteFile> deletes)
    : metadata_(metadata), empty_(deletes.empty()) {
  for (DeleteFile& each : deletes) {
    const DataFile& file = *each.file;
    if (file.content == FileContent::kEqualityDeletes) {
      AddEquality(each);
      continue;
    }
    std::string path(ReferencedDataFile(file));
    if (IsDeletionVector(file)) {
      vectors_[path].push_back(std::move(each));
    } else if (!path.empty()) {
      positions_[path].push_back(std::move(each));
    } else {
      partition_positions_[PartitionText(each.spec_id, file.partition)].push_back(std::move(each));
    }
  }
  NameGroups();
}

void DeleteIndex::AddEquality(const DeleteFile& deletes) {
  const PartitionSpec* spec = metadata_.SpecById(deletes.spec_id);
  bool is_global = spec == nullptr || spec->is_unpartitioned();
  std::string partition =
      is_global ? std::string() : PartitionText(deletes.spec_id, deletes.file->partition);
  EqualityDelete equality = MakeEqualityDelete(deletes);
  std::string columns;
  for (int32_t id : deletes.file->equality_ids) columns += std::to_string(id) + ",";
  auto& group = groups_[columns + partition];
  if (!group) group = std::make_shared<EqualityGroup>();
  group->files.push_back(deletes);
  equality.group = group;
  auto& same = is_global ? global_equality_ : partition_equality_[partition];
  same.push_back(std::move(equality));
}

void DeleteIndex::NameGroups() {
  for (auto& [key, group] : groups_) {
    std::string text = key;
    for (const DeleteFile& each : group->files) {
      text += '\n' + each.file->file_path + '#' + std::to_string(each.sequence_number);
    }
    group->identity = Sha256Hex(text);
  }
}

DeleteIndex::EqualityDelete DeleteIndex::MakeEqualityDelete(const DeleteFile& deletes) const {
  EqualityDelete equality;
  equality.deletes = deletes;
  const PartitionSpec* spec = metadata_.SpecById(deletes.spec_id);
  for (int32_t id : deletes.file->equality_ids) {
    const NestedField* field = metadata_.FieldById(id);
    if (field == nullptr || field->type->is_nested() || spec == nullptr) continue;
    Key key;
    key.field_id = id;
    key.type = field->type;
    key.is_nested = !metadata_.IsColumn(id);
    key.facts = FactsOf(id, *key.type, *deletes.file, *spec);
    equality.keys.push_back(std::move(key));
  }
  return equality;
}

bool DeleteIndex::MayDeleteFrom(const EqualityDelete& equality, const DataFile& file,
                                const PartitionSpec& spec) const {
  return std::all_of(equality.keys.begin(), equality.keys.end(), [&](const Key& key) {
    // The null counts of a struct's fields do not tell of structs that are null themselves.
    if (key.is_nested) return true;
    return MayShareValue(*key.type, key.facts, FactsOf(key.field_id, *key.type, file, spec));
  });
}

void DeleteIndex::AddDeletes(FileScanTask& task) const {
  if (empty_) return;
  const DataFile& file = *task.file;
  // Positions reach files of their own commit, equality deletes only older ones.
  auto add_positions = [&](const ByText<DeleteFile>& index, const std::string& text) {
    auto found = index.find(text);
    if (found == index.end()) return;
    for (const DeleteFile& each : found->second) {
      if (each.sequence_number >= task.sequence_number && MayHold(*each.file, file.file_path)) {
        task.deletes.push_back(each.file);
      }
    }
  };
  const PartitionSpec* spec = metadata_.SpecById(task.spec_id);
  auto add_equality = [&](const std::vector<EqualityDelete>& candidates) {
    for (const EqualityDelete& each : candidates) {
      if (each.deletes.sequence_number <= task.sequence_number ||
          (spec != nullptr && !MayDeleteFrom(each, file, *spec))) {
        continue;
      }
      task.deletes.push_back(each.deletes.file);
      auto& groups = task.equality_groups;
      if (std::find(groups.begin(), groups.end(), each.group) == groups.end()) {
        groups.push_back(each.group);
      }
    }
  };
  add_positions(vectors_, file.file_path);
  bool by_partition = !partition_positions_.empty() || !partition_equality_.empty();
  std::string partition = by_partition ? PartitionText(task.spec_id, file.partition) : "";
  // A deletion vector holds what the position deletes before it deleted.
  if (task.deletes.empty()) {
    add_positions(positions_, file.file_path);
    if (by_partition) add_positions(partition_positions_, partition);
  }
  add_equality(global_equality_);
  auto found = partition_equality_.find(partition);
  if (found != partition_equality_.end()) add_equality(found->second);
}

}  // namespace eider::iceberg
