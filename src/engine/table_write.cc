#include "engine/table_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "duckdb/execution/operator/projection/physical_projection.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "engine/data_file_metrics.h"
#include "engine/data_file_writer.h"
#include "engine/duckdb_error.h"
#include "engine/table_definition.h"
#include "engine/table_entry.h"
#include "engine/type_mapping.h"
#include "engine/warehouse_catalog.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

using iceberg::NestedField;
using iceberg::TypeId;

constexpr int64_t kDefaultTargetFileSize = 512 << 20;  // bytes, as Iceberg has it

// Throws kConflict unless the ids of `written`, chosen when `last_id` was the table's last column
// id, mean the same columns in `current`.
void CheckIdsStillFit(const iceberg::Schema& written, int32_t last_id,
                      const iceberg::TableMetadata& current, const std::string& table) {
  if (current.last_column_id == last_id) return;
  iceberg::VisitFields(written.fields, [&](const NestedField& field) {
    // Ids up to last_id were the table's own, and an id is never given twice.
    if (field.id <= last_id || field.id > current.last_column_id) return;
    const NestedField* same = current.CurrentSchema().FindField(field.id);
    if (same != nullptr && same->name == field.name && *same->type == *field.type) return;
    throw Error(ErrorCode::kConflict,
                fmt::format("table {} was given other columns by another commit while this one "
                            "replaced it (column {})",
                            table, field.name))
        .WithHint("Run the statement again.");
  });
}

// Throws kConflict unless rows of `written` are rows of the current schema of `current`.
void CheckRowsStillFit(const iceberg::Schema& written, const iceberg::TableMetadata& current,
                       const std::string& table) {
  const iceberg::Schema& schema = current.CurrentSchema();
  if (schema.SameAs(written)) return;
  auto conflict = [&](const std::string& column, const char* change) {
    return Error(ErrorCode::kConflict,
                 fmt::format("column {} of table {} was {} by another commit while this one "
                             "inserted rows",
                             column, table, change))
        .WithHint("Run the statement again.");
  };
  iceberg::VisitFields(written.fields, [&](const NestedField& field) {
    const NestedField* now = schema.FindField(field.id);
    if (now == nullptr) return;  // dropped: readers pass over what the files hold of it
    bool readable = now->type->is_nested() ? now->type->id == field.type->id
                                           : *now->type == *field.type ||
                                                 iceberg::IsPromotable(*field.type, *now->type);
    if (!readable) throw conflict(field.name, "given another type");
    if (now->required && !field.required) throw conflict(field.name, "made NOT NULL");
  });
  iceberg::VisitFields(schema.fields, [&](const NestedField& field) {
    if (field.required && written.FindField(field.id) == nullptr) {
      throw conflict(field.name, "added as NOT NULL");
    }
  });
}

// Snapshots, manifests and metadata are written as versions 2 and 3 have them.
void CheckVersion(const iceberg::TableMetadata& metadata, const std::string& table) {
  if (metadata.format_version > 1) return;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("table {} has format version 1, which Eider reads but does not write", table))
      .WithHint("ALTER TABLE .. SET ('format-version' = '2') upgrades it.");
}

void RequireReachable(io::FileSystem& files, const std::string& location,
                      const std::string& table) {
  if (files.Reaches(location)) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("table {} cannot lie in {}: the warehouse is {}", table, location,
                          io::IsOnS3(location) ? "a local folder" : "on S3"));
}

// What CREATE [OR REPLACE] TABLE makes of a table.
struct Replacement {
  TableDefinition definition;  // with final ids
  std::string location;
  int32_t last_id = 0;  // the table's last column id when the ids were chosen; 0 for a new table
  bool or_replace = false;
};

Replacement PlanReplacement(WarehouseTransaction& transaction,
                            const catalog::TableIdentifier& identifier,
                            const duckdb::CreateTableInfo& info) {
  Replacement replacement;
  replacement.definition = DefineTable(info, identifier.ToString());
  replacement.or_replace = info.on_conflict == duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  iceberg::Schema& schema = replacement.definition.schema;
  iceberg::TableMetadataPtr base = transaction.FindTable(identifier);
  if (base) {
    CheckVersion(*base, identifier.ToString());
    replacement.last_id = base->last_column_id;
    schema = iceberg::ReplacementSchema(*base, schema);
    replacement.location = replacement.definition.location.value_or(base->location);
  } else {
    int32_t last_column_id = 0;
    schema = iceberg::AssignFieldIds(schema, nullptr, &last_column_id);
    replacement.location =
        transaction.store().Place({identifier, schema, replacement.definition.properties,
                                   replacement.definition.location.value_or("")});
  }
  RequireReachable(transaction.store().files(), replacement.location, identifier.ToString());
  return replacement;
}

