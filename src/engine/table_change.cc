#include "engine/table_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "engine/table_definition.h"
#include "engine/table_properties.h"
#include "engine/type_mapping.h"
#include "iceberg/manifest_cache.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

using iceberg::NestedField;
using iceberg::Schema;
using iceberg::TableMetadata;
using iceberg::TableUpdate;
using iceberg::Type;
using iceberg::TypeId;
using iceberg::TypePtr;

constexpr char kCommentProperty[] = "comment";

using Fields = std::vector<NestedField>;
using SchemaChange = std::function<void(const TableMetadata& current, Schema& schema)>;

[[noreturn]] void RefuseRewrite(const std::string& what) {
  throw Error(ErrorCode::kUnsupported, what)
      .WithHint("CREATE OR REPLACE TABLE .. AS SELECT .. rewrites a table.");
}

Fields::iterator FindByName(Fields& fields, const std::string& name) {
  return std::find_if(fields.begin(), fields.end(),
                      [&](const NestedField& field) { return EqualsIgnoreCase(field.name, name); });
}

// The field of that name, which must exist. `owner` is what holds it, for messages.
NestedField& Require(Fields& fields, const std::string& name, const std::string& owner) {
  auto found = FindByName(fields, name);
  if (found != fields.end()) return *found;
  std::vector<std::string> names;
  for (const NestedField& field : fields) names.push_back(field.name);
  Error error(ErrorCode::kNotFound, fmt::format("{} has no column {}", owner, name));
  std::string closest = ClosestMatch(name, names);
  if (!closest.empty()) error.WithHint("Did you mean " + closest + "?");
  throw Error(error);
}

// Calls `change` with the fields of the struct at `path` (the columns themselves for an empty one),
// and rebuilds the types on the way. `owner` grows along the path.
void ChangeFieldsAt(Fields& fields, const std::vector<std::string>& path, size_t depth,
                    std::string owner,
                    const std::function<void(Fields& fields, const std::string& owner)>& change) {
  if (depth == path.size()) {
    change(fields, owner);
    return;
  }
  NestedField& field = Require(fields, path[depth], owner);
  owner = "column " + field.name + " of " + owner;
  auto type = std::make_shared<Type>(*field.type);
  if (depth + 1 == path.size() && type->id != TypeId::kStruct) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is not a struct", owner));
  }
  ChangeFieldsAt(type->fields, path, depth + 1, owner, change);
  field.type = type;
}

// A step that changes the current schema; nothing where it stays as it is.
TableStep SchemaStep(const std::string& table, SchemaChange change) {
  return [table,
          change = std::move(change)](const TableMetadata* current) -> std::vector<TableUpdate> {
    if (current == nullptr) {
      throw Error(ErrorCode::kConflict, fmt::format("table {} does not exist any more", table));
    }
    Schema schema = current->CurrentSchema();
    change(*current, schema);
    if (schema.SameAs(current->CurrentSchema())) return {};
    return {iceberg::AddSchema{std::move(schema)}, iceberg::SetCurrentSchema{}};
  };
}

bool HasRows(const TableMetadata& metadata) {
  const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot();
  if (snapshot == nullptr) return false;
  auto records = snapshot->summary.find("total-records");
  return records == snapshot->summary.end() || records->second != "0";
}

// A column's type with ids the table has never used.
NestedField NewField(const duckdb::ColumnDefinition& definition, const TableMetadata& current,
                     const std::string& name) {
  if (definition.HasDefaultValue()) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("column {} has a DEFAULT, which is not supported yet", name))
        .WithHint("Add the column without it: its old rows read as NULL.");
  }
  int32_t placeholder = 1;
  NestedField field;
  field.id = placeholder++;
  field.name = definition.Name();
  field.type = ToIcebergType(definition.Type(), name, &placeholder);
  int32_t last_column_id = current.last_column_id;
  Schema alone;
  alone.fields.push_back(std::move(field));
  return iceberg::AssignFieldIds(alone, nullptr, &last_column_id).fields.front();
}

SchemaChange AddFieldTo(std::vector<std::string> path, duckdb::ColumnDefinition definition,
                        bool may_exist, const std::string& table) {
  auto shared = std::make_shared<duckdb::ColumnDefinition>(std::move(definition));
  return [=](const TableMetadata& current, Schema& schema) {
    ChangeFieldsAt(
        schema.fields, path, 0, "table " + table, [&](Fields& fields, const std::string& owner) {
          if (FindByName(fields, shared->Name()) != fields.end()) {
            if (may_exist) return;
            throw Error(ErrorCode::kAlreadyExists,
                        fmt::format("{} has a column {} already", owner, shared->Name()));
          }
          fields.push_back(NewField(*shared, current, table + "." + shared->Name()));
        });
  };
}

