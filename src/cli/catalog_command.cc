// catalog check and catalog rebuild: a warehouse's catalog against its folder.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/clock.h"
#include "base/json.h"
#include "catalog/check.h"
#include "catalog/rebuild.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/result_format.h"
#include "cli/sql_connection.h"
#include "cli/terminal.h"

namespace eider::cli {

namespace {

constexpr int64_t kRecentMicros = 10 * 60 * 1'000'000LL;

std::string SizeText(int64_t bytes) {
  if (bytes < 0) return "";
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes);
  for (const char* unit : {"KiB", "MiB", "GiB"}) {
    size /= 1024;
    if (size < 1024) return fmt::format("{:.1f} {}", size, unit);
  }
  return fmt::format("{:.1f} TiB", size / 1024);
}

Json ReportAsJson(const std::string& warehouse, const catalog::CheckReport& report) {
  Json findings = Json::array();
  for (const catalog::Finding& finding : report.findings) {
    findings.push_back(
        {{"kind", catalog::FindingKindName(finding.kind)},
         {"damage", catalog::IsDamage(finding.kind)},
         {"object", finding.object},
         {"path", finding.path},
         {"size", finding.size},
         {"modified", finding.modified_micros > 0 ? Json(FormatInstant(finding.modified_micros))
                                                  : Json(nullptr)},
         {"detail", finding.detail}});
  }
  return {{"warehouse", warehouse},
          {"tables", report.tables},
          {"views", report.views},
          {"files", report.files},
          {"bytes", report.bytes},
          {"leftover_bytes", report.leftover_bytes},
          {"unfinished_unknown", report.unfinished_unknown},
          {"damaged", report.has_damage()},
          {"findings", std::move(findings)}};
}

void PrintUnknown(const catalog::CheckReport& report) {
  if (report.unfinished_unknown.empty()) return;
  fmt::print("Whether uploads were begun and not ended is not known: {}.\n",
             report.unfinished_unknown);
}

void PrintReport(const std::string& warehouse, const catalog::CheckReport& report) {
  auto print = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  print(fmt::format("{}: {} tables, {} views, {} files, {}\n", warehouse, report.tables,
                    report.views, report.files, SizeText(report.bytes)));
  std::vector<std::vector<std::string>> rows;
  bool recent = false;
  for (const catalog::Finding& finding : report.findings) {
    rows.push_back({std::string(catalog::FindingKindName(finding.kind)), finding.object,
                    SizeText(finding.size), finding.path, finding.detail});
    bool is_rest = finding.kind == catalog::FindingKind::kLeftoverFile ||
                   finding.kind == catalog::FindingKind::kUnfinishedFile;
    recent = recent || (is_rest && finding.modified_micros > NowMicros() - kRecentMicros);
  }
  if (rows.empty()) {
    print("Catalog and folder agree.\n");
    PrintUnknown(report);
    return;
  }
  TableStyle style;
  style.width = SizeOfTerminal(STDOUT_FILENO).columns;
  style.footer = false;
  print("\n");
  WriteTable({"finding", "of", "size", "path", "what"}, rows, style, print);
  print("\n");
  if (report.leftover_bytes > 0) {
    print(fmt::format("Leftover files take {} and may be removed.\n",
                      SizeText(report.leftover_bytes)));
  }
  if (recent) {
    print("Some were written in the last minutes: a commit that is under way may need them.\n");
  }
  bool damaged = std::any_of(report.findings.begin(), report.findings.end(),
                             [](const catalog::Finding& finding) {
                               return catalog::IsDamage(finding.kind) &&
                                      finding.kind != catalog::FindingKind::kMovedWarehouse;
                             });
  PrintUnknown(report);
  if (damaged) print("There is damage: rows cannot be read until it is mended.\n");
}

int RunCheck(const Arguments& arguments) {
  WarehousePlace place = PlaceOfOwnWarehouse(arguments);
  const std::string& warehouse = place.folder;
  catalog::CheckOptions options;
  options.store = place.catalog;
  options.storage = place.storage;
  options.data_files = !arguments.Flag("fast");
  catalog::CheckReport report = catalog::CheckWarehouse(warehouse, options);
  if (arguments.Text("format") == "json") {
    fmt::print("{}\n", ReportAsJson(warehouse, report).dump(2));
  } else {
    PrintReport(warehouse, report);
  }
  return report.has_damage() ? kFailure : kSuccess;
}

int RunRebuild(const Arguments& arguments) {
  catalog::RebuildOptions options;
  options.name = arguments.Text("name").value_or("");
  options.replace_healthy = arguments.Flag("replace");
  options.take_unproven = !arguments.Flag("only-proven");
  WarehousePlace place = PlaceOfOwnWarehouse(arguments);
  const std::string& warehouse = place.folder;
  options.store = place.catalog;
  options.storage = place.storage;
  catalog::RebuildReport report = catalog::RebuildCatalog(warehouse, options);
  for (const catalog::RebuiltEntry& entry : report.entries) {
    bool view = entry.entry.kind == catalog::EntityKind::kView;
    fmt::print("{} {}{}\n", view ? "view" : "table", entry.identifier.ToString(),
               entry.note.empty() ? "" : ": " + entry.note);
  }
  for (const catalog::SkippedFolder& skipped : report.skipped) {
    fmt::print("left out {}: {}\n", skipped.path, skipped.reason);
  }
  if (!report.old_catalog.empty()) fmt::print("The old catalog is {}.\n", report.old_catalog);
  fmt::print("Catalog '{}' of {} holds {} tables and views.\n", report.name, warehouse,
             report.entries.size());
  return kSuccess;
}

}  // namespace

Command CatalogCommand() {
  using Kind = Option::Kind;
  Command check;
  check.name = "check";
  check.summary = "Compare the catalog with the warehouse's folder";
  check.description =
      "Lists files that nothing refers to, and damage: files that are missing or broken. Changes "
      "nothing. The exit code is 1 when there is damage.";
  check.options = Concatenate(
      {WarehouseOptions(),
       {{"--fast", Kind::kFlag, "", "Do not open data files.", "", {}},
        {"--format", Kind::kText, "FORM", "How the findings are printed.", "", {"text", "json"}}}});
  check.run = RunCheck;

  Command rebuild;
  rebuild.name = "rebuild";
  rebuild.summary = "Make catalog.db anew from the warehouse's folder";
  rebuild.description =
      "For a warehouse whose catalog.db is lost or damaged. No data file is touched.";
  rebuild.options = Concatenate(
      {WarehouseOptions(),
       {{"--name",
         Kind::kText,
         "NAME",
         "The catalog's name; else the old one or the folder's.",
         "",
         {}},
        {"--replace", Kind::kFlag, "", "Go on although the old catalog is healthy.", "", {}},
        {"--only-proven",
         Kind::kFlag,
         "",
         "Leave out newest metadata that may not have been committed.",
         "",
         {}}}});
  rebuild.run = RunRebuild;

  Command command;
  command.name = "catalog";
  command.summary = "Check or rebuild the warehouse's catalog";
  command.subcommands = {check, rebuild};
  return command;
}

}  // namespace eider::cli
