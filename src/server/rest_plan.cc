#include "server/rest_plan.h"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>
#include <utility>

#include "base/uuid.h"
#include "iceberg/content_file_json.h"
#include "iceberg/expression.h"
#include "iceberg/literal_json.h"
#include "iceberg/residual.h"
#include "server/readable_files.h"
#include "server/rest_call.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

using iceberg::FileScanTask;
using iceberg::TableScan;

constexpr size_t kRememberedBytes = 16 << 20;
constexpr size_t kPlanOverhead = 512;

RestError NoSuchPlanId(const std::string& id) {
  return {404, "NoSuchPlanIdException", fmt::format("Plan id does not exist: {}", id)};
}

RestError NoSuchPlanTask(const std::string& why) {
  return {404, "NoSuchPlanTaskException", "Plan task does not exist: " + why};
}

iceberg::TableMetadataPtr LoadMetadata(RestCall& call) {
  return call.catalog().LoadTable(RequireTable(call, call.identifier()).metadata_location);
}

// The last name of the path.
std::string PlanIdOf(const RestCall& call) {
  const std::string& path = call.http.path;
  return DecodePercent(std::string_view(path).substr(path.rfind('/') + 1));
}

// Keeps the files that may hold rows of interest, by their partitions and by their columns' bounds.
class ScanFilter : public iceberg::FileFilter {
 public:
  ScanFilter(const PlanRequest& request, const iceberg::TableMetadata& metadata,
             const iceberg::Schema& schema)
      : expression_(iceberg::ExpressionFromJson(request.filter, schema, request.case_sensitive,
                                                OtherSchema(request, metadata))),
        predicate_(iceberg::PredicateOf(expression_)),
        schema_(schema),
        residuals_(expression_) {}
  ScanFilter(const ScanFilter&) = delete;
  ScanFilter& operator=(const ScanFilter&) = delete;

  bool Keeps(const iceberg::ManifestFile& manifest,
             const iceberg::PartitionSpec& spec) const override {
    return iceberg::MightMatch(predicate_, manifest, schema_, spec);
  }
  bool Keeps(const iceberg::DataFile& file, const iceberg::PartitionSpec& spec) const override {
    return ResidualOf(file, spec).matches != iceberg::Truth::kNo &&
           iceberg::MightMatch(predicate_, file, schema_, spec);
  }

  const iceberg::Residual& ResidualOf(const iceberg::DataFile& file,
                                      const iceberg::PartitionSpec& spec) const {
    return residuals_.Of(file.partition, spec);
  }

 private:
  static const iceberg::Schema* OtherSchema(const PlanRequest& request,
                                            const iceberg::TableMetadata& metadata) {
    if (!request.also_schema_id) return nullptr;
    return metadata.SchemaById(static_cast<int32_t>(*request.also_schema_id));
  }

  iceberg::Expression expression_;
  iceberg::Predicate predicate_;
  const iceberg::Schema& schema_;
  mutable iceberg::Residuals residuals_;  // remembers what it was asked
};

// The snapshots after `after`, the newest first. Throws RestError 400 where it is no ancestor.
std::vector<const iceberg::Snapshot*> SnapshotsAfter(const iceberg::TableMetadata& metadata,
                                                     int64_t after, int64_t newest) {
  std::vector<const iceberg::Snapshot*> snapshots;
  std::optional<int64_t> id = newest;
  while (id && *id != after) {
    const iceberg::Snapshot* snapshot = metadata.SnapshotById(*id);
    if (snapshot == nullptr || snapshots.size() > metadata.snapshots.size()) break;
    snapshots.push_back(snapshot);
    id = snapshot->parent_snapshot_id;
  }
  if (id != after) {
    throw BadRequest(fmt::format("snapshot {} is not an ancestor of snapshot {}", after, newest));
  }
  return snapshots;
}

std::unique_ptr<TableScan> OpenScan(RestCall& call, const iceberg::TableMetadata& metadata,
                                    const PlanRequest& request) {
  if (!request.snapshot_id) return nullptr;
  io::FileSystem& files = call.catalog().files();
  bool may_read_all = call.principal().May(Right::kRead, {call.warehouse.name});
  const RestLocations* beyond = may_read_all ? &call.warehouse.locations : nullptr;
  if (request.after_snapshot_id) {
    auto appends = SnapshotsAfter(metadata, *request.after_snapshot_id, *request.snapshot_id);
    RequireReadableFiles(metadata, appends, beyond, files);
    return std::make_unique<TableScan>(metadata, appends, files);
  }
  const iceberg::Snapshot* snapshot = metadata.SnapshotById(*request.snapshot_id);
  RequireReadableFiles(metadata, {snapshot}, beyond, files);
  return std::make_unique<TableScan>(metadata, *snapshot, files);
}

// Writes the members of ScanTasks.
class ScanTasksWriter {
 public:
  ScanTasksWriter(RestCall& call, const iceberg::TableMetadata& metadata,
                  const PlanRequest& request)
      : metadata_(metadata),
        request_(request),
        limits_(call.warehouse.plan_limits),
        schema_(*metadata.SchemaById(request.schema_id)),
        filter_(request, metadata, schema_),
        content_files_(metadata, schema_, request.counted),
        scan_(OpenScan(call, metadata, request)) {}

  std::string WriteAll() { return Write(scan_ ? scan_->All() : TableScan::Range()); }

  // `range` of the scan's files.
  std::string Write(const TableScan::Range& range) {
    TableScan::Range rest;
    if (scan_ && !range.is_empty()) {
      rest = scan_->Read(range, filter_, limits_.entries,
                         [this](FileScanTask&& task) { return Append(task); });
    }
    std::string text = "\"file-scan-tasks\":[" + tasks_ + "]";
    if (!deletes_.empty()) text += ",\"delete-files\":[" + deletes_ + "]";
    if (!rest.is_empty() && !HasEnough()) AppendPlanTasks(rest, text);
    return text;
  }

