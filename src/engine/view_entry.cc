#include "engine/view_entry.h"

#include <fmt/format.h>

#include <functional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/recursive_cte_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "duckdb/planner/binder.hpp"
#include "engine/duckdb_error.h"
#include "engine/type_mapping.h"
#include "engine/warehouse_catalog.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

constexpr char kDialect[] = "duckdb";
constexpr char kCommentProperty[] = "comment";

// Finds the tables a query reads, its subqueries included. A name that any WITH of the query
// defines is not taken for a table.
class TableReferences {
 public:
  using Visitor = std::function<void(duckdb::BaseTableRef&)>;

  static void Visit(duckdb::QueryNode& node, const Visitor& visitor) {
    TableReferences references;
    references.Walk(node);
    for (duckdb::BaseTableRef* table : references.tables_) {
      bool qualified = !table->schema_name.empty() || !table->catalog_name.empty();
      if (qualified || references.with_names_.count(Lower(table->table_name)) == 0) {
        visitor(*table);
      }
    }
  }

 private:
  void CollectNames(duckdb::QueryNode& node) {
    for (auto& [name, with] : node.cte_map.map) {
      with_names_.insert(Lower(name));
      CollectNames(*with->query->node);
    }
    if (node.type == duckdb::QueryNodeType::RECURSIVE_CTE_NODE) {
      with_names_.insert(Lower(node.Cast<duckdb::RecursiveCTENode>().ctename));
    }
    if (node.type == duckdb::QueryNodeType::SET_OPERATION_NODE) {
      for (auto& child : node.Cast<duckdb::SetOperationNode>().children) CollectNames(*child);
    }
  }

  void Walk(duckdb::QueryNode& node) {
    CollectNames(node);
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [this](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { Walk(*child); },
        [this](duckdb::TableRef& table) {
          if (table.type == duckdb::TableReferenceType::BASE_TABLE) {
            tables_.push_back(&table.Cast<duckdb::BaseTableRef>());
          } else if (table.type == duckdb::TableReferenceType::SUBQUERY) {
            CollectNames(*table.Cast<duckdb::SubqueryRef>().subquery->node);
          }
        });
  }

  void Walk(duckdb::ParsedExpression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      Walk(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [this](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { Walk(*child); });
  }

  std::vector<duckdb::BaseTableRef*> tables_;
  std::set<std::string> with_names_;
};

// Rewrites a table name of a new view into what it stands for: "t" in the view's own schema, "s.t"
// in another of the warehouse (whose alias may be another one next time), "c.s.t" elsewhere.
void CompleteName(duckdb::ClientContext& context, duckdb::SchemaCatalogEntry& schema,
                  duckdb::BaseTableRef& table) {
  duckdb::Catalog& own = schema.ParentCatalog();
  duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, table.table_name);
  duckdb::optional_ptr<duckdb::CatalogEntry> entry;
  // As DuckDB binds views: the view's own catalog and schema come before the search path.
  if (table.catalog_name.empty()) {
    const std::string& wanted = table.schema_name.empty() ? schema.name : table.schema_name;
    auto own_schema = own.GetSchema(context, wanted, duckdb::OnEntryNotFound::RETURN_NULL);
    if (own_schema) entry = own_schema->LookupEntry(own.GetCatalogTransaction(context), lookup);
  }
  if (!entry) {
    std::string catalog_name = table.catalog_name;
    std::string schema_name = table.schema_name;
    duckdb::Binder::BindSchemaOrCatalog(context, catalog_name, schema_name);
    entry = duckdb::Catalog::GetEntry(context, catalog_name, schema_name, lookup,
                                      duckdb::OnEntryNotFound::RETURN_NULL);
  }
  if (!entry) return;  // a file, or what else DuckDB finds by a name
  if (entry->temporary) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("a view of a warehouse cannot read the temporary table {}", table.table_name));
  }
  duckdb::SchemaCatalogEntry& found_in = entry->ParentSchema();
  bool is_own = &entry->ParentCatalog() == &own;
  table.catalog_name = is_own ? "" : entry->ParentCatalog().GetName();
  table.schema_name = is_own && found_in.name == schema.name ? "" : found_in.name;
}

// The type a view's schema records for a column; what Iceberg cannot hold is recorded as a string,
// for no data is stored under it.
iceberg::TypePtr RecordedType(const duckdb::LogicalType& type, const std::string& column,
                              int32_t* next_id) {
  try {
    return ToIcebergType(type, column, next_id);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    return iceberg::Type::Primitive(iceberg::TypeId::kString);
  }
}

iceberg::Schema SchemaOf(const duckdb::CreateViewInfo& info) {
  iceberg::Schema schema;
  int32_t next_id = 1;
  for (size_t i = 0; i < info.names.size(); ++i) {
    iceberg::NestedField field;
    field.id = next_id++;
    field.name = i < info.aliases.size() ? info.aliases[i] : info.names[i];
    field.type = RecordedType(info.types[i], field.name, &next_id);
    schema.fields.push_back(std::move(field));
  }
  int32_t last_column_id = 0;
  return iceberg::AssignFieldIds(schema, nullptr, &last_column_id);
}

}  // namespace