// Throws where something of the table is made from the field or one within it.
void CheckUnused(const TableMetadata& current, const Schema& schema, const NestedField& field,
                 const std::string& table) {
  std::set<int32_t> ids;
  iceberg::VisitFields({field}, [&](const NestedField& nested) { ids.insert(nested.id); });
  auto refuse = [&](const char* user) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("column {} of table {} cannot be dropped: {} it", field.name, table, user));
  };
  for (const iceberg::PartitionField& partition : current.DefaultSpec().fields) {
    if (ids.count(partition.source_id) > 0) refuse("the table is partitioned by");
  }
  for (const iceberg::SortOrder& order : current.sort_orders) {
    if (order.order_id != current.default_sort_order_id) continue;
    for (const iceberg::SortField& sorted : order.fields) {
      if (ids.count(sorted.source_id) > 0) refuse("the table is sorted by");
    }
  }
  for (int32_t id : schema.identifier_field_ids) {
    if (ids.count(id) > 0) refuse("rows of the table are identified by");
  }
}

SchemaChange RemoveFieldAt(std::vector<std::string> path, bool may_be_missing,
                           const std::string& table) {
  return [=](const TableMetadata& current, Schema& schema) {
    std::vector<std::string> parent(path.begin(), path.end() - 1);
    const Schema before = schema;
    ChangeFieldsAt(
        schema.fields, parent, 0, "table " + table, [&](Fields& fields, const std::string& owner) {
          auto found = FindByName(fields, path.back());
          if (found == fields.end() && may_be_missing) return;
          CheckUnused(current, before, Require(fields, path.back(), owner), table);
          if (fields.size() == 1) {
            throw Error(ErrorCode::kInvalidArgument,
                        fmt::format("{} cannot lose its only column {}", owner, found->name));
          }
          fields.erase(found);
        });
  };
}

SchemaChange RenameFieldAt(std::vector<std::string> path, std::string new_name,
                           const std::string& table) {
  return [=](const TableMetadata&, Schema& schema) {
    std::vector<std::string> parent(path.begin(), path.end() - 1);
    ChangeFieldsAt(schema.fields, parent, 0, "table " + table,
                   [&](Fields& fields, const std::string& owner) {
                     NestedField& field = Require(fields, path.back(), owner);
                     auto taken = FindByName(fields, new_name);
                     if (taken != fields.end() && &*taken != &field) {
                       throw Error(ErrorCode::kAlreadyExists,
                                   fmt::format("{} has a column {} already", owner, new_name));
                     }
                     field.name = new_name;
                   });
  };
}

// `from` with the wider types of `to`, ids and all else kept. Throws where a type cannot become the
// other without its rows being rewritten.
TypePtr Promote(const Type& from, const Type& to, const std::string& column) {
  auto refuse = [&] {
    Error error(ErrorCode::kUnsupported,
                fmt::format("the type of column {} cannot change from {} to {}: its rows would "
                            "have to be rewritten",
                            column, from.ToString(), to.ToString()));
    error.WithHint(
        "Possible are int to long, float to double and decimals to a higher precision; CREATE OR "
        "REPLACE TABLE .. AS SELECT .. rewrites a table.");
    throw Error(error);
  };
  if (!from.is_nested() && !to.is_nested()) {
    if (!iceberg::IsPromotable(from, to)) refuse();
    return std::make_shared<Type>(to);
  }
  if (from.id != to.id || from.fields.size() != to.fields.size()) refuse();
  auto type = std::make_shared<Type>(from);
  for (size_t i = 0; i < from.fields.size(); ++i) {
    if (!EqualsIgnoreCase(from.fields[i].name, to.fields[i].name)) refuse();
    type->fields[i].type =
        Promote(*from.fields[i].type, *to.fields[i].type, column + "." + from.fields[i].name);
  }
  return type;
}

