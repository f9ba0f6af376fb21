#include "server/commit_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace eider::server {

namespace {

constexpr size_t kLatestToKeep = 1000;
// Looking takes no more than one part in so many of the time.
constexpr int kShare = 20;

}  // namespace

CommitFeed::CommitFeed(std::chrono::milliseconds period)
    : period_(period), thread_([this] { Run(); }) {}

CommitFeed::~CommitFeed() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
  Look();
}

void CommitFeed::Watch(std::vector<std::shared_ptr<CommitWatch>> watches,
                       std::shared_ptr<EventOutbox> outbox) {
  std::lock_guard<std::mutex> lock(look_mutex_);
  std::vector<Watched> next;
  for (std::shared_ptr<CommitWatch>& watch : watches) {
    Watched watched;
    for (Watched& before : watched_) {
      if (before.watch == watch) watched = std::move(before);
    }
    watched.watch = std::move(watch);
    next.push_back(std::move(watched));
  }
  watched_ = std::move(next);
  bool same_outbox = outbox_ == outbox;
  outbox_ = std::move(outbox);
  for (Watched& watched : watched_) {
    CommitWatch& watch = *watched.watch;
    if (watch.has_begun() && same_outbox) continue;
    if (outbox_ && !watch.has_begun()) {
      if (auto known = outbox_->FindKnown(watch.warehouse())) {
        watch.Begin(std::move(known->snapshot), known->as_of_ms);
        continue;
      }
    }
    if (watch.has_begun()) {
      if (outbox_) outbox_->SetKnown(watch.warehouse(), {watch.known(), NowMillis()});
    } else {
      LookAt(watched);
    }
  }
}

std::vector<CommitFeed::Numbered> CommitFeed::Latest(uint64_t after, size_t count) const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Numbered> found;
  for (const Numbered& event : latest_) {
    if (event.number <= after || found.size() == count) break;
    found.push_back(event);
  }
  return found;
}

uint64_t CommitFeed::newest() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return newest_;
}

CommitFeed::Counts CommitFeed::counts() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

void CommitFeed::Look() {
  std::lock_guard<std::mutex> lock(look_mutex_);
  for (Watched& watched : watched_) LookAt(watched);
}

void CommitFeed::Run() {
  std::chrono::microseconds pause = period_;
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (stop_.wait_for(lock, pause, [this] { return stopping_; })) return;
    }
    int64_t began = NowMicros();
    Look();
    pause = std::max<std::chrono::microseconds>(
        period_, std::chrono::microseconds(kShare * std::max<int64_t>(0, NowMicros() - began)));
  }
}

void CommitFeed::LookAt(Watched& watched) {
  CommitWatch& watch = *watched.watch;
  std::vector<CommitEvent> events;
  int64_t now = NowMillis();
  std::string problem;
  try {
    bool is_first = !watch.has_begun();
    watch.Look(events);
    if (is_first && outbox_) outbox_->SetKnown(watch.warehouse(), {watch.known(), now});
  } catch (const Error& error) {
    problem = error.message();
  }
  Record(events);
  std::vector<CommitEvent>& unsaved = watched.unsaved;
  if (outbox_) std::move(events.begin(), events.end(), std::back_inserter(unsaved));
  if (!unsaved.empty() && outbox_) {
    try {
      outbox_->Add(watch.warehouse(), unsaved, now);
      unsaved.clear();
    } catch (const Error& error) {
      problem = error.message();
      // What is beyond the outbox's own capacity would be lost there too.
      if (unsaved.size() > outbox_->capacity()) {
        unsaved.erase(unsaved.begin(),
                      unsaved.end() - static_cast<std::ptrdiff_t>(outbox_->capacity()));
      }
    }
  }
  if (!problem.empty() && !watched.complained) {
    std::fputs(
        fmt::format("Commits to {} are not seen or told now: {}\n", watch.warehouse(), problem)
            .c_str(),
        stderr);
  }
  watched.complained = !problem.empty();
}

void CommitFeed::Record(const std::vector<CommitEvent>& events) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const CommitEvent& event : events) {
    ++counts_[{event.warehouse, event.type(), !event.author.request_id.empty()}];
    latest_.push_front({++newest_, event});
    if (latest_.size() > kLatestToKeep) latest_.pop_back();
  }
}

}  // namespace eider::server
