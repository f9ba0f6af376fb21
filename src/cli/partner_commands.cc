// trino init, spark conf, flink conf, pyiceberg conf and duckdb attach: what other programs need to
// work on a running `eider serve`.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/partner_configuration.h"
#include "io/file_system.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

using Kind = Option::Kind;

constexpr char kDefaultServer[] = "http://127.0.0.1:8181";
constexpr char kDefaultCatalog[] = "jaffle_iceberg";

std::vector<Option> AddressOptions() {
  return {{"--server",
           Kind::kText,
           "URL",
           fmt::format("Where `eider serve` runs; {} unless told.", kDefaultServer),
           "EIDER_SERVER",
           {}},
          {"--warehouse,-w",
           Kind::kText,
           "NAME",
           "Which of the server's warehouses; its first unless told.",
           "",
           {}},
          {"--catalog",
           Kind::kText,
           "NAME",
           fmt::format("What the catalog is to be called there; {} unless told.", kDefaultCatalog),
           "",
           {}},
          {"--token-env",
           Kind::kText,
           "VARIABLE",
           "The environment variable in which the program will find its token.",
           "",
           {}},
          {"--s3",
           Kind::kFlag,
           "",
           "Tables lie on S3. The program finds the keys in its own environment.",
           "",
           {}},
          {"--s3-endpoint",
           Kind::kText,
           "URL",
           "Whose S3, where it is not AWS's own; says --s3.",
           "",
           {}},
          {"--s3-region",
           Kind::kText,
           "REGION",
           "Its region, us-east-1 unless told; says --s3.",
           "",
           {}},
          {"--delegation",
           Kind::kText,
           "WAY",
           "What the program has instead of keys of its own: vended-credentials, or "
           "remote-signing of each request; says --s3.",
           "",
           {}}};
}

// Whatever the text is pasted into, it stays one value.
void CheckPlain(const std::string& text, const char* option) {
  bool plain = std::none_of(text.begin(), text.end(),
                            [](unsigned char c) { return c < ' ' || c == 0x7f || c == '$'; });
  if (plain) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} holds a character that cannot be written for other programs: "
                          "control characters and $ are none of a name",
                          option));
}

void CheckCatalog(const std::string& name) {
  if (IsPlainName(name)) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' cannot be the name of a catalog everywhere", name))
      .WithHint("Take letters, digits and underscores.");
}

void CheckVariable(const std::string& name) {
  if (IsPlainName(name)) return;
  throw Error(ErrorCode::kInvalidArgument, "--token-env is to name an environment variable")
      .WithHint(
          "The token itself is not written anywhere: export EIDER_TOKEN=.., and say "
          "--token-env EIDER_TOKEN.");
}

CatalogAddress AddressFrom(const Arguments& arguments) {
  CatalogAddress address;
  address.uri = CatalogUri(arguments.Text("server").value_or(kDefaultServer));
  address.catalog = arguments.Text("catalog").value_or(kDefaultCatalog);
  CheckCatalog(address.catalog);
  address.warehouse = arguments.Text("warehouse").value_or("");
  CheckPlain(address.warehouse, "--warehouse");
  address.token_variable = arguments.Text("token-env").value_or("");
  if (arguments.Has("token-env")) CheckVariable(address.token_variable);
  if (arguments.Flag("s3") || arguments.Has("s3-endpoint") || arguments.Has("s3-region") ||
      arguments.Has("delegation")) {
    CatalogAddress::S3& s3 = address.s3.emplace();
    if (auto endpoint = arguments.Text("s3-endpoint")) {
      CheckUrl(*endpoint);
      s3.endpoint = *endpoint;
    }
    s3.region = arguments.Text("s3-region").value_or("us-east-1");
    if (!IsPlainName("r" + ReplaceAll(s3.region, "-", "_"))) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no region", s3.region))
          .WithHint("It is, for example, eu-central-1.");
    }
    s3.delegation = arguments.Text("delegation").value_or("");
    if (!s3.delegation.empty() && s3.delegation != "vended-credentials" &&
        s3.delegation != "remote-signing") {
      throw Error(ErrorCode::kInvalidArgument,
                  "--delegation is vended-credentials or remote-signing");
    }
  }
  return address;
}

// As Java's -Xmx has it.
void CheckHeap(const std::string& size) {
  size_t digits = std::min(size.find_first_not_of("0123456789"), size.size());
  std::string unit = Lower(size.substr(digits));
  if (digits > 0 && (unit == "m" || unit == "g")) return;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("--heap is {}, no size", size))
      .WithHint("It is a number and M or G: 2G.");
}

