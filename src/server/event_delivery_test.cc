#include "server/event_delivery.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/error.h"
#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "base/uuid.h"
#include "io/file_system.h"

namespace eider::server {

namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

// Takes events until it is told to fail; tells of every try.
struct Taken {
  std::mutex mutex;
  std::vector<std::string> names;
  int failures_to_come = 0;

  std::vector<std::string> Names() {
    std::lock_guard<std::mutex> lock(mutex);
    return names;
  }
};

class TestSink : public EventSink {
 public:
  explicit TestSink(Taken& taken) : taken_(taken) {}
  const std::string& name() const override { return name_; }
  void Send(const EventOutbox::Stored& event) override {
    std::lock_guard<std::mutex> lock(taken_.mutex);
    if (taken_.failures_to_come > 0) {
      --taken_.failures_to_come;
      throw Error(ErrorCode::kIo, "it is full");
    }
    taken_.names.push_back(Json::parse(event.json)["name"]);
  }

 private:
  Taken& taken_;
  std::string name_ = "sink";
};

class EventDeliveryTest : public testing::Test {
 protected:
  void SetUp() override {
    outbox_ = std::make_shared<EventOutbox>(folder_.path() + "/events.db", 1000);
    outbox_->SetSinks({"sink", "file"});
  }
  void Add(const std::string& name) {
    CommitEvent event;
    event.id = NewUuid();
    event.warehouse = "w";
    event.identifier = {{"s"}, name};
    outbox_->Add("w", {event}, 1);
  }
  static void WaitUntil(const std::function<bool()>& holds) {
    for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(5));
    ASSERT_TRUE(holds());
  }

  TemporaryFolder folder_;
  std::shared_ptr<EventOutbox> outbox_;
  Taken taken_;
};

TEST_F(EventDeliveryTest, EventsComeInOrderHoweverOftenTheSinkFails) {
  taken_.failures_to_come = 3;
  for (const char* name : {"1", "2"}) Add(name);
  EventDelivery delivery(outbox_, std::make_unique<TestSink>(taken_), milliseconds(1));
  WaitUntil([&] { return taken_.Names().size() == 2; });
  Add("3");
  WaitUntil([&] { return taken_.Names().size() == 3; });
  EXPECT_THAT(taken_.Names(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(delivery.counts().delivered, 3);
  EXPECT_EQ(delivery.counts().failures, 3);
  EXPECT_FALSE(delivery.counts().failing);
  WaitUntil([&] { return outbox_->BacklogOf("sink").waiting == 0; });
}

TEST_F(EventDeliveryTest, WhatASinkDidNotTakeWaitsForTheNextDelivery) {
  taken_.failures_to_come = 1'000'000;
  Add("1");
  {
    EventDelivery delivery(outbox_, std::make_unique<TestSink>(taken_), milliseconds(1));
    WaitUntil([&] { return delivery.counts().failing; });
  }
  taken_.failures_to_come = 0;
  EventDelivery delivery(outbox_, std::make_unique<TestSink>(taken_), milliseconds(1));
  WaitUntil([&] { return taken_.Names().size() == 1; });
}

TEST_F(EventDeliveryTest, TheFileHasAllThatWasThereAtTheEnd) {
  std::string path = folder_.path() + "/events.jsonl";
  {
    EventDelivery delivery(outbox_, OpenEventFile(path));
    for (int i = 0; i < 250; ++i) Add(std::to_string(i));
  }
  std::vector<std::string> lines = Split(io::LocalFileSystem().Read(path), '\n');
  ASSERT_EQ(lines.size(), 251);
  for (int i = 0; i < 250; ++i) EXPECT_EQ(Json::parse(lines[i])["name"], std::to_string(i));
  EXPECT_EQ(outbox_->BacklogOf("file").waiting, 0);
}

TEST_F(EventDeliveryTest, ALineThatACrashCutShortIsEnded) {
  std::string path = folder_.path() + "/events.jsonl";
  io::LocalFileSystem().Replace(path, "{\"id\":\"1\"}\n{\"id\":");
  Add("next");
  { EventDelivery delivery(outbox_, OpenEventFile(path)); }
  std::vector<std::string> lines = Split(io::LocalFileSystem().Read(path), '\n');
  ASSERT_EQ(lines.size(), 4);
  EXPECT_EQ(lines[1], "{\"id\":");
  EXPECT_EQ(Json::parse(lines[2])["name"], "next");
}

TEST(EventSink, SignatureOfTheStandardsExample) {
  EXPECT_EQ(
      WebhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                       "1614265330", R"({"test": 2432232314})"),
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(EventSink, AWebhookIsNamedByItsHostAndNothingSecret) {
  WebhookOptions options;
  options.url = "https://user@h.example:9/services/SECRET?token=SECRET";
  EXPECT_EQ(OpenWebhook(options)->name(), "h.example:9");
  options.name = "chat";
  EXPECT_EQ(OpenWebhook(options)->name(), "chat");
  for (const char* wrong : {"", "h", "file:///etc/passwd", "https://"}) {
    options.url = wrong;
    EXPECT_EQ(CodeOf([&] { OpenWebhook(options); }), ErrorCode::kInvalidArgument) << wrong;
  }
}

TEST(EventSink, AFileThatCannotBeOpenedIsRefused) {
  EXPECT_EQ(CodeOf([] { OpenEventFile("/nowhere/events.jsonl"); }), ErrorCode::kInvalidArgument);
}

}  // namespace

}  // namespace eider::server