std::vector<iceberg::TableUpdate> ReplacementUpdates(const Replacement& replacement,
                                                     const iceberg::TableMetadata* current,
                                                     const std::string& table) {
  const TableDefinition& definition = replacement.definition;
  if (current == nullptr) {
    return iceberg::CreateTableUpdates(definition.schema, {}, replacement.location,
                                       definition.properties);
  }
  if (!replacement.or_replace) {
    throw Error(ErrorCode::kConflict,
                fmt::format("table {} was created by another commit in the meantime", table));
  }
  CheckIdsStillFit(definition.schema, replacement.last_id, *current, table);
  std::vector<iceberg::TableUpdate> updates =
      iceberg::ReplaceTableUpdates(*current, definition.schema, {}, definition.properties);
  // A comment belongs to the table that was replaced.
  if (current->properties.count("comment") > 0 && definition.properties.count("comment") == 0) {
    updates.emplace_back(iceberg::RemoveProperties{{"comment"}});
  }
  if (definition.location && *definition.location != current->location) {
    updates.emplace_back(iceberg::SetLocation{*definition.location});
  }
  return updates;
}

// The updates and, after them, those of a snapshot on top.
std::vector<iceberg::TableUpdate> WithSnapshot(const iceberg::TableMetadata* current,
                                               std::vector<iceberg::TableUpdate> updates,
                                               iceberg::SnapshotProducer& producer,
                                               io::FileSystem& files) {
  iceberg::TableMetadataPtr changed = ApplyUpdates(current, updates);
  std::vector<iceberg::TableUpdate> snapshot = producer.Produce(*changed, files);
  updates.insert(updates.end(), snapshot.begin(), snapshot.end());
  return updates;
}

void CheckWritable(const NestedField& field, const std::string& table) {
  TypeId id = field.type->id;
  if (id != TypeId::kFixed && id != TypeId::kTimestampTzNs && id != TypeId::kVariant &&
      id != TypeId::kUnknown && id != TypeId::kOther) {
    return;
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("column {} of table {} has the Iceberg type {}, which Eider reads but "
                          "does not write",
                          field.name, table, field.type->ToString()));
}

using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

// The column, failing the statement where it is NULL.
ExpressionPtr FailOnNull(duckdb::ClientContext& context, ExpressionPtr column,
                         const std::string& message) {
  duckdb::LogicalType type = column->return_type;
  duckdb::vector<ExpressionPtr> arguments;
  arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(message)));
  duckdb::ErrorData binding;
  ExpressionPtr fail = duckdb::FunctionBinder(context).BindScalarFunction(
      DEFAULT_SCHEMA, "error", std::move(arguments), binding);
  if (!fail) throw FromDuckDB(binding);
  auto is_null = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NULL, duckdb::LogicalType::BOOLEAN);
  is_null->children.push_back(column->Copy());
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(
      std::move(is_null),
      duckdb::BoundCastExpression::AddCastToType(context, std::move(fail), type),
      std::move(column));
}

std::string NotNullFailure(const std::string& table, const std::string& column) {
  return fmt::format("NOT NULL constraint failed: {}.{}", table, column);
}

// A projection that gives every column the type it is stored as. NULLs in required nested columns
// fail it; those of others the Parquet writer counts (CheckRequired).
duckdb::PhysicalOperator& CastToStored(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::PhysicalOperator& input,
                                       const iceberg::Schema& schema,
                                       const std::vector<duckdb::LogicalType>& stored,
                                       const std::string& table) {
  duckdb::vector<ExpressionPtr> columns;
  bool changes = false;
  for (size_t i = 0; i < stored.size(); ++i) {
    ExpressionPtr column = duckdb::make_uniq<duckdb::BoundReferenceExpression>(input.types[i], i);
    changes = changes || stored[i] != input.types[i];
    column = duckdb::BoundCastExpression::AddCastToType(context, std::move(column), stored[i]);
    const NestedField& field = schema.fields[i];
    if (field.required && field.type->is_nested()) {
      column = FailOnNull(context, std::move(column), NotNullFailure(table, field.name));
      changes = true;
    }
    columns.push_back(std::move(column));
  }
  if (!changes) return input;
  duckdb::vector<duckdb::LogicalType> types(stored.begin(), stored.end());
  auto& projection = planner.Make<duckdb::PhysicalProjection>(std::move(types), std::move(columns),
                                                              input.estimated_cardinality);
  projection.children.push_back(input);
  return projection;
}

