#include "dbt/macro_parser.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "dbt/builtin_macros.h"
#include "dbt/environment.h"
#include "dbt/yaml_rendering.h"

namespace eider::dbt {

namespace {

struct MacroFile {
  Origin origin;
  std::string text;
  bool generic_tests_only = false;  // of <test-path>/generic, where plain macros do not count
  std::shared_ptr<const jinja::Template> source;
};

std::vector<MacroFile> CollectFiles(const ParseState& state,
                                    const std::vector<const PackageFiles*>& packages) {
  std::vector<MacroFile> files;
  std::vector<std::string> internal;
  if (state.config->adapter) internal = state.config->adapter->internal_packages();
  for (const auto& builtin : BuiltinMacroFiles()) {
    if (std::find(internal.begin(), internal.end(), builtin.package) == internal.end()) continue;
    if (!builtin.path.ends_with(".sql")) continue;
    MacroFile file;
    file.origin.package_name = builtin.package;
    file.origin.path = file.origin.original_file_path = builtin.path;
    file.text = builtin.text;
    files.push_back(std::move(file));
  }
  for (const auto* package : packages) {
    for (const auto& source : package->macros) {
      MacroFile file;
      file.origin = source;
      file.origin.path = source.original_file_path;
      file.text = AtFileLines(source, source.text);
      const Project* project = state.config->FindPackage(source.package_name);
      for (const auto& folder : project->test_paths) {
        if (source.original_file_path.starts_with(folder + "/generic/")) {
          file.generic_tests_only = true;
        }
      }
      files.push_back(std::move(file));
    }
  }
  return files;
}

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)); }

// The block as the manifest shows it: tags that strip white space take it along.
std::string BlockText(const std::string& source, const jinja::MacroInfo& info) {
  size_t begin = info.begin, end = info.end;
  if (source.compare(begin, 3, "{%-") == 0) {
    while (begin > 0 && IsSpace(source[begin - 1])) --begin;
  }
  if (end >= 3 && source.compare(end - 3, 3, "-%}") == 0) {
    while (end < source.size() && IsSpace(source[end])) ++end;
  }
  return source.substr(begin, end - begin);
}

std::vector<std::string> SupportedLanguages(const jinja::MacroInfo& info) {
  if (info.header.tag != "materialization") return {};
  const jinja::Value* option = info.header.Option("supported_languages");
  if (!option || !option->Items()) return {"sql"};
  std::vector<std::string> languages;
  for (const auto& item : *option->Items()) languages.push_back(item.Str());
  return languages;
}

void AddMacro(ParseState& state, const MacroFile& file, const jinja::MacroInfo& info) {
  Macro macro;
  static_cast<Origin&>(macro) = file.origin;
  macro.name = info.name;
  macro.unique_id = "macro." + macro.package_name + "." + macro.name;
  macro.macro_sql = BlockText(file.source->source(), info);
  macro.line = info.line;
  macro.supported_languages = SupportedLanguages(info);
  macro.created_at = state.created_at;
  auto [place, fresh] = state.manifest.macros.try_emplace(macro.unique_id, std::move(macro));
  if (!fresh) {
    const Macro& other = place->second;
    throw Error(ErrorCode::kAlreadyExists, "dbt found two macros named \"" + other.name +
                                               "\" in the project \"" + other.package_name + "\"")
        .WithHint("Rename or remove one of the following macros:\n    - " +
                  other.original_file_path + "\n    - " + file.origin.original_file_path)
        .At(file.origin.original_file_path, info.line);
  }
  state.macros->Add(place->second, file.source, info);
}