std::unique_ptr<ViewEntry> ViewEntry::Make(duckdb::Catalog& catalog,
                                           duckdb::SchemaCatalogEntry& schema,
                                           const catalog::TableIdentifier& identifier,
                                           iceberg::ViewMetadataPtr metadata) {
  duckdb::CreateViewInfo info(schema, identifier.name);
  const iceberg::ViewVersion& version = metadata->CurrentVersion();
  const iceberg::ViewRepresentation* sql = metadata->SqlFor(kDialect);
  if (sql == nullptr && !version.representations.empty()) sql = &version.representations.front();
  if (sql != nullptr) info.sql = sql->sql;
  if (const iceberg::Schema* recorded = metadata->SchemaById(version.schema_id)) {
    for (const iceberg::NestedField& field : recorded->fields) {
      info.names.push_back(field.name);
      info.aliases.push_back(field.name);
      info.types.push_back(ToDuckDBType(*field.type, identifier.ToString() + "." + field.name));
      if (field.doc) info.column_comments_map[field.name] = duckdb::Value(*field.doc);
    }
  }
  auto comment = metadata->properties.find(kCommentProperty);
  if (comment != metadata->properties.end()) info.comment = duckdb::Value(comment->second);
  return std::unique_ptr<ViewEntry>(
      new ViewEntry(catalog, schema, info, identifier, std::move(metadata)));
}

ViewEntry::ViewEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                     duckdb::CreateViewInfo& info, catalog::TableIdentifier identifier,
                     iceberg::ViewMetadataPtr metadata)
    : duckdb::ViewCatalogEntry(catalog, schema, info),
      identifier_(std::move(identifier)),
      metadata_(std::move(metadata)) {}

duckdb::unique_ptr<duckdb::SelectStatement> ViewEntry::Parse() const {
  const iceberg::ViewRepresentation* sql = metadata_->SqlFor(kDialect);
  if (sql == nullptr) {
    std::vector<std::string> dialects;
    for (const auto& other : metadata_->CurrentVersion().representations) {
      dialects.push_back(other.dialect);
    }
    throw Error(ErrorCode::kUnsupported,
                fmt::format("view {} is written in the SQL of {}, not of DuckDB",
                            identifier_.ToString(), Join(dialects, ", ")))
        .WithHint("CREATE OR REPLACE VIEW it here to read it.");
  }
  return duckdb::CreateViewInfo::ParseSelect(sql->sql);
}

duckdb::unique_ptr<duckdb::CreateInfo> ViewEntry::GetInfo() const {
  auto info = duckdb::ViewCatalogEntry::GetInfo();
  // With the names as they are kept: the catalog's alias is that of this session only.
  AtBorder([&] { info->Cast<duckdb::CreateViewInfo>().query = Parse(); });
  return info;
}

const duckdb::SelectStatement& ViewEntry::GetQuery() {
  if (query) return *query;
  return AtBorder([&]() -> const duckdb::SelectStatement& {
    const iceberg::ViewVersion& version = metadata_->CurrentVersion();
    auto parsed = Parse();
    std::string own = ParentCatalog().GetName();
    std::string default_schema = version.default_namespace.empty()
                                     ? ParentSchema().name
                                     : catalog::NamespaceText(version.default_namespace);
    // Another engine may have written the catalog's own name, which here is known by an alias.
    const std::string& own_name = ParentCatalog().Cast<WarehouseCatalog>().store().name();
    auto alias_of = [&](const std::string& name) {
      return name.empty() || name == own_name ? own : name;
    };
    TableReferences::Visit(*parsed->node, [&](duckdb::BaseTableRef& table) {
      bool elsewhere = default_schema != ParentSchema().name || !version.default_catalog.empty();
      if (!table.catalog_name.empty()) {
        table.catalog_name = alias_of(table.catalog_name);
      } else if (!table.schema_name.empty() || elsewhere) {
        if (table.schema_name.empty()) table.schema_name = default_schema;
        table.catalog_name = alias_of(version.default_catalog);
      }
    });
    query = std::move(parsed);
    return *query;
  });
}

std::string ViewEntry::ToSQL() const {
  std::vector<std::string> columns;
  for (const std::string& alias : aliases) {
    columns.push_back(duckdb::KeywordHelper::WriteOptionallyQuoted(alias));
  }
  std::string list = columns.empty() ? "" : " (" + Join(columns, ", ") + ")";
  return fmt::format("CREATE VIEW {}.{}{} AS {};",
                     duckdb::KeywordHelper::WriteOptionallyQuoted(schema.name),
                     duckdb::KeywordHelper::WriteOptionallyQuoted(name), list, sql);
}

std::vector<iceberg::TableUpdate> ViewUpdates(duckdb::ClientContext& context,
                                              duckdb::SchemaCatalogEntry& schema,
                                              duckdb::CreateViewInfo& info,
                                              const iceberg::ViewMetadata* base,
                                              const std::string& location) {
  auto select =
      duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(info.query->Copy());
  TableReferences::Visit(
      *select->node, [&](duckdb::BaseTableRef& table) { CompleteName(context, schema, table); });
  iceberg::ViewVersion version;
  version.schema_id = iceberg::kLastAdded;
  version.timestamp_ms = NowMillis();
  version.summary["engine-name"] = "eider";
  version.default_namespace = catalog::NamespaceFromText(schema.name);
  version.representations.push_back({select->ToString(), kDialect});

  std::vector<iceberg::TableUpdate> updates;
  if (base == nullptr) {
    updates.emplace_back(iceberg::AssignUuid{NewUuid()});
    updates.emplace_back(iceberg::SetLocation{location});
  }
  updates.emplace_back(iceberg::AddSchema{SchemaOf(info)});
  updates.emplace_back(iceberg::AddViewVersion{std::move(version)});
  updates.emplace_back(iceberg::SetCurrentViewVersion{});
  if (!info.comment.IsNull()) {
    updates.emplace_back(iceberg::SetProperties{{{kCommentProperty, info.comment.ToString()}}});
  } else if (base != nullptr && base->properties.count(kCommentProperty) > 0) {
    updates.emplace_back(iceberg::RemoveProperties{{kCommentProperty}});
  }
  return updates;
}

}  // namespace eider::engine