std::optional<int64_t> OptionalInteger(const std::map<std::string, std::string>& properties,
                                       const char* name) {
  if (properties.count(name) == 0) return std::nullopt;
  iceberg::TableMetadata holder;
  holder.properties = properties;
  return holder.IntegerProperty(name, 0);
}

std::string TextOr(const std::map<std::string, std::string>& properties, const char* name,
                   const std::string& fallback) {
  auto found = properties.find(name);
  return found == properties.end() ? fallback : found->second;
}

// Where and how the data files of one statement are written.
DataFileOptions WriteOptions(WarehouseCatalog& catalog, const iceberg::Schema& schema,
                             const std::string& location,
                             const std::map<std::string, std::string>& properties,
                             const std::string& table) {
  DataFileOptions options;
  options.files = &catalog.store().files();
  options.folder = io::PathOf(TextOr(properties, "write.data.path", location + "/data"));
  RequireReachable(*options.files, options.folder, table);
  catalog.PrepareFor(options.folder);
  options.file_prefix = NewUuid();
  options.compression = Lower(TextOr(properties, "write.parquet.compression-codec", "zstd"));
  if (options.compression == "zstd") {  // DuckDB knows levels of no other
    options.compression_level = OptionalInteger(properties, "write.parquet.compression-level");
  }
  options.target_file_size =
      OptionalInteger(properties, "write.target-file-size-bytes").value_or(kDefaultTargetFileSize);
  for (const NestedField& field : schema.fields) {
    options.column_names.push_back(field.name);
    options.column_types.push_back(ToDuckDBType(*field.type, table + "." + field.name));
  }
  options.field_ids = FieldIds(schema);
  return options;
}

// Files of required columns must hold no NULL in them; the writer has counted.
void CheckRequired(const iceberg::Schema& schema, const WrittenFile& file,
                   const std::string& table) {
  for (const NestedField& field : schema.fields) {
    if (!field.required || field.type->is_nested()) continue;
    auto column = file.columns.find(ParquetPath(field));
    if (column == file.columns.end() || !column->second.null_count) {
      throw Error(ErrorCode::kInternal,
                  fmt::format("{} was written without a count of the NULLs in column {}", file.path,
                              field.name));
    }
    if (*column->second.null_count > 0) {
      throw Error(ErrorCode::kInvalidArgument, NotNullFailure(table, field.name));
    }
  }
}

std::vector<iceberg::DataFile> Describe(const std::vector<WrittenFile>& written,
                                        const iceberg::Schema& schema,
                                        const std::map<std::string, std::string>& properties,
                                        const std::string& table) {
  std::vector<iceberg::DataFile> files;
  for (const WrittenFile& file : written) {
    CheckRequired(schema, file, table);
    files.push_back(DescribeDataFile(file, schema, properties));
    files.back().sort_order_id = 0;
  }
  return files;
}

duckdb::PhysicalOperator& PlanWrite(duckdb::ClientContext& context,
                                    duckdb::PhysicalPlanGenerator& planner,
                                    duckdb::PhysicalOperator& input, const iceberg::Schema& schema,
                                    DataFileOptions options, const std::string& table,
                                    FilesWritten done) {
  duckdb::PhysicalOperator& stored =
      CastToStored(context, planner, input, schema, options.column_types, table);
  return PlanDataFiles(context, planner, stored, std::move(options), std::move(done));
}

}  // namespace

void CreateEmptyTable(WarehouseTransaction& transaction, const catalog::TableIdentifier& identifier,
                      const duckdb::CreateTableInfo& info) {
  auto replacement =
      std::make_shared<const Replacement>(PlanReplacement(transaction, identifier, info));
  bool may_exist = info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  transaction.ChangeTable(
      identifier,
      [replacement, may_exist, table = identifier.ToString()](
          const iceberg::TableMetadata* current) -> std::vector<iceberg::TableUpdate> {
        if (current != nullptr && may_exist) return {};
        return ReplacementUpdates(*replacement, current, table);
      });
}

