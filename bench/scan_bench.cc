// scan_bench FOLDER FILES: makes a warehouse in FOLDER with two tables that have that many data
// files each, in manifests of 1,000 files (bench.files) and of one (bench.manifests), and plans
// scans of them in the engine. No data file is there: whatever is measured reads none. Prints one
// JSON object: name -> seconds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/json.h"
#include "catalog/open_catalog.h"
#include "engine/session.h"
#include "iceberg/manifest.h"
#include "iceberg/metadata_builder.h"

namespace {

using namespace eider::iceberg;

constexpr int kFilesOfADay = 100;
constexpr int64_t kRowsOfAFile = 1000;

double Seconds(const std::function<void()>& work) {
  auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double Median(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) times.push_back(Seconds(work));
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

NestedField Field(int32_t id, const std::string& name, TypePtr type) {
  NestedField field;
  field.id = id;
  field.name = name;
  field.type = std::move(type);
  return field;
}

class Filler {
 public:
  explicit Filler(eider::catalog::Catalog& catalog) : catalog_(catalog) {
    eider::catalog::CommitRequest request;
    eider::catalog::NamespaceChange change;
    change.name = {"bench"};
    request.namespaces = {change};
    catalog_.Commit(request);
  }

  void Fill(const std::string& name, int files, int files_a_manifest) {
    eider::catalog::TableIdentifier identifier{{"bench"}, name};
    Schema schema;
    schema.fields = {Field(1, "id", Type::Primitive(TypeId::kLong)),
                     Field(2, "day", Type::Primitive(TypeId::kDate)),
                     Field(3, "name", Type::Primitive(TypeId::kString))};
    PartitionField day;
    day.source_id = 2;
    day.name = "day";
    PartitionSpec spec;
    spec.fields = {day};
    std::string location = catalog_.NewLocation(identifier);
    catalog_.files().CreateDirectories(location + "/metadata");
    std::vector<TableUpdate> updates = CreateTableUpdates(schema, spec, location, {}, {});
    TableMetadataBuilder builder(2);
    for (const TableUpdate& update : updates) builder.Apply(update);
    TableMetadata metadata = builder.Build(0);
    Snapshot snapshot;
    snapshot.snapshot_id = 1;
    snapshot.sequence_number = 1;
    snapshot.timestamp_ms = metadata.last_updated_ms + 1;
    snapshot.summary["operation"] = "append";
    snapshot.schema_id = metadata.current_schema_id;
    snapshot.manifest_list = location + "/metadata/snap-1.avro";
    std::vector<ManifestFile> manifests;
    for (int begin = 0; begin < files; begin += files_a_manifest) {
      manifests.push_back(Write(metadata, location, begin, begin + files_a_manifest));
    }
    Store(snapshot.manifest_list, WriteManifestList(snapshot, 2, manifests, avro::Codec::kDeflate));
    updates.push_back(AddSnapshot{snapshot});
    SnapshotRef main;
    main.snapshot_id = snapshot.snapshot_id;
    updates.push_back(SetSnapshotRef{kMainBranch, main});
    eider::catalog::TableChange change;
    change.kind = eider::catalog::TableChange::Kind::kCreate;
    change.identifier = identifier;
    change.updates = std::move(updates);
    eider::catalog::CommitRequest request;
    request.tables = {change};
    catalog_.Commit(request);
  }

 private:
  // Not synced to the disk, which takes a while ten thousand times.
  static void Store(const std::string& location, const std::string& bytes) {
    std::ofstream(eider::io::LocalPath(location), std::ios::binary) << bytes;
  }

  static ManifestFile Write(const TableMetadata& metadata, const std::string& location, int begin,
                            int end) {
    std::vector<ManifestEntry> entries;
    for (int64_t i = begin; i < end; ++i) {
      DataFile& file = entries.emplace_back().file;
      file.file_path =
          fmt::format("{}/data/day={}/{:05}-0-d2b8e6f0-0000-4000-8000-000000000000.parquet",
                      location, i / kFilesOfADay, i);
      file.partition = {Literal{i / kFilesOfADay}};
      file.record_count = kRowsOfAFile;
      file.file_size_in_bytes = 1 << 20;
      for (int32_t id : {1, 2, 3}) {
        file.column_sizes[id] = 1000;
        file.value_counts[id] = kRowsOfAFile;
        file.null_value_counts[id] = 0;
      }
      Bound(file, 1, TypeId::kLong, Literal{i * kRowsOfAFile}, Literal{(i + 1) * kRowsOfAFile - 1});
      Bound(file, 2, TypeId::kDate, file.partition[0], file.partition[0]);
      Bound(file, 3, TypeId::kString, Literal{std::string("aaaaaaaa")},
            Literal{std::string("zzzzzzzz")});
    }
    const PartitionSpec& spec = metadata.DefaultSpec();
    std::string bytes = WriteManifest(metadata, spec, false, entries, avro::Codec::kDeflate);
    ManifestFile manifest = SummarizeManifest(metadata, spec, false, entries);
    manifest.manifest_path = fmt::format("{}/metadata/{}-m0.avro", location, begin);
    manifest.manifest_length = static_cast<int64_t>(bytes.size());
    manifest.partition_spec_id = spec.spec_id;
    manifest.sequence_number = 1;
    manifest.min_sequence_number = 1;
    manifest.added_snapshot_id = 1;
    Store(manifest.manifest_path, bytes);
    return manifest;
  }

  static void Bound(DataFile& file, int32_t id, TypeId type, const Literal& lower,
                    const Literal& upper) {
    file.lower_bounds[id] = LiteralToBytes(*Type::Primitive(type), lower);
    file.upper_bounds[id] = LiteralToBytes(*Type::Primitive(type), upper);
  }

  eider::catalog::Catalog& catalog_;
};

void Query(eider::engine::Session& session, const std::string& sql, const std::string& expected) {
  auto result = session.Execute(sql);
  std::vector<eider::engine::Cell> row;
  std::string found = result->Next(row) ? row[0].text : "nothing";
  if (found != expected) throw std::runtime_error(sql + " gives " + found);
}

eider::Json Measure(const std::string& folder, int files) {
  {
    auto catalog = eider::catalog::OpenCatalog(folder, {.name = "bench"});
    Filler filler(*catalog);
    filler.Fill("files", files, 1000);
    filler.Fill("manifests", files, 1);
  }
  auto database = eider::engine::OpenDatabase({});
  database->AttachWarehouse("w", folder);
  auto session = database->NewSession();
  std::string rows = std::to_string(files * kRowsOfAFile);
  std::string rows_of_day = std::to_string(kFilesOfADay * kRowsOfAFile);
  auto all = [&] { Query(*session, "SELECT count(*) FROM w.bench.files", rows); };
  auto none = [&] { Query(*session, "SELECT count(*) FROM w.bench.files WHERE id = -1", "0"); };
  auto day = [&] {
    Query(*session,
          "SELECT count(*) FROM w.bench.manifests WHERE day = DATE '1970-02-01' AND id < 0", "0");
  };
  eider::Json times;
  times["plan of all files, cold"] = Seconds(all);
  times["plan of all files, warm"] = Median(all);
  times["plan of none of the files, warm"] = Median(none);
  times["plan of one day, a manifest a file, cold"] = Seconds(day);
  times["plan of one day, a manifest a file, warm"] = Median(day);
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 2) {
    fmt::print(stderr, "usage: scan_bench FOLDER FILES\n");
    return 2;
  }
  try {
    fmt::print("{}\n", Measure(arguments[0], std::stoi(arguments[1])).dump());
  } catch (const std::exception& e) {
    fmt::print(stderr, "scan_bench: {}\n", e.what());
    return 1;
  }
}