void WriteFiles(const fs::path& folder, const std::vector<TextFile>& files, bool replace) {
  io::FileSystem& disk = io::LocalFileSystem();
  std::vector<const TextFile*> wanted;
  std::vector<std::string> taken;
  for (const TextFile& file : files) {
    std::string path = (folder / file.path).string();
    if (fs::exists(path)) {
      if (disk.Read(path) == file.text) continue;
      taken.push_back(path);
    }
    wanted.push_back(&file);
  }
  if (!taken.empty() && !replace) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("there is already something else in {}", Join(taken, ", ")))
        .WithHint("Say --force to replace it, or another folder with --out.");
  }
  for (const TextFile* file : wanted) {
    fs::path path = folder / file->path;
    fs::create_directories(path.parent_path());
    disk.Replace(path.string(), file->text);
  }
  for (const TextFile& file : files) fmt::print("{}\n", (folder / file.path).string());
}

int RunTrinoInit(const Arguments& arguments) {
  CatalogAddress address = AddressFrom(arguments);
  fs::path folder = arguments.Text("out").value_or("trino");
  TrinoOptions options;
  options.port = arguments.Integer("port").value_or(options.port);
  if (options.port < 1 || options.port > 65535) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is no port", options.port));
  }
  options.heap = arguments.Text("heap").value_or(options.heap);
  CheckHeap(options.heap);
  options.data_folder = arguments.Text("data-dir")
                            .value_or((fs::absolute(folder).lexically_normal() / "data").string());
  CheckPlain(options.data_folder, "--data-dir");
  WriteFiles(folder, TrinoFiles(address, options), arguments.Flag("force"));
  return kSuccess;
}

using Configuration = std::string (*)(const CatalogAddress& address);

// PROGRAM VERB, which prints a text.
Command PrintingCommand(const std::string& program, const std::string& title,
                        const std::string& verb, const std::string& what, Configuration text) {
  Command print;
  print.name = verb;
  print.summary = what;
  print.options = AddressOptions();
  print.run = [text](const Arguments& arguments) {
    std::fputs(text(AddressFrom(arguments)).c_str(), stdout);
    return kSuccess;
  };
  Command command;
  command.name = program;
  command.summary = "Print how " + title + " reads and writes the served warehouse";
  command.subcommands = {print};
  return command;
}

}  // namespace

Command TrinoCommand() {
  Command init;
  init.name = "init";
  init.summary = "Write the configuration of a Trino that reads and writes the served warehouse";
  init.description =
      "Writes etc/node.properties, jvm.config, config.properties and catalog/NAME.properties below "
      "the folder; what stands there is left alone.\n"
      "\n"
      "  eider trino init --server http://127.0.0.1:8181 --out trino/";
  init.options = Concatenate(
      {AddressOptions(),
       {{"--out", Kind::kText, "DIR", "Below which etc/ is written; trino unless told.", "", {}},
        {"--port", Kind::kInteger, "PORT", "Where Trino listens; 8080 unless told.", "", {}},
        {"--heap", Kind::kText, "SIZE", "Its memory; 2G unless told.", "", {}},
        {"--data-dir",
         Kind::kText,
         "DIR",
         "Where it keeps its logs, as it will see the folder; data beside etc unless told.",
         "",
         {}},
        {"--force", Kind::kFlag, "", "Replace files that are there and differ.", "", {}}}});
  init.run = RunTrinoInit;
  Command command;
  command.name = "trino";
  command.summary = "Set up Trino for the served warehouse";
  command.subcommands = {init};
  return command;
}

Command SparkCommand() {
  return PrintingCommand("spark", "Spark", "conf", "Print lines for spark-defaults.conf",
                         SparkConfiguration);
}

Command FlinkCommand() {
  return PrintingCommand("flink", "Flink", "conf", "Print the statement for Flink's SQL client",
                         FlinkConfiguration);
}

Command PyIcebergCommand() {
  return PrintingCommand("pyiceberg", "PyIceberg", "conf", "Print what belongs in .pyiceberg.yaml",
                         PyIcebergConfiguration);
}

Command DuckDbCommand() {
  return PrintingCommand("duckdb", "DuckDB", "attach", "Print the statements for DuckDB",
                         DuckDbConfiguration);
}

}  // namespace eider::cli
