// token create, token list and token revoke: who may ask a server.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/result_format.h"
#include "cli/serve_config.h"
#include "cli/terminal.h"
#include "cli/token_expiry.h"
#include "server/bearer_token.h"
#include "server/token_file.h"

namespace eider::cli {

namespace {

std::string TokenFile(const Arguments& arguments) {
  if (auto file = arguments.Text("tokens")) return *file;
  if (auto file = arguments.Text("config")) {
    ServeConfig config = ReadServeConfig(*file);
    const std::string& tokens = config.access.authentication.token_file;
    if (!tokens.empty()) return tokens;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} names no file of tokens", *file))
        .WithHint("It is the key 'tokens' of 'authentication'.");
  }
  throw Error(ErrorCode::kInvalidArgument, "it is not said which file keeps the tokens")
      .WithHint("Say --tokens FILE, or --config eider.yaml, in which it is named.");
}

std::string TimeText(int64_t millis) {
  // "2026-11-25T02:30:00.000000Z" without its fraction.
  return FormatInstant(millis * 1000).substr(0, 19) + "Z";
}

std::string ExpiryText(const server::TokenRecord& record) {
  return record.expires_ms == 0 ? "never" : TimeText(record.expires_ms);
}

std::string ScopesText(const server::TokenRecord& record) {
  std::vector<std::string> texts;
  for (const server::Grant& scope : record.scopes) texts.push_back(scope.text());
  return texts.empty() ? "all" : Join(texts, " ");
}

int RunCreate(const Arguments& arguments) {
  server::TokenRecord record;
  record.name = arguments.Text("name").value_or("");
  for (const std::string& scope : arguments.List("scope")) record.scopes.emplace_back(scope);
  record.expires_ms = ParseTokenExpiry(arguments.Text("expires").value_or("never"), NowMillis());
  std::string text = server::AddToken(TokenFile(arguments), record);
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
  std::fputs(fmt::format("This is the token '{}' (scopes: {}; ends: {}). It is not shown again.\n",
                         record.name, ScopesText(record), ExpiryText(record))
                 .c_str(),
             stderr);
  return kSuccess;
}

int RunList(const Arguments& arguments) {
  std::vector<server::TokenRecord> records = server::ReadTokenFile(TokenFile(arguments));
  int64_t now = NowMillis();
  if (arguments.Text("format") == "json") {
    Json list = Json::array();
    for (const server::TokenRecord& record : records) {
      Json scopes = Json::array();
      for (const server::Grant& scope : record.scopes) scopes.push_back(scope.text());
      list.push_back(
          {{"name", record.name},
           {"id", record.id},
           {"scopes", std::move(scopes)},
           {"created", TimeText(record.created_ms)},
           {"expires", record.expires_ms == 0 ? Json(nullptr) : Json(TimeText(record.expires_ms))},
           {"expired", record.IsExpired(now)}});
    }
    fmt::print("{}\n", list.dump(2));
    return kSuccess;
  }
  std::vector<std::vector<std::string>> rows;
  for (const server::TokenRecord& record : records) {
    rows.push_back({record.name, record.id, ScopesText(record), TimeText(record.created_ms),
                    ExpiryText(record) + (record.IsExpired(now) ? " (expired)" : "")});
  }
  TableStyle style;
  style.width = SizeOfTerminal(STDOUT_FILENO).columns;
  style.footer = false;
  WriteTable({"name", "id", "scopes", "created", "expires"}, rows, style,
             [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
  return kSuccess;
}

int RunRevoke(const Arguments& arguments) {
  std::string name = server::RevokeToken(TokenFile(arguments), *arguments.operand());
  fmt::print("The token '{}' is of no use any more; servers that run know within a second.\n",
             name);
  return kSuccess;
}

std::vector<Option> FileOptions() {
  using Kind = Option::Kind;
  return {{"--tokens", Kind::kText, "FILE", "The file that keeps the tokens' hashes.", "", {}},
          {"--config",
           Kind::kText,
           "FILE",
           "The server's eider.yaml, which names that file.",
           "EIDER_CONFIG",
           {}}};
}

}  // namespace

Command TokenCommand() {
  using Kind = Option::Kind;
  Command create;
  create.name = "create";
  create.summary = "Make a token and print it";
  create.description =
      "The token is printed once, alone on standard output; the file keeps only its hash.\n"
      "\n"
      "  eider token create --tokens tokens.json --name superset --scope read:shop --expires 90d";
  create.options = Concatenate(
      {FileOptions(),
       {{"--name", Kind::kText, "NAME", "Of its principal: token:NAME.", "", {}},
        {"--scope",
         Kind::kRepeated,
         "RIGHT[:WAREHOUSE[/NAMESPACE[/TABLE]]]",
         "What it is limited to: read, write or admin, on all or on what follows; may be repeated. "
         "Without it only roles limit it.",
         "",
         {}},
        {"--expires",
         Kind::kText,
         "WHEN",
         "12h, 90d, 2027-03-31 or never, the default.",
         "",
         {}}}});
  create.run = RunCreate;

  Command list;
  list.name = "list";
  list.summary = "List the tokens there are";
  list.options = Concatenate(
      {FileOptions(),
       {{"--format", Kind::kText, "FORM", "How they are printed.", "", {"text", "json"}}}});
  list.run = RunList;

  Command revoke;
  revoke.name = "revoke";
  revoke.summary = "End a token";
  revoke.options = FileOptions();
  revoke.operand = "NAME_OR_ID";
  revoke.operand_required = true;
  revoke.run = RunRevoke;

  Command command;
  command.name = "token";
  command.summary = "Make, list and revoke tokens for eider serve";
  command.subcommands = {create, list, revoke};
  return command;
}

}  // namespace eider::cli
