// The names a template sees while its project is parsed. Nothing runs then: what the template asks
// for is noted, and values that only the warehouse has are stand-ins.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "dbt/context.h"
#include "dbt/node.h"
#include "dbt/parse_state.h"

namespace eider::dbt {

// Where what a template asks for is noted. All pointers live as long as the context.
struct ParseNotes {
  std::vector<RefArgs>* refs = nullptr;
  std::vector<SourceArgs>* sources = nullptr;
  std::vector<std::vector<std::string>>* metrics = nullptr;
  Json* config_call = nullptr;                 // config() calls, merged; null: config() is an error
  std::vector<std::string>* macros = nullptr;  // unique ids, each once
};

// The context of `node`, noting what is asked for in the node itself. `node` must outlive it.
std::unique_ptr<Context> MakeParseContext(const ParseState& state, Node& node);

// ref, source, metric of an exposure's depends_on, or of a text that is no node.
std::unique_ptr<Context> MakeReferenceContext(const ParseState& state, const std::string& package,
                                              const ParseNotes& notes);

// `adapter` as templates of `package` see it while parsing.
jinja::Value MakeParsedAdapter(const ParseState& state, const std::string& package);

// Merges the options of one more config() call into those of the calls before it.
void MergeConfigCall(Json& config_call, const Json& options);

// The arguments of ref() and source(). Throw kInvalidArgument where they are not what these take.
RefArgs ReadRef(const jinja::Arguments& arguments);
SourceArgs ReadSource(const jinja::Arguments& arguments);
// The one mapping, or the keyword arguments, of config(), keys as the manifest has them.
Json ReadConfigCall(const jinja::Arguments& arguments);

// "ref('x')" or "source('a', 'b')", as snapshots and foreign keys name what they refer to. Returns
// false where `text` is neither.
bool ReadReferenceText(const std::string& text, std::vector<RefArgs>& refs,
                       std::vector<SourceArgs>& sources);

}  // namespace eider::dbt