// The macros that the text of `macro` calls, as far as can be seen without running it.
void FindCalledMacros(const MacroLibrary& library, const jinja::Template& source, Macro& macro) {
  auto& called = macro.depends_on_macros;
  auto note = [&](const MacroEntry* entry) {
    if (!entry || entry->macro->unique_id == macro.unique_id) return;
    const auto& id = entry->macro->unique_id;
    if (std::find(called.begin(), called.end(), id) == called.end()) called.push_back(id);
  };
  source.VisitCalls([&](const jinja::CallSite& call) {
    if (call.macro != macro.name) return;
    const std::string& function = call.function;
    if (function.empty() || function == "ref" || function == "source" || function == "config") {
      return;
    }
    size_t dot = function.find('.');
    if (function == "adapter.dispatch") {
      const auto& arguments = call.arguments;
      const jinja::Value* name = arguments.Keyword("macro_name");
      if (!name && !arguments.positional.empty()) name = &arguments.positional[0];
      const jinja::Value* place = arguments.Keyword("macro_namespace");
      if (!place && arguments.positional.size() > 1) place = &arguments.positional[1];
      if (!name || !name->IsString()) return;
      if (name->AsString() != macro.name) {
        note(library.Find(name->AsString(), macro.package_name));
      }
      std::optional<std::string> package;
      if (place && place->IsString()) package = place->AsString();
      note(library.FindDispatched(name->AsString(), package, macro.package_name));
    } else if (dot == function.npos) {
      if (function != macro.name) note(library.Find(function, macro.package_name));
    } else if (function.find('.', dot + 1) == function.npos && !function.starts_with("adapter.")) {
      std::string_view text = function;
      note(library.FindInPackage(text.substr(dot + 1), text.substr(0, dot)));
    }
  });
}

// Finds `{% word` at or after `from`, with optional "-": where the tag begins, and past the word.
struct Tag {
  size_t begin = 0;
  size_t after_word = 0;
};
std::optional<Tag> FindTag(std::string_view text, std::string_view word, size_t from) {
  for (size_t begin = text.find("{%", from); begin != text.npos;
       begin = text.find("{%", begin + 2)) {
    size_t at = begin + 2;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    while (at < text.size() && IsSpace(text[at])) ++at;
    if (text.substr(at, word.size()) != word) continue;
    size_t after = at + word.size();
    bool whole = after >= text.size() ||
                 !(std::isalnum(static_cast<unsigned char>(text[after])) || text[after] == '_');
    if (whole) return Tag{begin, after};
  }
  return std::nullopt;
}

}  // namespace

void ParseMacros(ParseState& state, const std::vector<const PackageFiles*>& packages) {
  std::vector<MacroFile> files = CollectFiles(state, packages);
  ParallelFor(files.size(), [&](size_t i) {
    MacroFile& file = files[i];
    file.source = RunEnvironment().Compile(std::move(file.text), file.origin.original_file_path);
  });
  for (const auto& file : files) {
    for (const auto& info : file.source->Macros()) {
      const std::string& tag = info.header.tag;
      bool test = tag == "test" || tag == "data_test";
      bool macro = (tag == "macro" || tag == "materialization") && !file.generic_tests_only;
      if (test || macro) AddMacro(state, file, info);
    }
  }
  std::vector<Macro*> macros;
  for (auto& [id, macro] : state.manifest.macros) macros.push_back(&macro);
  ParallelFor(macros.size(), [&](size_t i) {
    const auto* entry = state.macros->FindInPackage(macros[i]->name, macros[i]->package_name);
    // Of a built-in package "dbt" means all of them; a nearer one may hide this macro.
    if (!entry || entry->macro != macros[i]) return;
    FindCalledMacros(*state.macros, *entry->source, *macros[i]);
  });
}

