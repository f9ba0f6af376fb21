#include "server/event_outbox.h"

#include <gmock/gmock.h>

#include "base/temporary_folder.h"
#include "base/uuid.h"

namespace eider::server {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool AtOnce() { return true; }

CommitEvent Event(const std::string& name, CommitEvent::Action action) {
  CommitEvent event;
  event.id = NewUuid();
  event.warehouse = "w";
  event.action = action;
  event.identifier = {{"s"}, name};
  event.metadata_location = "file:///" + name;
  return event;
}

class EventOutboxTest : public testing::Test {
 protected:
  void Open(size_t capacity = 100) {
    outbox_.reset();
    outbox_ = std::make_unique<EventOutbox>(folder_.path() + "/events.db", capacity);
  }
  void SetUp() override { Open(); }

  void Add(const std::string& name, CommitEvent::Action action = CommitEvent::Action::kCreate) {
    outbox_->Add("w", {Event(name, action)}, 1);
  }
  // The names of what waits for a sink.
  std::vector<std::string> Waiting(const std::string& sink) {
    std::vector<std::string> names;
    for (const auto& event : outbox_->Next(sink, 100, AtOnce)) {
      names.push_back(Json::parse(event.json)["name"]);
    }
    EXPECT_EQ(outbox_->BacklogOf(sink).waiting, names.size());
    return names;
  }
  void Take(const std::string& sink, size_t count) {
    outbox_->Delivered(sink, outbox_->Next(sink, count, AtOnce).back().number);
  }

  TemporaryFolder folder_;
  std::unique_ptr<EventOutbox> outbox_;
};

TEST_F(EventOutboxTest, EachSinkGoesItsOwnPace) {
  outbox_->SetSinks({"a", "b"});
  for (const char* name : {"1", "2", "3"}) Add(name);
  Take("a", 2);
  EXPECT_THAT(Waiting("a"), ElementsAre("3"));
  EXPECT_THAT(Waiting("b"), ElementsAre("1", "2", "3"));
  Open();
  outbox_->SetSinks({"a", "b", "new"});
  EXPECT_THAT(Waiting("a"), ElementsAre("3"));
  EXPECT_THAT(Waiting("b"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Waiting("new"), IsEmpty());
  Add("4");
  EXPECT_THAT(Waiting("new"), ElementsAre("4"));
}

TEST_F(EventOutboxTest, AnEventKeepsItsIdUntilItIsTaken) {
  outbox_->SetSinks({"a"});
  Add("1");
  std::string id = outbox_->Next("a", 1, AtOnce)[0].id;
  Open();
  outbox_->SetSinks({"a"});
  auto again = outbox_->Next("a", 1, AtOnce);
  EXPECT_EQ(again[0].id, id);
  EXPECT_EQ(Json::parse(again[0].json)["id"], id);
}

TEST_F(EventOutboxTest, ASinkThatFallsBehindLosesTheOldest) {
  Open(3);
  outbox_->SetSinks({"slow", "quick"});
  for (int i = 0; i < 5; ++i) {
    Add(std::to_string(i));
    Take("quick", 1);
  }
  EXPECT_THAT(Waiting("slow"), ElementsAre("2", "3", "4"));
  EXPECT_EQ(outbox_->BacklogOf("slow").lost, 2);
  EXPECT_EQ(outbox_->BacklogOf("quick").lost, 0);
}

TEST_F(EventOutboxTest, WhatNobodyWantsIsNotKept) {
  outbox_->SetSinks({"gone"});
  Add("1");
  outbox_->SetSinks({});
  Add("2");
  outbox_->SetSinks({"gone"});
  EXPECT_THAT(Waiting("gone"), IsEmpty());
}

TEST_F(EventOutboxTest, WhatIsKnownFollowsTheEvents) {
  EXPECT_FALSE(outbox_->FindKnown("w").has_value());
  EventOutbox::Known known;
  known.snapshot.namespaces[{"s", "with \"odd.name"}] = {{"k", "v"}};
  known.snapshot.entries[{{"s"}, "old"}] = {catalog::EntityKind::kTable, "file:///old"};
  known.as_of_ms = 5;
  outbox_->SetKnown("w", known);
  CommitEvent rename = Event("old", CommitEvent::Action::kRename);
  rename.new_identifier = {{"t"}, "new"};
  CommitEvent view = Event("v", CommitEvent::Action::kCreate);
  view.subject = CommitEvent::Subject::kView;
  CommitEvent name_space = Event("", CommitEvent::Action::kCreate);
  name_space.subject = CommitEvent::Subject::kNamespace;
  name_space.properties = {{"a", "b"}};
  outbox_->Add("w",
               {rename, view, name_space, Event("x", CommitEvent::Action::kCreate),
                Event("x", CommitEvent::Action::kDrop)},
               9);
  Open();
  auto found = outbox_->FindKnown("w");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->as_of_ms, 9);
  EXPECT_EQ(found->snapshot.namespaces.at({"s", "with \"odd.name"}).at("k"), "v");
  EXPECT_EQ(found->snapshot.namespaces.at({"s"}).at("a"), "b");
  ASSERT_EQ(found->snapshot.entries.size(), 2);
  EXPECT_EQ(found->snapshot.entries.at({{"t"}, "new"}).metadata_location, "file:///old");
  EXPECT_EQ(found->snapshot.entries.at({{"s"}, "v"}).kind, catalog::EntityKind::kView);
}

}  // namespace

}  // namespace eider::server
