#include "dbt/reference_resolver.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/context.h"
#include "dbt/environment.h"
#include "dbt/yaml_rendering.h"

namespace eider::dbt {

namespace {

std::string TitleOf(NodeType type) {
  std::string title(NodeTypeName(type));
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

// What a name led to nothing: for a test a warning, else an error.
struct Missing {
  std::string kind;  // "node" or "source"
  std::string name;
  std::optional<std::string> package;
  Json version;
  bool disabled = false;
  std::vector<std::string> candidates;
};

std::string Describe(const std::string& title, const std::string& unique_id,
                     const std::string& file, const Missing& missing) {
  std::string text = title + " '" + unique_id + "' (" + file + ") depends on a " + missing.kind +
                     " named '" + missing.name + "' ";
  if (!missing.version.is_null()) {
    text += "with version '" +
            (missing.version.is_string() ? missing.version.get<std::string>()
                                         : missing.version.dump()) +
            "' ";
  }
  if (missing.package) text += "in package or project '" + *missing.package + "' ";
  return text + (missing.disabled ? "which is disabled" : "which was not found");
}

[[noreturn]] void ThrowMissing(const std::string& message, const Origin& origin, int line,
                               const Missing& missing) {
  Error error(ErrorCode::kNotFound, message);
  if (missing.disabled) {
    error.WithHint("Enable '" + missing.name + "', or disable what depends on it as well.");
  } else {
    std::string near = ClosestMatch(missing.name, missing.candidates);
    if (!near.empty()) error.WithHint("Did you mean '" + near + "'?");
  }
  throw error.At(origin.original_file_path, line);
}

// The line of the first `needle` in the node's code, for errors; 0 where it is not there.
int LineOf(const std::string& code, const std::string& needle) {
  for (const char* quote : {"'", "\""}) {
    size_t at = code.find(quote + needle + quote);
    if (at != code.npos) {
      return 1 + static_cast<int>(std::count(code.begin(), code.begin() + at, '\n'));
    }
  }
  return 0;
}

void AddOnce(std::vector<std::string>& list, const std::string& id) {
  if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
}

// A private target may be referred to from within its group only.
void CheckReference(const Node& from, const Node& target) {
  if (target.type != NodeType::kModel || target.access != "private") return;
  if (!target.group || from.group == target.group) return;
  throw Error(ErrorCode::kInvalidArgument,
              "Node " + from.unique_id + " attempted to reference node " + target.unique_id +
                  ", which is not allowed because the referenced node is private to the '" +
                  *target.group + "' group.")
      .At(from.original_file_path);
}

class Resolver {
 public:
  explicit Resolver(ParseState& state) : state_(state), manifest_(state.manifest) {}

  void Resolve(Node& node) {
    if (node.type == NodeType::kSeed) return;
    auto give_up = [&](const Missing& missing) {
      std::string message =
          Describe(TitleOf(node.type), node.unique_id, node.original_file_path, missing);
      if (node.type != NodeType::kTest) {
        ThrowMissing(message, node, LineOf(node.raw_code, NeedleOf(missing)), missing);
      }
      node.config.values()["enabled"] = false;
      if (!missing.disabled) state_.warn(message);
    };
    for (const auto& args : node.sources) {
      if (const Source* source = FindSource(args, node.package_name, give_up)) {
        AddOnce(node.depends_on_nodes, source->unique_id);
      }
    }
    for (const auto& args : node.refs) {
      const Node* target = FindRef(args, node.package_name, give_up);
      if (!target) continue;
      if (node.type != NodeType::kTest) CheckReference(node, *target);
      AddOnce(node.depends_on_nodes, target->unique_id);
    }
  }

  void Resolve(Exposure& exposure) {
    auto give_up = [&](const Missing& missing) {
      ThrowMissing(Describe("Exposure", exposure.unique_id, exposure.original_file_path, missing),
                   exposure, 0, missing);
    };
    for (const auto& args : exposure.sources) {
      if (const Source* source = FindSource(args, exposure.package_name, give_up)) {
        AddOnce(exposure.depends_on_nodes, source->unique_id);
      }
    }
    for (const auto& args : exposure.refs) {
      if (const Node* target = FindRef(args, exposure.package_name, give_up)) {
        AddOnce(exposure.depends_on_nodes, target->unique_id);
      }
    }
  }

 private:
  static std::string NeedleOf(const Missing& missing) {
    return missing.kind == "source" ? missing.name.substr(missing.name.find('.') + 1)
                                    : missing.name;
  }

  template <typename GiveUp>
  const Source* FindSource(const SourceArgs& args, const std::string& package, GiveUp give_up) {
    auto found = manifest_.FindSource(args.source_name, args.table_name, package);
    if (found.found && !found.disabled) return found.found;
    give_up(Missing{.kind = "source",
                    .name = args.source_name + "." + args.table_name,
                    .package = std::nullopt,
                    .version = nullptr,
                    .disabled = found.disabled,
                    .candidates = manifest_.SourceNames()});
    return nullptr;
  }

  template <typename GiveUp>
  const Node* FindRef(const RefArgs& args, const std::string& package, GiveUp give_up) {
    auto found = manifest_.FindRef(args.package, args.name, args.version, package);
    if (found.found && !found.disabled) return found.found;
    give_up(Missing{.kind = "node",
                    .name = args.name,
                    .package = args.package,
                    .version = args.version,
                    .disabled = found.disabled,
                    .candidates = manifest_.RefNames()});
    return nullptr;
  }

  ParseState& state_;
  Manifest& manifest_;
};

// Renders descriptions on behalf of one resource after the other.
class DescriptionRenderer {
 public:
  explicit DescriptionRenderer(ParseState& state) : state_(state) {}

  void Render(std::string& description, const std::string& unique_id, const Origin& origin,
              std::vector<std::string>* doc_blocks) {
    if (!HasTemplate(description)) return;
    const std::string& package = origin.package_name;
    auto source = RunEnvironment().Compile(description, origin.original_file_path);
    if (doc_blocks) {
      source->VisitCalls([&](const jinja::CallSite& call) {
        if (call.function != "doc" || !call.constant) return;
        if (const Doc* doc = Find(call.arguments, package)) doc_blocks->push_back(doc->unique_id);
      });
    }
    Context context(nullptr, package, state_.base);
    context.Set("var", MakeVar(*state_.config, package, unique_id));
    context.Set(
        "doc", jinja::Value::Function("doc", [&](jinja::State&, const jinja::Arguments& arguments) {
          if (const Doc* doc = Find(arguments, package)) {
            return jinja::Value(doc->block_contents);
          }
          std::vector<std::string> names;
          for (const auto& [id, doc] : state_.manifest.docs) names.push_back(doc.name);
          std::string name = arguments.positional.back().Str();
          Error error(ErrorCode::kNotFound, "Documentation for '" + unique_id +
                                                "' depends on doc '" + name +
                                                "' which was not found");
          std::string near = ClosestMatch(name, names);
          if (!near.empty()) error.WithHint("Did you mean '" + near + "'?");
          throw error;
        }));
    description = source->Render(context);
  }

  void RenderColumns(std::map<std::string, Column>& columns, const std::string& unique_id,
                     const Origin& origin) {
    for (auto& [name, column] : columns) {
      Render(column.description, unique_id, origin, &column.doc_blocks);
    }
  }

 private:
  const Doc* Find(const jinja::Arguments& arguments, const std::string& package) const {
    const auto& given = arguments.positional;
    if (given.empty() || given.size() > 2) {
      throw Error(ErrorCode::kInvalidArgument,
                  "doc() takes at most two arguments (" + std::to_string(given.size()) + " given)");
    }
    std::optional<std::string> named;
    if (given.size() == 2) named = given[0].Str();
    return state_.manifest.FindDoc(named, given.back().Str(), package);
  }

  ParseState& state_;
};

// What the tests on one model say of its columns.
struct ColumnTests {
  std::set<std::string> unique, disabled_unique, not_null;
};

void NoteTest(const Node& test, std::map<std::string, ColumnTests>& tests) {
  if (!test.test_metadata || !test.attached_node) return;
  const Json& arguments = test.test_metadata->kwargs;
  std::vector<std::string> columns;
  if (auto column = arguments.find("column_name"); column != arguments.end()) {
    if (column->is_string()) columns.push_back(column->get<std::string>());
  } else if (auto list = arguments.find("combination_of_columns");
             list != arguments.end() && list->is_array()) {
    for (const Json& item : *list) {
      if (item.is_string()) columns.push_back(item.get<std::string>());
    }
  }
  const std::string& name = test.test_metadata->name;
  ColumnTests& noted = tests[*test.attached_node];
  for (const auto& column : columns) {
    if (name == "unique" || name == "unique_combination_of_columns") {
      (test.config.enabled() ? noted.unique : noted.disabled_unique).insert(column);
    } else if (name == "not_null") {
      noted.not_null.insert(column);
    }
  }
}

std::vector<std::string> PrimaryKey(const Node& node, const ColumnTests& tests) {
  for (const Json& constraint : node.constraints) {
    if (constraint["type"] == "primary_key") {
      return constraint["columns"].get<std::vector<std::string>>();
    }
  }
  for (const auto& name : node.column_order) {
    for (const Json& constraint : node.columns.at(name).constraints) {
      if (constraint["type"] == "primary_key") return {name};
    }
  }
  std::vector<std::string> both;
  for (const auto& column : tests.not_null) {
    if (tests.unique.contains(column) || tests.disabled_unique.contains(column)) {
      both.push_back(column);
    }
  }
  if (!both.empty()) return both;
  const auto& unique = tests.unique.empty() ? tests.disabled_unique : tests.unique;
  return {unique.begin(), unique.end()};
}

}  // namespace

void ResolveNode(ParseState& state, Node& node) { Resolver(state).Resolve(node); }

void ResolveReferences(ParseState& state) {
  Resolver resolver(state);
  for (auto& [id, node] : state.manifest.nodes) resolver.Resolve(node);
  for (auto& [id, exposure] : state.manifest.exposures) resolver.Resolve(exposure);
}

void RenderDescriptions(ParseState& state) {
  DescriptionRenderer renderer(state);
  auto described_in = [](Origin origin, const std::optional<std::string>& patch_path) {
    size_t begin = patch_path ? patch_path->find("://") : std::string::npos;
    if (begin != std::string::npos) origin.original_file_path = patch_path->substr(begin + 3);
    return origin;
  };
  for (auto& [id, node] : state.manifest.nodes) {
    Origin origin = described_in(node, node.patch_path);
    renderer.Render(node.description, id, origin, &node.doc_blocks);
    renderer.RenderColumns(node.columns, id, origin);
  }
  for (auto& [id, source] : state.manifest.sources) {
    renderer.Render(source.description, id, source, &source.doc_blocks);
    renderer.Render(source.source_description, id, source, nullptr);
    renderer.RenderColumns(source.columns, id, source);
  }
  for (auto& [id, macro] : state.manifest.macros) {
    if (!macro.patch_path) continue;
    Origin origin = described_in(macro, macro.patch_path);
    renderer.Render(macro.description, id, origin, nullptr);
    for (auto& argument : macro.arguments) {
      renderer.Render(argument.description, id, origin, nullptr);
    }
  }
  for (auto& [id, exposure] : state.manifest.exposures) {
    renderer.Render(exposure.description, id, exposure, nullptr);
  }
}

void InferPrimaryKeys(Manifest& manifest) {
  std::map<std::string, ColumnTests> tests;
  for (const auto& [id, node] : manifest.nodes) NoteTest(node, tests);
  for (const auto& [id, list] : manifest.disabled) {
    for (const auto& node : list) NoteTest(node, tests);
  }
  for (auto& [id, node] : manifest.nodes) {
    if (node.type != NodeType::kModel) continue;
    auto found = tests.find(id);
    node.primary_key = PrimaryKey(node, found == tests.end() ? ColumnTests() : found->second);
    std::sort(node.primary_key.begin(), node.primary_key.end());
  }
}

void CheckAccess(const Manifest& manifest) {
  std::set<std::string> groups;
  for (const auto& [id, group] : manifest.groups) groups.insert(group.name);
  for (const auto& [id, node] : manifest.nodes) {
    if (node.group && !groups.contains(*node.group)) {
      throw Error(ErrorCode::kInvalidArgument, "Invalid group '" + *node.group + "' of '" + id +
                                                   "', expected one of [" +
                                                   Join({groups.begin(), groups.end()}, ", ") + "]")
          .At(node.original_file_path);
    }
    if (node.access == "public" && node.is_ephemeral()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Node " + id +
                      " with 'ephemeral' materialization has an invalid value (public) for the "
                      "access field")
          .At(node.original_file_path);
    }
  }
}

}  // namespace eider::dbt