duckdb::PhysicalOperator& PlanTableReplacement(duckdb::ClientContext& context,
                                               duckdb::PhysicalPlanGenerator& planner,
                                               WarehouseCatalog& catalog,
                                               duckdb::LogicalCreateTable& op,
                                               duckdb::PhysicalOperator& plan) {
  WarehouseTransaction& transaction = WarehouseTransaction::Get(context, catalog);
  duckdb::CreateTableInfo& info = op.info->Base();
  catalog::TableIdentifier identifier = transaction.Resolve(info.schema, info.table);
  if (transaction.FindView(identifier)) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("{} is a view, not a table", identifier.ToString()))
        .WithHint("DROP VIEW it first.");
  }
  auto replacement =
      std::make_shared<const Replacement>(PlanReplacement(transaction, identifier, info));
  std::map<std::string, std::string> properties = replacement->definition.properties;
  if (iceberg::TableMetadataPtr base = transaction.FindTable(identifier)) {
    properties.insert(base->properties.begin(), base->properties.end());
  }
  std::string table = identifier.ToString();
  DataFileOptions options = WriteOptions(catalog, replacement->definition.schema,
                                         replacement->location, properties, table);
  auto done = [&catalog, identifier, table, replacement, properties](
                  duckdb::ClientContext& client, std::vector<WrittenFile> written) {
    WarehouseTransaction& own = WarehouseTransaction::Get(client, catalog);
    std::vector<iceberg::DataFile> files =
        Describe(written, replacement->definition.schema, properties, table);
    auto producer = std::make_shared<iceberg::SnapshotProducer>(
        iceberg::SnapshotProducer::Mode::kAppend, files);
    auto step = [replacement, producer, table,
                 &storage = own.store().files()](const iceberg::TableMetadata* current) {
      return WithSnapshot(current, ReplacementUpdates(*replacement, current, table), *producer,
                          storage);
    };
    own.WriteTable(identifier, step, files, producer);
  };
  return PlanWrite(context, planner, plan, replacement->definition.schema, std::move(options),
                   table, std::move(done));
}

duckdb::PhysicalOperator& PlanTableAppend(duckdb::ClientContext& context,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          WarehouseCatalog& catalog, duckdb::LogicalInsert& op,
                                          duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  auto* entry = dynamic_cast<TableEntry*>(&op.table);
  if (entry == nullptr) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is a metadata table, which cannot be written", op.table.name));
  }
  const catalog::TableIdentifier& identifier = entry->identifier();
  std::string table = identifier.ToString();
  if (op.return_chunk) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("INSERT .. RETURNING is not supported (table {})", table))
        .WithHint("SELECT the rows after the INSERT.");
  }
  if (op.on_conflict_info.action_type != duckdb::OnConflictAction::THROW) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("INSERT .. ON CONFLICT is not supported: Iceberg tables have no unique "
                            "keys (table {})",
                            table));
  }
  iceberg::TableMetadataPtr metadata = entry->version().metadata;
  CheckVersion(*metadata, table);
  if (!metadata->DefaultSpec().is_unpartitioned()) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("table {} is partitioned; writing such tables is not supported yet", table));
  }
  auto schema = std::make_shared<const iceberg::Schema>(metadata->CurrentSchema());
  iceberg::VisitFields(schema->fields,
                       [&](const NestedField& field) { CheckWritable(field, table); });
  duckdb::optional_ptr<duckdb::PhysicalOperator> input = plan;
  if (!op.column_index_map.empty()) input = planner.ResolveDefaultsProjection(op, *plan);

  DataFileOptions options =
      WriteOptions(catalog, *schema, metadata->location, metadata->properties, table);
  auto done = [&catalog, identifier, table, schema, metadata](duckdb::ClientContext& client,
                                                              std::vector<WrittenFile> written) {
    if (written.empty()) return;  // no rows: no change
    WarehouseTransaction& own = WarehouseTransaction::Get(client, catalog);
    std::vector<iceberg::DataFile> files = Describe(written, *schema, metadata->properties, table);
    auto producer = std::make_shared<iceberg::SnapshotProducer>(
        iceberg::SnapshotProducer::Mode::kAppend, files);
    auto step = [schema, producer, table,
                 &storage = own.store().files()](const iceberg::TableMetadata* current) {
      if (current == nullptr) {
        throw Error(ErrorCode::kConflict, fmt::format("table {} does not exist any more", table));
      }
      CheckRowsStillFit(*schema, *current, table);
      return producer->Produce(*current, storage);
    };
    own.WriteTable(identifier, step, files, producer);
  };
  return PlanWrite(context, planner, *input, *schema, std::move(options), table, std::move(done));
}

}  // namespace eider::engine