void PatchMacros(ParseState& state, const std::vector<PropertyFile>& files) {
  auto text = [](const Json& object, const char* key) -> std::optional<std::string> {
    auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  for (const auto& file : files) {
    for (const auto& entry : file.macros) {
      const Json& properties = entry.properties;
      std::string name = properties.value("name", "");
      auto found = state.manifest.macros.find("macro." + file.package_name + "." + name);
      if (found == state.manifest.macros.end()) {
        state.warn("Found patch for macro \"" + name + "\" which was not found");
        continue;
      }
      Macro& macro = found->second;
      if (macro.patch_path) {
        throw Error(ErrorCode::kAlreadyExists,
                    "dbt found two schema.yml entries for the same macro named " + name)
            .WithHint("The other stands in " +
                      macro.patch_path->substr(macro.patch_path->find("://") + 3) + ".")
            .At(file.original_file_path, entry.line);
      }
      macro.patch_path = file.patch_path();
      macro.description = text(properties, "description").value_or("");
      Json config = properties.value("config", Json::object());
      for (const Json* owner : {&properties, const_cast<const Json*>(&config)}) {
        if (auto meta = owner->find("meta"); meta != owner->end() && meta->is_object()) {
          macro.meta.update(*meta);
        }
        if (auto docs = owner->find("docs"); docs != owner->end() && docs->is_object()) {
          macro.docs.show = docs->value("show", true);
          macro.docs.node_color = text(*docs, "node_color");
        }
      }
      auto arguments = properties.find("arguments");
      if (arguments == properties.end() || !arguments->is_array()) continue;
      macro.arguments.clear();
      for (const Json& argument : *arguments) {
        auto argument_name = argument.is_object() ? text(argument, "name") : std::nullopt;
        if (!argument_name) {
          throw Error(ErrorCode::kInvalidArgument,
                      "Invalid macros config given in " + file.original_file_path +
                          ": an argument of '" + name + "' has no name")
              .At(file.original_file_path, entry.line);
        }
        macro.arguments.push_back(
            {*argument_name, text(argument, "type"), text(argument, "description").value_or("")});
      }
    }
  }
}

PackageFiles BuiltinDocs() {
  PackageFiles files;
  for (const auto& builtin : BuiltinMacroFiles()) {
    if (!builtin.path.ends_with(".md")) continue;
    SourceFile file;
    file.package_name = builtin.package;
    file.original_file_path = builtin.path;
    file.path = builtin.path.substr(builtin.path.find('/') + 1);  // within docs/
    file.text = builtin.text;
    files.docs.push_back(std::move(file));
  }
  return files;
}

void ParseDocs(ParseState& state, const PackageFiles& files) {
  for (const auto& file : files.docs) {
    std::string_view text = file.text;
    auto line_of = [&](size_t offset) {
      return file.FileLine(1 +
                           static_cast<int>(std::count(text.begin(), text.begin() + offset, '\n')));
    };
    for (auto tag = FindTag(text, "docs", 0); tag;) {
      size_t close = text.find("%}", tag->after_word);
      auto end = close == text.npos ? std::nullopt : FindTag(text, "enddocs", close + 2);
      if (!end) {
        throw Error(ErrorCode::kSyntax, "the docs block that begins here is not closed")
            .WithHint("End it with {% enddocs %}.")
            .At(file.original_file_path, line_of(tag->begin));
      }
      size_t name_end = text[close - 1] == '-' ? close - 1 : close;
      std::string name(Trim(text.substr(tag->after_word, name_end - tag->after_word)));
      Doc doc;
      static_cast<Origin&>(doc) = file;
      doc.name = name;
      doc.unique_id = "doc." + doc.package_name + "." + name;
      doc.block_contents = Trim(text.substr(close + 2, end->begin - close - 2));
      if (HasTemplate(doc.block_contents)) {
        auto compiled = RunEnvironment().Compile(doc.block_contents, file.original_file_path);
        doc.block_contents = Trim(compiled->Render());
      }
      auto [place, fresh] = state.manifest.docs.try_emplace(doc.unique_id, doc);
      if (!fresh) {
        throw Error(ErrorCode::kAlreadyExists, "dbt found two docs with the name \"" + name + "\"")
            .WithHint(
                "Since these resources have the same name, dbt will be unable to find the "
                "correct resource when looking for doc(\"" +
                name + "\"). Change the name of one of these resources:\n- " +
                place->second.unique_id + " (" + place->second.original_file_path + ")\n- " +
                doc.unique_id + " (" + doc.original_file_path + ")")
            .At(file.original_file_path, line_of(tag->begin));
      }
      tag = FindTag(text, "docs", end->after_word);
    }
  }
}

}  // namespace eider::dbt
