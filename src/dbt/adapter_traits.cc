#include "dbt/adapter_traits.h"

#include <cctype>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "catalog/open_catalog.h"

namespace eider::dbt {

namespace {

std::string QuoteIdentifier(const std::string& name) {
  return '"' + ReplaceAll(name, "\"", "\"\"") + '"';
}

std::string CredentialText(const Target& target, const char* key) {
  auto found = target.credentials.find(key);
  if (found == target.credentials.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

// The name DuckDB gives a database of this file.
std::string DatabaseOfPath(const std::string& path) {
  if (path.empty() || path == ":memory:" || path.starts_with(":memory:")) return "memory";
  if (path.starts_with("md:") || path.starts_with("motherduck:")) {
    std::string name = path.substr(path.find(':') + 1);
    name = name.substr(0, name.find('?'));
    return name.empty() ? "my_db" : name;
  }
  return std::filesystem::path(path).stem().string();
}

class DuckDbTraits : public AdapterTraits {
 public:
  explicit DuckDbTraits(std::string type) : type_(std::move(type)) {}

  std::string type() const override { return type_; }

  std::vector<std::string> dispatch_prefixes() const override {
    if (type_ == "duckdb") return {"duckdb"};
    return {type_, "duckdb"};
  }

  std::vector<std::string> internal_packages() const override {
    if (type_ == "duckdb") return {"dbt_duckdb", "dbt"};
    return {"dbt_" + type_, "dbt_duckdb", "dbt"};
  }

  std::string RelationName(const std::optional<std::string>& database, const std::string& schema,
                           const std::string& identifier, const Quoting& quoting) const override {
    std::string out;
    auto add = [&](const std::string& part, std::optional<bool> quote) {
      if (part.empty()) return;
      if (!out.empty()) out += '.';
      out += quote.value_or(true) ? QuoteIdentifier(part) : part;
    };
    if (database) add(*database, quoting.database);
    add(schema, quoting.schema);
    add(identifier, quoting.identifier);
    return out;
  }

  Quoting default_quoting() const override {
    return {.database = true, .schema = true, .identifier = true, .column = std::nullopt};
  }

  std::string DatabaseName(const Target& target) const override {
    if (target.database && !target.database->empty()) return *target.database;
    if (type_ == "duckdb") return DatabaseOfPath(CredentialText(target, "path"));
    auto catalog = CredentialText(target, "catalog");
    if (!catalog.empty() && !catalog::IsCatalogStore(catalog)) return catalog;
    // A warehouse is attached under the name of its folder.
    std::filesystem::path warehouse = CredentialText(target, "warehouse");
    if (warehouse.filename().empty()) warehouse = warehouse.parent_path();
    std::string name;
    for (char c : warehouse.filename().string()) {
      name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    }
    return name.empty() ? "eider" : name;
  }

 private:
  std::string type_;
};

}  // namespace

std::unique_ptr<AdapterTraits> MakeAdapterTraits(const Target& target) {
  if (target.type != "duckdb" && target.type != "eider") {
    throw Error(ErrorCode::kUnsupported, "profile '" + target.profile_name + "', target '" +
                                             target.target_name + "' has type '" + target.type +
                                             "', which is not supported")
        .WithHint("The types are 'eider' and 'duckdb'.")
        .At(target.profiles_file.string());
  }
  return std::make_unique<DuckDbTraits>(target.type);
}

}  // namespace eider::dbt
