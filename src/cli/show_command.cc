// show: some rows of a model or of an inline query.
#include "base/text.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/invocation.h"
#include "cli/resource_counts.h"
#include "dbt/parser.h"

namespace eider::cli {

namespace {

using dbt::NodeType;

constexpr int kDefaultLimit = 5;

void PrintRows(Invocation& invocation, const dbt::ShowResult& shown, bool is_inline) {
  std::string text;
  if (invocation.arguments().Text("output") == "json") {
    Json object = Json::object();
    if (!is_inline) object["node"] = shown.name;
    object["show"] = shown.table->ToRowObjects();
    text = object.dump(2);
  } else {
    if (!invocation.arguments().Flag("quiet")) {
      text = is_inline ? "Previewing inline node:\n" : "Previewing node '" + shown.name + "':\n";
    }
    text += shown.table->Print(shown.table->rows().size(), shown.table->column_names().size());
  }
  invocation.Print(std::string(Trim(text)), "ShowNode", "Q041",
                   {{"is_inline", is_inline},
                    {"node_name", shown.name},
                    {"preview", text},
                    {"unique_id", shown.unique_id}});
}

int RunShow(Invocation& invocation) {
  const Arguments& arguments = invocation.arguments();
  auto sql = arguments.Text("inline");
  if (!sql && !arguments.Has("select") && !arguments.Has("selector")) {
    throw Error(ErrorCode::kInvalidArgument, "Either --select or --inline must be passed to show");
  }
  dbt::Manifest& manifest = invocation.manifest();
  EmitFound(invocation.console(), manifest);
  dbt::RunOptions options = invocation.RunOptionsFor({});
  dbt::Adapter& adapter = invocation.adapter();
  InterruptHandler interrupts([&] { adapter.CancelAll(); }, InterruptHandler::Second::kQuits);
  int64_t limit = arguments.Integer("limit").value_or(kDefaultLimit);
  if (sql) {
    dbt::Node node = dbt::ParseInline(manifest, *sql);
    PrintRows(invocation, dbt::ShowNode(manifest, adapter, node, limit, options), true);
    return kSuccess;
  }
  std::set<std::string> selected =
      invocation.Select({NodeType::kModel, NodeType::kSeed, NodeType::kTest, NodeType::kSnapshot,
                         NodeType::kAnalysis});
  if (selected.empty()) {
    invocation.Warn("Nothing to do. Try checking your model configs and model specification args",
                    "NothingToDo", "Q035");
  }
  for (const std::string& id : NodesToPrint(arguments, manifest, selected)) {
    dbt::Node& node = manifest.nodes.at(id);
    PrintRows(invocation, dbt::ShowNode(manifest, adapter, node, limit, options), false);
  }
  return kSuccess;
}

}  // namespace

Command ShowCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "show";
  command.summary = "Print rows of a model, or of an inline query";
  command.options = Concatenate(
      {SelectionOptions(),
       {{"--inline", Kind::kText, "SQL", "Show this query's rows; templates may be used.", "", {}},
        {"--limit", Kind::kInteger, "N", "At most so many rows, 5 at first; -1 is all.", "", {}},
        {"--output", Kind::kText, "FORM", "How rows are printed.", "", {"json", "text"}},
        IntrospectOption(),
        ThreadsOption(),
        FullRefreshOption()},
       ProjectOptions()});
  command.run = [](const Arguments& arguments) { return RunInvocation(arguments, RunShow); };
  return command;
}

}  // namespace eider::cli