SchemaChange ChangeType(const duckdb::ChangeColumnTypeInfo& info, const std::string& table) {
  bool plain = !info.expression;
  if (info.expression && info.expression->GetExpressionClass() == duckdb::ExpressionClass::CAST) {
    const auto& cast = info.expression->Cast<duckdb::CastExpression>();
    plain = cast.child->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
  }
  if (!plain) {
    RefuseRewrite(
        fmt::format("ALTER COLUMN {} OF TABLE {} .. USING would rewrite its rows, which is "
                    "not supported",
                    info.column_name, table));
  }
  return [=, name = info.column_name, target = info.target_type](const TableMetadata&,
                                                                 Schema& schema) {
    NestedField& field = Require(schema.fields, name, "table " + table);
    int32_t placeholder = 1;
    std::string column = table + "." + field.name;
    field.type = Promote(*field.type, *ToIcebergType(target, column, &placeholder), column);
  };
}

// Whether the manifests of the current snapshot say that no row holds NULL there.
bool SurelyHoldsNoNull(const TableMetadata& current, const NestedField& field,
                       io::FileSystem& files) {
  if (!HasRows(current)) return true;
  if (field.type->is_nested()) return false;
  for (const iceberg::ManifestFile& manifest :
       *iceberg::LoadManifestList(*current.CurrentSnapshot(), files)) {
    if (manifest.is_deletes) continue;
    for (const iceberg::ManifestEntry& entry : *iceberg::LoadManifest(manifest, files)) {
      if (entry.status == iceberg::ManifestEntry::Status::kDeleted) continue;
      auto nulls = entry.file.null_value_counts.find(field.id);
      if (nulls == entry.file.null_value_counts.end() || nulls->second != 0) return false;
    }
  }
  return true;
}

SchemaChange SetNotNull(const std::string& name, const std::string& table, io::FileSystem& files) {
  return [=, &files](const TableMetadata& current, Schema& schema) {
    NestedField& field = Require(schema.fields, name, "table " + table);
    if (field.required) return;
    if (!SurelyHoldsNoNull(current, field, files)) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("column {} of table {} cannot become NOT NULL: it holds NULLs, or its "
                      "files do not say that it holds none",
                      field.name, table));
    }
    field.required = true;
  };
}

SchemaChange DropNotNull(const std::string& name, const std::string& table) {
  return [=](const TableMetadata&, Schema& schema) {
    NestedField& field = Require(schema.fields, name, "table " + table);
    auto& identifiers = schema.identifier_field_ids;
    if (std::find(identifiers.begin(), identifiers.end(), field.id) != identifiers.end()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("column {} of table {} identifies its rows and stays NOT NULL",
                              field.name, table));
    }
    field.required = false;
  };
}

// nullopt: no comment.
std::optional<std::string> CommentText(const duckdb::Value& value) {
  if (value.IsNull()) return std::nullopt;
  return value.ToString();
}

SchemaChange SetColumnComment(const std::string& name, const duckdb::Value& comment,
                              const std::string& owner) {
  return [=](const TableMetadata&, Schema& schema) {
    Require(schema.fields, name, owner).doc = CommentText(comment);
  };
}

// The updates that give properties these values (nullopt: none); those that have them are left out.
std::vector<TableUpdate> PropertyUpdates(
    const std::map<std::string, std::string>& current,
    const std::map<std::string, std::optional<std::string>>& wanted) {
  iceberg::SetProperties set;
  iceberg::RemoveProperties remove;
  for (const auto& [name, value] : wanted) {
    auto existing = current.find(name);
    if (value) {
      if (existing == current.end() || existing->second != *value) set.updates[name] = *value;
    } else if (existing != current.end()) {
      remove.names.push_back(name);
    }
  }
  std::vector<TableUpdate> updates;
  if (!set.updates.empty()) updates.emplace_back(std::move(set));
  if (!remove.names.empty()) updates.emplace_back(std::move(remove));
  return updates;
}

TableStep PropertyStep(const std::string& table,
                       std::map<std::string, std::optional<std::string>> wanted) {
  return [=](const TableMetadata* current) -> std::vector<TableUpdate> {
    if (current == nullptr) {
      throw Error(ErrorCode::kConflict, fmt::format("table {} does not exist any more", table));
    }
    std::map<std::string, std::optional<std::string>> properties = wanted;
    std::vector<TableUpdate> updates;
    auto location = properties.find("location");
    if (location != properties.end()) {
      std::string wanted_location = io::ToLocation(location->second.value_or(""));
      if (wanted_location != current->location) {
        updates.emplace_back(iceberg::SetLocation{wanted_location});
      }
      properties.erase(location);
    }
    auto version = properties.find("format-version");
    if (version != properties.end() && version->second == std::to_string(current->format_version)) {
      properties.erase(version);
    }
    std::vector<TableUpdate> rest = PropertyUpdates(current->properties, properties);
    updates.insert(updates.end(), rest.begin(), rest.end());
    return updates;
  };
}

