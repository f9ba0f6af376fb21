// engine_bench FOLDER TPCH_EXTENSION SCALE: Eider's tables beside plain Parquet files, in one
// process on one DuckDB, the two sides taking turns. Prints one JSON object: name -> {eider, peer}
// in seconds, medians.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/session.h"

namespace {

using eider::engine::Session;
namespace fs = std::filesystem;

constexpr char kQuery1[] =
    "select l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), "
    "sum(l_extendedprice * (1 - l_discount)), sum(l_extendedprice * (1 - l_discount) * (1 + "
    "l_tax)), "
    "avg(l_quantity), avg(l_extendedprice), avg(l_discount), count(*) from {} "
    "where l_shipdate <= date '1998-09-02' group by all order by all";
constexpr char kQuery6[] =
    "select sum(l_extendedprice * l_discount) from {} where l_shipdate >= date '1994-01-01' "
    "and l_shipdate < date '1995-01-01' and l_discount between 0.05 and 0.07 and l_quantity < 24";

double Seconds(const std::function<void()>& work) {
  auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Both sides in turn, `rounds` times after one to warm up.
eider::Json Compare(int rounds, const std::function<void()>& ours,
                    const std::function<void()>& peer) {
  ours();
  peer();
  std::vector<double> our_times;
  std::vector<double> peer_times;
  for (int i = 0; i < rounds; ++i) {
    our_times.push_back(Seconds(ours));
    peer_times.push_back(Seconds(peer));
  }
  return {{"eider", Median(our_times)}, {"peer", Median(peer_times)}};
}

void SyncPath(const fs::path& path) {
  int descriptor = open(path.c_str(), O_RDONLY);
  if (descriptor < 0 || fsync(descriptor) != 0) {
    throw eider::Error(eider::ErrorCode::kIo, fmt::format("cannot sync {}", path.string()));
  }
  close(descriptor);
}

void SyncFolder(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) SyncPath(entry.path());
  SyncPath(folder);
}

eider::Json Measure(const fs::path& folder, const std::string& tpch, const std::string& scale) {
  fs::remove_all(folder);
  fs::create_directories(folder / "plain");
  eider::engine::DatabaseOptions options;
  options.settings["allow_unsigned_extensions"] = "false";
  auto database = eider::engine::OpenDatabase(options);
  database->AttachWarehouse("lake", (folder / "lake").string());
  auto session = database->NewSession();
  auto run = [&](const std::string& sql) { session->Execute(sql); };

  run(fmt::format("load '{}'", tpch));
  run(fmt::format("call dbgen(sf = {})", scale));
  run("create schema lake.bench");

  eider::Json report;
  auto plain_copy = [&] {
    fs::remove_all(folder / "plain" / "lineitem");
    run(fmt::format(
        "copy lineitem to '{}' (format parquet, compression zstd, per_thread_output true)",
        (folder / "plain" / "lineitem").string()));
  };
  auto iceberg_copy = [&] {
    run("create or replace table lake.bench.lineitem as select * from lineitem");
  };
  report["CTAS lineitem, beside COPY"] = Compare(5, iceberg_copy, plain_copy);
  report["CTAS lineitem, beside COPY + fsync"] = Compare(5, iceberg_copy, [&] {
    plain_copy();
    SyncFolder(folder / "plain" / "lineitem");
  });

  std::string files;
  auto listed = session->Execute("select file_path from lake.bench.\"lineitem$files\"");
  std::vector<eider::engine::Cell> row;
  while (listed->Next(row)) {
    std::string path = row[0].text;
    if (path.rfind("file://", 0) == 0) path = path.substr(7);
    files += fmt::format("{}'{}'", files.empty() ? "" : ", ", path);
  }
  const std::string plain = fmt::format("read_parquet([{}])", files);
  for (const auto& [name, query] : {std::pair{"Q1", kQuery1}, std::pair{"Q6", kQuery6}}) {
    report[fmt::format("{}, beside read_parquet on the same files", name)] = Compare(
        15, [&] { run(fmt::format(fmt::runtime(query), "lake.bench.lineitem")); },
        [&] { run(fmt::format(fmt::runtime(query), plain)); });
  }

  run("create table small as select i, i * 1.5 as x, 'row ' || i as t from range(100) r(i)");
  const fs::path one = folder / "plain" / "small.parquet";
  report["CTAS of 100 rows, beside COPY + fsync"] = Compare(
      50, [&] { run("create or replace table lake.bench.small as select * from small"); },
      [&] {
        run(fmt::format("copy small to '{}' (format parquet, compression zstd)", one.string()));
        SyncPath(one);
        SyncPath(one.parent_path());
      });
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: engine_bench FOLDER TPCH_EXTENSION SCALE\n");
    return 2;
  }
  try {
    std::puts(Measure(argv[1], argv[2], argv[3]).dump(2).c_str());
    return 0;
  } catch (const eider::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
