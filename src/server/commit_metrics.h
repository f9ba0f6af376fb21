// Commits, and what was told of them, for /metrics.
#pragma once

#include <string>
#include <vector>

#include "server/commit_feed.h"
#include "server/event_delivery.h"
#include "server/event_outbox.h"
#include "server/iceberg_rest.h"
#include "server/prometheus_text.h"

namespace eider::server {

struct EventSinkCounts {
  std::string sink;
  EventDelivery::Counts delivery;
  EventOutbox::Backlog backlog;
};

void WriteCommitMetrics(PrometheusText& text, const CommitFeed::Counts& commits,
                        const std::vector<IcebergRestCounts>& rest,
                        const std::vector<EventSinkCounts>& sinks);

}  // namespace eider::server
