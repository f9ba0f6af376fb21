#include "engine/view_entry.h"

#include <gmock/gmock.h>

#include "engine/warehouse_fixture.h"

namespace eider::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class ViewEntryTest : public WarehouseFixture {
 protected:
  ViewEntryTest() {
    Run("CREATE SCHEMA staging; CREATE SCHEMA marts");
    Run("CREATE TABLE staging.t AS SELECT range AS i FROM range(5)");
  }

  iceberg::ViewMetadataPtr View(const std::string& name_space, const std::string& view) {
    auto catalog = catalog::OpenCatalog(warehouse());
    auto entry = catalog->Find({catalog::NamespaceFromText(name_space), view});
    return catalog->LoadView(entry.value().metadata_location);
  }
};

TEST_F(ViewEntryTest, AViewIsStoredWithItsSchema) {
  Run("CREATE VIEW marts.v AS SELECT i, i::VARCHAR AS text FROM staging.t WHERE i > 2");
  EXPECT_THAT(Rows("SELECT * FROM marts.v"), ElementsAre("3|3", "4|4"));
  auto view = View("marts", "v");
  const iceberg::ViewVersion& version = view->CurrentVersion();
  ASSERT_THAT(version.representations, SizeIs(1));
  EXPECT_EQ(version.representations[0].dialect, "duckdb");
  EXPECT_THAT(version.default_namespace, ElementsAre("marts"));
  const iceberg::Schema* schema = view->SchemaById(version.schema_id);
  ASSERT_NE(schema, nullptr);
  ASSERT_THAT(schema->fields, SizeIs(2));
  EXPECT_EQ(schema->fields[0].type->ToString(), "long");
  EXPECT_EQ(schema->fields[1].name, "text");
}

TEST_F(ViewEntryTest, ReplacingKeepsOlderVersions) {
  Run("CREATE VIEW v AS SELECT 1 AS a");
  std::string uuid = View("main", "v")->view_uuid;
  EXPECT_EQ(Failure("CREATE VIEW v AS SELECT 2 AS a").code(), ErrorCode::kAlreadyExists);
  Run("CREATE VIEW IF NOT EXISTS v AS SELECT 2 AS a");
  EXPECT_EQ(Text("SELECT * FROM v"), "1");
  Run("CREATE OR REPLACE VIEW v AS SELECT 'x' AS b");
  EXPECT_EQ(Text("SELECT b FROM v"), "x");
  EXPECT_EQ(View("main", "v")->view_uuid, uuid);
  EXPECT_THAT(View("main", "v")->versions, SizeIs(2));
}