TableStep SetOptions(const duckdb::SetTableOptionsInfo& info, const std::string& table) {
  std::map<std::string, std::string> properties = TableOptions(info.table_options);
  CheckTableProperties(properties, table);
  return PropertyStep(table, {properties.begin(), properties.end()});
}

TableStep ResetOptions(const duckdb::ResetTableOptionsInfo& info, const std::string& table) {
  std::map<std::string, std::optional<std::string>> wanted;
  for (const std::string& name : info.table_options) {
    if (EqualsIgnoreCase(name, "location") || EqualsIgnoreCase(name, "format-version")) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("table {} cannot do without {}", table, name));
    }
    wanted[name] = std::nullopt;
  }
  return PropertyStep(table, std::move(wanted));
}

TableStep StepFor(const duckdb::AlterTableInfo& info, const std::string& table,
                  io::FileSystem& files) {
  switch (info.alter_table_type) {
    case duckdb::AlterTableType::ADD_COLUMN: {
      const auto& add = info.Cast<duckdb::AddColumnInfo>();
      return SchemaStep(table,
                        AddFieldTo({}, add.new_column.Copy(), add.if_column_not_exists, table));
    }
    case duckdb::AlterTableType::ADD_FIELD: {
      const auto& add = info.Cast<duckdb::AddFieldInfo>();
      std::vector<std::string> path(add.column_path.begin(), add.column_path.end());
      return SchemaStep(
          table, AddFieldTo(std::move(path), add.new_field.Copy(), add.if_field_not_exists, table));
    }
    case duckdb::AlterTableType::REMOVE_COLUMN: {
      const auto& remove = info.Cast<duckdb::RemoveColumnInfo>();
      return SchemaStep(table,
                        RemoveFieldAt({remove.removed_column}, remove.if_column_exists, table));
    }
    case duckdb::AlterTableType::REMOVE_FIELD: {
      const auto& remove = info.Cast<duckdb::RemoveFieldInfo>();
      std::vector<std::string> path(remove.column_path.begin(), remove.column_path.end());
      return SchemaStep(table, RemoveFieldAt(std::move(path), remove.if_column_exists, table));
    }
    case duckdb::AlterTableType::RENAME_COLUMN: {
      const auto& rename = info.Cast<duckdb::RenameColumnInfo>();
      return SchemaStep(table, RenameFieldAt({rename.old_name}, rename.new_name, table));
    }
    case duckdb::AlterTableType::RENAME_FIELD: {
      const auto& rename = info.Cast<duckdb::RenameFieldInfo>();
      std::vector<std::string> path(rename.column_path.begin(), rename.column_path.end());
      return SchemaStep(table, RenameFieldAt(std::move(path), rename.new_name, table));
    }
    case duckdb::AlterTableType::ALTER_COLUMN_TYPE:
      return SchemaStep(table, ChangeType(info.Cast<duckdb::ChangeColumnTypeInfo>(), table));
    case duckdb::AlterTableType::SET_NOT_NULL:
      return SchemaStep(table,
                        SetNotNull(info.Cast<duckdb::SetNotNullInfo>().column_name, table, files));
    case duckdb::AlterTableType::DROP_NOT_NULL:
      return SchemaStep(table,
                        DropNotNull(info.Cast<duckdb::DropNotNullInfo>().column_name, table));
    case duckdb::AlterTableType::SET_TABLE_OPTIONS:
      return SetOptions(info.Cast<duckdb::SetTableOptionsInfo>(), table);
    case duckdb::AlterTableType::RESET_TABLE_OPTIONS:
      return ResetOptions(info.Cast<duckdb::ResetTableOptionsInfo>(), table);
    case duckdb::AlterTableType::SET_DEFAULT:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("DEFAULT is not supported yet (table {})", table));
    case duckdb::AlterTableType::SET_PARTITIONED_BY:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("PARTITIONED BY is not supported yet (table {})", table));
    case duckdb::AlterTableType::SET_SORTED_BY:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("SORTED BY is not supported yet (table {})", table));
    case duckdb::AlterTableType::ADD_CONSTRAINT:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("Iceberg tables keep no constraints but NOT NULL (table {})", table));
    default:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} is not supported for Iceberg tables", info.ToString()));
  }
}

