// Environments and templates: the entry to the template language (Jinja2 3.1).
//
//   Environment environment;
//   auto source = environment.Compile("select {{ x }}", "models/a.sql");
//   std::string text = source->Render(Dict{{"x", 1}});
//
// An Environment is set up first, then shared: Compile and every const member may be called from
// many threads at once. A Template is immutable and may be rendered by many threads at once. The
// environment must outlive its templates.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "jinja/object.h"
#include "jinja/value.h"

namespace eider::jinja {

struct MacroNode;
struct Scope;
struct TemplateNode;
class Environment;
class Interpreter;
class Template;

// Gives the values of names that a template does not define itself: the render context. The names
// it does not know are looked for in the environment's globals.
class Resolver {
 public:
  virtual ~Resolver() = default;
  // False when `name` is unknown. Asked at each use, so values may be made lazily.
  virtual bool Find(std::string_view name, Value* value) const = 0;
};

// A context held in a dict.
class DictResolver final : public Resolver {
 public:
  explicit DictResolver(Dict values) : values_(std::move(values)) {}
  bool Find(std::string_view name, Value* value) const override;

 private:
  Dict values_;
};

// One level of the macro stack, outermost first.
struct StackFrame {
  std::string_view macro;  // "" for the template itself
  std::string_view file;
  int line = 0;  // where this level stands now
};

// One rendering under way. Host functions receive it.
class State {
 public:
  virtual ~State() = default;
  virtual const Environment& environment() const = 0;
  // The context given to Render, then the environment's globals. Not the template's own variables.
  virtual bool FindInContext(std::string_view name, Value* value) const = 0;
  // A name as the expression `name` at the point of the call would resolve it.
  virtual bool FindName(std::string_view name, Value* value) const = 0;
  virtual const Resolver& context() const = 0;

  virtual Value Call(const Value& callee, const Arguments& arguments) = 0;
  virtual Value CallMethod(const Value& object, std::string_view name,
                           const Arguments& arguments) = 0;
  virtual Value CallFilter(std::string_view name, const Value& value,
                           const Arguments& arguments) = 0;
  virtual bool CallTest(std::string_view name, const Value& value, const Arguments& arguments) = 0;
  // x.name and x[key] with Jinja2's fallbacks; undefined when there is none.
  virtual Value GetAttribute(const Value& object, std::string_view name) = 0;
  virtual Value GetItem(const Value& object, const Value& key) = 0;

  // Calls `macro` of `source` with its free names resolved in this rendering's context: the
  // module-level {% set %}s of its file first, then the context. A return() ends it with its value.
  virtual Value CallMacro(const Template& source, const MacroNode& macro,
                          const Arguments& arguments) = 0;

  virtual std::vector<StackFrame> Stack() const = 0;
  virtual bool autoescape() const = 0;
};

// filter(value, arguments) and test(value, arguments).
using FilterFunction = std::function<Value(State&, const Value&, const Arguments&)>;
using TestFunction = std::function<bool(State&, const Value&, const Arguments&)>;

// How the header of a registered block tag reads, after the tag itself.
enum class BlockForm : uint8_t {
  kName,       // {% docs name %}
  kSignature,  // {% test name(a, b=1) %}
  kOptions,    // {% materialization name, default %}, {% materialization name, adapter='x' %}
};

struct BlockHeader {
  std::string tag;
  std::string name;
  // The options of kOptions in order; one without `=` is True. Values are constants.
  std::vector<std::pair<std::string, Value>> options;
  const Value* Option(std::string_view option) const;
};

// A block tag of the host's, parsed as a macro whose name the host computes.
struct BlockTag {
  std::string tag;
  std::vector<std::string> end_tags;  // {"endtest", "enddata_test"}
  BlockForm form = BlockForm::kName;
  // Options given to the macro as parameters with that default, rather than only recorded.
  std::vector<std::string> parameter_options = {};
  // The name under which the macro is listed and defined; null: the header's name. May throw
  // kSyntax.
  std::function<std::string(const BlockHeader&)> macro_name = nullptr;
  // The body is plain text up to the end tag, not parsed.
  bool raw_body = false;
};

// A macro found in a source, listed without running it.
struct MacroInfo {
  struct Parameter {
    std::string name;
    bool has_default = false;
    std::string default_source;  // text of the default's expression
  };
  std::string name;
  BlockHeader header;  // tag "macro" for {% macro %}; else what the block's header said
  std::vector<Parameter> parameters;
  int line = 0;
  // Offsets into the source, in bytes: the whole block with its tags, and the body between them.
  size_t begin = 0, end = 0;
  size_t body_begin = 0, body_end = 0;
  const MacroNode* node = nullptr;  // owned by the template
};

// A call found in a source, whether or not rendering would reach it.
struct CallSite {
  std::string function;  // dotted: "ref", "adapter.dispatch"
  Arguments arguments;   // those that are constant; others are undefined values
  bool constant = true;  // every argument is a literal (or list, dict of literals)
  bool unpacks = false;  // has *args or **kwargs, which `arguments` leaves out
  int line = 0;
  size_t offset = 0;         // of the name in the source, in bytes
  std::string_view macro;    // the macro it stands in, "" at the top level
  bool conditional = false;  // stands inside an if, for, or inline if
};

// The macros and top-level variables of a template that has been executed.
class Module {
 public:
  ~Module();
  Module(std::shared_ptr<const Template> source, std::shared_ptr<Scope> scope, std::string text);
  // The exported names (those that do not begin with "_"), macros among them. Callables live as
  // long as the module.
  Dict Exports() const;
  std::optional<Value> Find(std::string_view name) const;
  const std::string& text() const { return text_; }