TEST_F(ViewEntryTest, TablesAndViewsDoNotReplaceEachOther) {
  Run("CREATE VIEW v AS SELECT 1 AS a");
  Run("CREATE TABLE t AS SELECT 1 AS a");
  EXPECT_EQ(Failure("CREATE OR REPLACE TABLE v AS SELECT 1 AS a").code(),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(Failure("CREATE OR REPLACE VIEW t AS SELECT 1 AS a").code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Failure("DROP TABLE v").hint(), "DROP VIEW main.v drops it.");
  EXPECT_EQ(Failure("DROP VIEW t").hint(), "DROP TABLE main.t drops it.");
  Run("DROP VIEW v");
  Run("DROP VIEW IF EXISTS v");
}

// Names within a view mean what they meant when it was created, wherever it is read from.
TEST_F(ViewEntryTest, NamesAreBoundWhereTheViewWasMade) {
  Run("USE w.staging");
  Run("CREATE VIEW marts.v AS WITH t2 AS (SELECT * FROM t) SELECT count(*) AS n, "
      "(SELECT max(i) FROM w.staging.t) AS m FROM t2");
  EXPECT_THAT(View("marts", "v")->CurrentVersion().representations[0].sql,
              testing::Not(HasSubstr("w.staging")));
  Run("USE w.main");
  Run("CREATE TABLE main.t AS SELECT 99 AS i");
  EXPECT_EQ(Text("SELECT * FROM marts.v"), "5|4");
  // Under another alias, beside another catalog.
  auto other = OpenDatabase({})->NewSession();
  Run(*other, "ATTACH '" + warehouse() + "' AS lake (TYPE eider)");
  Run(*other, "CREATE SCHEMA staging; CREATE TABLE staging.t AS SELECT 7 AS i");
  EXPECT_EQ(Text(*other, "SELECT * FROM lake.marts.v"), "5|4");
}

TEST_F(ViewEntryTest, ViewsAreExportedWithTheirTables) {
  Run("CREATE VIEW marts.v AS SELECT max(i) AS m FROM staging.t");
  Run("USE w.main");
  Run("EXPORT DATABASE '" + folder_ + "/exported'");
  auto other = OpenDatabase({})->NewSession();
  Run(*other, "IMPORT DATABASE '" + folder_ + "/exported'");
  EXPECT_EQ(Text(*other, "SELECT m FROM marts.v"), "4");
}

TEST_F(ViewEntryTest, ColumnsMayBeRenamedByTheView) {
  Run("CREATE VIEW v (a, b) AS SELECT i, i * 2 FROM staging.t LIMIT 1");
  EXPECT_EQ(Text("SELECT a, b FROM v"), "0|0");
  EXPECT_THAT(Rows("SELECT column_name FROM (DESCRIBE v)"), ElementsAre("a", "b"));
}

TEST_F(ViewEntryTest, CommentsAndRenames) {
  Run("CREATE VIEW v AS SELECT 1 AS a");
  Run("COMMENT ON VIEW v IS 'a view'");
  Run("COMMENT ON COLUMN v.a IS 'a column'");
  Run("ALTER VIEW v RENAME TO v2");
  EXPECT_EQ(Text("SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'w'"),
            "v2|a view");
  EXPECT_EQ(Text("SELECT comment FROM duckdb_columns() WHERE table_name = 'v2'"), "a column");
  EXPECT_EQ(Text("SELECT a FROM v2"), "1");
  Run("COMMENT ON VIEW v2 IS NULL");
  Run("COMMENT ON COLUMN v2.a IS NULL");
  EXPECT_EQ(Text("SELECT comment FROM duckdb_views() WHERE view_name = 'v2'"), "NULL");
  EXPECT_EQ(Text("SELECT comment FROM duckdb_columns() WHERE table_name = 'v2'"), "NULL");
}

TEST_F(ViewEntryTest, ViewsOfOtherEnginesAreListedAndNamed) {
  auto catalog = catalog::OpenCatalog(warehouse());
  catalog::CommitRequest request;
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kCreate;
  change.entity = catalog::EntityKind::kView;
  change.identifier = {{"marts"}, "foreign"};
  iceberg::Schema schema;
  iceberg::NestedField field;
  field.id = 1;
  field.name = "a";
  field.type = iceberg::Type::Primitive(iceberg::TypeId::kInt);
  schema.fields.push_back(field);
  iceberg::ViewVersion version;
  version.schema_id = iceberg::kLastAdded;
  version.representations = {{"SELECT `a` FROM x", "spark"}};
  version.default_namespace = {"marts"};
  change.updates = {iceberg::SetLocation{catalog->NewLocation(change.identifier)},
                    iceberg::AddSchema{schema}, iceberg::AddViewVersion{version},
                    iceberg::SetCurrentViewVersion{}};
  request.tables.push_back(change);
  catalog->Commit(request);

  EXPECT_EQ(Text("SELECT column_name FROM duckdb_columns() WHERE table_name = 'foreign'"), "a");
  EXPECT_THAT(Text("SELECT sql FROM duckdb_views() WHERE view_name = 'foreign'"), HasSubstr("`a`"));
  Error error = Failure("SELECT * FROM marts.\"foreign\"");
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("spark"));
}

TEST_F(ViewEntryTest, TemporaryTablesAreNotForViews) {
  Run("CREATE TEMP TABLE passing AS SELECT 1 AS a");
  EXPECT_EQ(Failure("CREATE VIEW v AS SELECT * FROM passing").code(), ErrorCode::kUnsupported);
}

TEST_F(ViewEntryTest, ListingsShowTablesAndViews) {
  Run("CREATE VIEW staging.v AS SELECT 1 AS a");
  EXPECT_THAT(Rows("SELECT table_name, table_type FROM information_schema.tables WHERE "
                   "table_schema = 'staging' ORDER BY ALL"),
              ElementsAre("t|BASE TABLE", "v|VIEW"));
  EXPECT_THAT(Rows("SELECT name, column_names FROM (SHOW ALL TABLES) WHERE schema = 'staging' "
                   "ORDER BY ALL"),
              ElementsAre("t|[i]", "v|[a]"));
  EXPECT_THAT(Rows("SHOW TABLES FROM w.staging"), ElementsAre("t", "v"));
}

}  // namespace
}  // namespace eider::engine
