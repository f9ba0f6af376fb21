#include "server/commit_metrics.h"

namespace eider::server {

void WriteCommitMetrics(PrometheusText& text, const CommitFeed::Counts& commits,
                        const std::vector<IcebergRestCounts>& rest,
                        const std::vector<EventSinkCounts>& sinks) {
  text.Family("eider_commits_total", "counter",
              "Changes of tables, views and namespaces, by type; \"server\" came through this "
              "server, \"other\" past it.");
  for (const auto& [key, count] : commits) {
    const auto& [warehouse, type, is_ours] = key;
    text.Sample(
        {{"warehouse", warehouse}, {"type", type}, {"through", is_ours ? "server" : "other"}},
        static_cast<double>(count));
  }
  auto by_warehouse = [&](std::string_view name, std::string_view help, auto member) {
    text.Family(name, "counter", help);
    for (const IcebergRestCounts& counts : rest) {
      text.Sample({{"warehouse", counts.warehouse}}, static_cast<double>(counts.*member));
    }
  };
  by_warehouse("eider_commit_conflicts_total", "Commits of clients that lost to another.",
               &IcebergRestCounts::conflicts);
  by_warehouse("eider_commit_unknown_total",
               "Commits of clients of which it is not known whether they landed.",
               &IcebergRestCounts::unknown_commits);
  by_warehouse("eider_requests_repeated_total",
               "Requests that were done before, by their idempotency key.",
               &IcebergRestCounts::repeated);
  text.Family("eider_load_cache_total", "counter",
              "Tables and views that were loaded, from the cache (hit) or from files (miss).");
  for (const IcebergRestCounts& counts : rest) {
    text.Sample({{"warehouse", counts.warehouse}, {"result", "hit"}},
                static_cast<double>(counts.loads_from_cache));
    text.Sample({{"warehouse", counts.warehouse}, {"result", "miss"}},
                static_cast<double>(counts.loads_from_files));
  }
  by_warehouse("eider_keys_told_total", "Answers with keys for a table's files on S3.",
               &IcebergRestCounts::keys_told);
  by_warehouse("eider_keys_made_total", "Sessions of a role that were opened for clients.",
               &IcebergRestCounts::keys_made);
  by_warehouse("eider_keys_failures_total", "Sessions of a role that could not be opened.",
               &IcebergRestCounts::key_failures);
  text.Family("eider_sign_requests_total", "counter",
              "Requests to S3 that clients wanted signed, by whether they were.");
  for (const IcebergRestCounts& counts : rest) {
    text.Sample({{"warehouse", counts.warehouse}, {"result", "signed"}},
                static_cast<double>(counts.requests_signed));
    text.Sample({{"warehouse", counts.warehouse}, {"result", "refused"}},
                static_cast<double>(counts.requests_not_signed));
  }
  if (sinks.empty()) return;
  auto by_sink = [&](std::string_view name, std::string_view type, std::string_view help,
                     const auto& value) {
    text.Family(name, type, help);
    for (const EventSinkCounts& sink : sinks) {
      text.Sample({{"sink", sink.sink}}, static_cast<double>(value(sink)));
    }
  };
  by_sink("eider_events_delivered_total", "counter", "Events that a file or webhook has taken.",
          [](const EventSinkCounts& sink) { return sink.delivery.delivered; });
  by_sink("eider_events_failures_total", "counter", "Tries to send events that failed.",
          [](const EventSinkCounts& sink) { return sink.delivery.failures; });
  by_sink("eider_events_lost_total", "counter", "Events that were one too many to wait.",
          [](const EventSinkCounts& sink) { return sink.backlog.lost; });
  by_sink("eider_events_waiting", "gauge", "Events that wait to be taken.",
          [](const EventSinkCounts& sink) { return sink.backlog.waiting; });
}

}  // namespace eider::server