 private:
  std::shared_ptr<const Template> source_;
  std::shared_ptr<Scope> scope_;
  std::string text_;
};

class Template : public std::enable_shared_from_this<Template> {
 public:
  ~Template();
  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }
  const Environment& environment() const { return environment_; }

  // Errors are kInvalidArgument (or the host function's own) with file and line, and in the hint
  // one line a level of the macro stack: "in macro x (macros/x.sql:12)".
  std::string Render(const Resolver& context) const;
  std::string Render(Dict context = {}) const;
  // As jinja2's NativeEnvironment: a template that is one expression gives its value, other output
  // is joined as text. With `literal_eval`, text that is a Python literal becomes its value.
  Value RenderNative(const Resolver& context, bool literal_eval) const;

  std::shared_ptr<Module> MakeModule(const Resolver& context) const;

  // Every macro and registered block at the top level, in the order of the source.
  const std::vector<MacroInfo>& Macros() const { return macros_; }
  const MacroInfo* FindMacro(std::string_view name) const;
  // A callable for `macro` that resolves its free names in the rendering that calls it
  // (State::CallMacro). It has the attributes name, arguments, defaults, catch_kwargs, ..
  Value BindMacro(const MacroInfo& macro) const;

  // Walks every call expression of the source in order, nested ones included.
  void VisitCalls(const std::function<void(const CallSite&)>& visit) const;

  // True when rendering copies the text through: no expression, no statement, no comment.
  bool IsPlainText() const;

 private:
  friend class Environment;
  friend class Interpreter;
  Template(const Environment& environment, std::string name, std::string source);

  const Environment& environment_;
  std::string name_;
  std::string source_;
  std::unique_ptr<const TemplateNode> root_;
  std::vector<MacroInfo> macros_;
};

struct EnvironmentOptions {
  bool trim_blocks = false;
  bool lstrip_blocks = false;
  bool keep_trailing_newline = false;
  bool autoescape = false;
  UndefinedMode undefined = UndefinedMode::kDefault;
  bool do_statement = true;    // jinja2.ext.do
  bool loop_controls = false;  // jinja2.ext.loopcontrols: break and continue
  // A global `return(value)` ends the macro that calls it with that value, of any type.
  bool return_function = false;
  // Macro calls nested deeper than this throw. Also bounded by the thread's stack.
  int recursion_limit = 500;
};

class Environment {
 public:
  explicit Environment(EnvironmentOptions options = {});
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const EnvironmentOptions& options() const { return options_; }

  void SetGlobal(std::string name, Value value);
  void SetFilter(std::string name, FilterFunction filter);
  void SetTest(std::string name, TestFunction test);
  void AddBlockTag(BlockTag tag);
  // Gives the text of a template named by include, import or extends; nothing when there is none.
  void SetLoader(std::function<std::optional<std::string>(const std::string& name)> loader);
  // Makes the undefined value of a name that is not found; null: options().undefined.
  using UndefinedHook = std::function<Value(const std::string& name)>;
  void SetUndefinedHook(UndefinedHook hook);

  // Throws kSyntax with `name` as the file, and the line.
  std::shared_ptr<const Template> Compile(std::string source, std::string name) const;
  // The template `name` from the loader, compiled once. Throws kNotFound.
  std::shared_ptr<const Template> Load(const std::string& name) const;

  const Value* FindGlobal(std::string_view name) const;
  const FilterFunction* FindFilter(std::string_view name) const;
  const TestFunction* FindTest(std::string_view name) const;
  const BlockTag* FindBlockTag(std::string_view tag) const;
  const UndefinedHook& undefined_hook() const { return undefined_hook_; }

 private:
  struct Loaded;
  EnvironmentOptions options_;
  std::map<std::string, Value, std::less<>> globals_;
  std::map<std::string, FilterFunction, std::less<>> filters_;
  std::map<std::string, TestFunction, std::less<>> tests_;
  std::map<std::string, BlockTag, std::less<>> block_tags_;
  std::function<std::optional<std::string>(const std::string&)> loader_;
  UndefinedHook undefined_hook_;
  std::unique_ptr<Loaded> loaded_;
};

// Python's ast.literal_eval: the value of `text` when it is a literal, nothing otherwise.
std::optional<Value> LiteralEval(std::string_view text);

// A name known to all, for the return() of EnvironmentOptions: ends the innermost macro.
struct MacroReturn {
  Value value;
};

}  // namespace eider::jinja