void RenameEntity(WarehouseTransaction& transaction, const catalog::TableIdentifier& from,
                  const std::string& name_space, const std::string& new_name) {
  catalog::TableIdentifier to = transaction.Resolve(name_space, new_name);
  if (to == from) {  // at most a change of case
    to.name = new_name;
    if (to == from) return;
  } else if (transaction.FindTable(to) || transaction.FindView(to)) {
    throw Error(ErrorCode::kAlreadyExists, fmt::format("{} cannot be renamed: {} exists already",
                                                       from.ToString(), to.ToString()));
  }
  transaction.Rename(from, to);
}

void CommentOnViewColumn(WarehouseTransaction& transaction,
                         const catalog::TableIdentifier& identifier,
                         const duckdb::SetColumnCommentInfo& info) {
  iceberg::ViewMetadataPtr view = transaction.FindView(identifier);
  iceberg::ViewVersion version = view->CurrentVersion();
  const Schema* recorded = view->SchemaById(version.schema_id);
  Schema schema = recorded != nullptr ? *recorded : Schema{};
  NestedField& field = Require(schema.fields, info.column_name, "view " + identifier.ToString());
  std::optional<std::string> comment = CommentText(info.comment_value);
  if (field.doc == comment) return;
  field.doc = comment;
  version.schema_id = iceberg::kLastAdded;
  transaction.ChangeView(
      identifier,
      {iceberg::AddSchema{std::move(schema)}, iceberg::AddViewVersion{std::move(version)},
       iceberg::SetCurrentViewVersion{}},
      false);
}

}  // namespace

void AlterEntity(WarehouseTransaction& transaction, const std::string& name_space,
                 duckdb::AlterInfo& info) {
  catalog::TableIdentifier identifier = transaction.Resolve(name_space, info.name);
  std::string name = identifier.ToString();
  bool table = transaction.FindTable(identifier) != nullptr;
  iceberg::ViewMetadataPtr view = transaction.FindView(identifier);
  if (!table && !view) {
    if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is neither a table nor a view that can be altered", name));
  }
  switch (info.type) {
    case duckdb::AlterType::ALTER_TABLE: {
      const auto& alter = info.Cast<duckdb::AlterTableInfo>();
      if (!table) {
        throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is a view", name))
            .WithHint("ALTER VIEW alters it.");
      }
      if (alter.alter_table_type == duckdb::AlterTableType::RENAME_TABLE) {
        const auto& rename = alter.Cast<duckdb::RenameTableInfo>();
        RenameEntity(transaction, identifier, name_space, rename.new_table_name);
        return;
      }
      transaction.ChangeTable(identifier, StepFor(alter, name, transaction.store().files()));
      return;
    }
    case duckdb::AlterType::ALTER_VIEW: {
      const auto& alter = info.Cast<duckdb::AlterViewInfo>();
      if (!view) {
        throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is a table", name))
            .WithHint("ALTER TABLE alters it.");
      }
      const auto& rename = alter.Cast<duckdb::RenameViewInfo>();
      RenameEntity(transaction, identifier, name_space, rename.new_view_name);
      return;
    }
    case duckdb::AlterType::SET_COMMENT: {
      const auto& comment = info.Cast<duckdb::SetCommentInfo>();
      std::map<std::string, std::optional<std::string>> wanted = {
          {kCommentProperty, CommentText(comment.comment_value)}};
      if (table) {
        transaction.ChangeTable(identifier, PropertyStep(name, std::move(wanted)));
        return;
      }
      std::vector<TableUpdate> updates = PropertyUpdates(view->properties, wanted);
      if (!updates.empty()) transaction.ChangeView(identifier, updates, false);
      return;
    }
    case duckdb::AlterType::SET_COLUMN_COMMENT: {
      const auto& comment = info.Cast<duckdb::SetColumnCommentInfo>();
      if (!table) {
        CommentOnViewColumn(transaction, identifier, comment);
        return;
      }
      transaction.ChangeTable(
          identifier, SchemaStep(name, SetColumnComment(comment.column_name, comment.comment_value,
                                                        "table " + name)));
      return;
    }
    default:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} is not supported for Iceberg tables", info.ToString()));
  }
}

}  // namespace eider::engine