 private:
  bool HasEnough() const { return request_.enough_rows && sure_rows_ >= *request_.enough_rows; }

  // Whether there is room for more.
  bool Append(const FileScanTask& task) {
    const iceberg::Residual& residual =
        filter_.ResidualOf(*task.file, *metadata_.SpecById(task.spec_id));
    if (!tasks_.empty()) tasks_ += ',';
    tasks_ += "{\"data-file\":";
    content_files_.Append(*task.file, task.spec_id, tasks_);
    if (!task.deletes.empty()) {
      tasks_ += ",\"delete-file-references\":[";
      for (const auto& deletes : task.deletes) {
        if (tasks_.back() != '[') tasks_ += ',';
        fmt::format_to(std::back_inserter(tasks_), "{}", ReferenceTo(*deletes));
      }
      tasks_ += ']';
    }
    tasks_ += ",\"residual-filter\":" + residual.json + '}';
    ++count_;
    if (residual.matches == iceberg::Truth::kYes && task.deletes.empty()) {
      sure_rows_ += task.file->record_count;
    }
    return count_ < limits_.tasks && tasks_.size() + deletes_.size() < limits_.bytes &&
           !HasEnough();
  }

  size_t ReferenceTo(const iceberg::DataFile& deletes) {
    auto [it, is_new] = references_.emplace(&deletes, references_.size());
    if (is_new) {
      if (!deletes_.empty()) deletes_ += ',';
      content_files_.Append(deletes, scan_->SpecIdOf(deletes), deletes_);
    }
    return it->second;
  }

  void AppendPlanTasks(const TableScan::Range& rest, std::string& text) const {
    std::string separator = ",\"plan-tasks\":[";
    for (const TableScan::Range& part :
         scan_->Split(rest, filter_, limits_.plan_tasks, limits_.tasks)) {
      text += separator;
      iceberg::AppendJsonString(PlanTaskText(request_, part), text);
      separator = ",";
    }
    if (separator == ",") text += ']';
  }

  const iceberg::TableMetadata& metadata_;
  const PlanRequest& request_;
  const PlanLimits& limits_;
  const iceberg::Schema& schema_;
  ScanFilter filter_;
  iceberg::ContentFileWriter content_files_;
  std::unique_ptr<TableScan> scan_;
  std::string tasks_;
  std::string deletes_;
  std::unordered_map<const iceberg::DataFile*, size_t> references_;
  size_t count_ = 0;
  int64_t sure_rows_ = 0;  // that the client gets, whatever it filters and deletes
};

std::string WritePlan(RestCall& call, const iceberg::TableMetadata& metadata,
                      const PlanRequest& request) {
  return ScanTasksWriter(call, metadata, request).WriteAll();
}

// Whether the metadata still has all that a plan of the past was made of.
bool CanRead(const iceberg::TableMetadata& metadata, const PlanRequest& request) {
  return metadata.SchemaById(request.schema_id) != nullptr &&
         (!request.snapshot_id || metadata.SnapshotById(*request.snapshot_id) != nullptr);
}

}  // namespace

RestPlans::RestPlans() : plans_(kRememberedBytes) {}

std::string RestPlans::Add(const PlanRequest& request) {
  std::string id = NewUuid();
  size_t cost = kPlanOverhead + PlanTaskText(request, {}).size() * 4;  // as parsed JSON
  plans_.Put(id, std::make_shared<const PlanRequest>(request), cost);
  return id;
}

std::shared_ptr<const PlanRequest> RestPlans::Find(const std::string& id) { return plans_.Get(id); }

bool RestPlans::Cancel(const std::string& id) { return plans_.Remove(id); }

HttpResponse PlanTableScan(RestCall& call) {
  auto metadata = LoadMetadata(call);
  PlanRequest request = ReadPlanRequest(call.http.body, *metadata);
  std::string tasks = WritePlan(call, *metadata, request);
  std::string id = call.warehouse.plans.Add(request);
  return JsonResponse(200, R"({"status":"completed","plan-id":")" + id + R"(",)" + tasks + "}");
}

HttpResponse FetchPlanningResult(RestCall& call) {
  auto metadata = LoadMetadata(call);
  std::string id = PlanIdOf(call);
  auto request = call.warehouse.plans.Find(id);
  if (!request || request->table_uuid != metadata->table_uuid || !CanRead(*metadata, *request)) {
    throw NoSuchPlanId(id);
  }
  return JsonResponse(200,
                      R"({"status":"completed",)" + WritePlan(call, *metadata, *request) + "}");
}

HttpResponse CancelPlanning(RestCall& call) {
  auto metadata = LoadMetadata(call);
  std::string id = PlanIdOf(call);
  auto request = call.warehouse.plans.Find(id);
  if (!request || request->table_uuid != metadata->table_uuid || !call.warehouse.plans.Cancel(id)) {
    throw NoSuchPlanId(id);
  }
  return JsonResponse(204, "");
}

HttpResponse FetchScanTasks(RestCall& call) {
  Json body = ParseBody(call.http.body);
  std::string text;
  Understand([&] { text = RequireString(body, "plan-task", "request"); });
  auto metadata = LoadMetadata(call);
  auto task = PlanTaskFromText(text, metadata->table_uuid);
  if (!task) throw NoSuchPlanTask("it is none of this table");
  if (!CanRead(*metadata, task->request)) throw NoSuchPlanTask("its snapshot has expired");
  ScanTasksWriter writer(call, *metadata, task->request);
  return JsonResponse(200, "{" + writer.Write(task->range) + "}");
}

}  // namespace eider::server
