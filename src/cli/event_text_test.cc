#include "cli/event_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace eider::cli {
namespace {

class EventTextTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
    event_.name = "LogModelResult";
    event_.code = "Q012";
    event_.message = "1 of 3 OK created sql table model main.a .... [OK in 0.05s]";
    event_.status = "OK";
    event_.tone = dbt::EventTone::kGood;
    event_.micros = 1764015826123456;  // 2025-11-24T20:23:46.123456Z
    event_.thread = "Thread-1 (worker)";
    event_.data = {{"index", 1}};
  }

  dbt::Event event_;
};

TEST_F(EventTextTest, TextBeginsWithTheTime) {
  EXPECT_EQ(EventText(event_, {}),
            "20:23:46  1 of 3 OK created sql table model main.a .... [OK in 0.05s]\n");
}

TEST_F(EventTextTest, TheOutcomeIsColouredWhereItStandsLast) {
  EventStyle style;
  style.color = true;
  EXPECT_EQ(EventText(event_, style),
            "\033[0m20:23:46  1 of 3 OK created sql table model main.a .... "
            "[\033[32mOK\033[0m in 0.05s]\n");
}

TEST_F(EventTextTest, DebugNamesLevelAndThread) {
  EventStyle style;
  style.format = LogFormat::kDebug;
  std::string text = EventText(event_, style);
  EXPECT_EQ(text.substr(0, 44), "20:23:46.123456 [info ] [Thread-1 (worker)]:");
}

TEST_F(EventTextTest, JsonHasDbtsTwoObjects) {
  EventStyle style;
  style.format = LogFormat::kJson;
  style.color = true;
  style.invocation_id = "some-id";
  Json line = Json::parse(EventText(event_, style));
  EXPECT_EQ(line["info"]["name"], "LogModelResult");
  EXPECT_EQ(line["info"]["code"], "Q012");
  EXPECT_EQ(line["info"]["level"], "info");
  EXPECT_EQ(line["info"]["msg"], event_.message);
  EXPECT_EQ(line["info"]["ts"], "2025-11-24T20:23:46.123456Z");
  EXPECT_EQ(line["info"]["thread"], "Thread-1 (worker)");
  EXPECT_EQ(line["info"]["invocation_id"], "some-id");
  EXPECT_EQ(line["data"]["index"], 1);
}

TEST_F(EventTextTest, OutputIsPrintedBare) {
  event_.name = "PrintEvent";
  event_.message = "jaffle_shop.customers";
  event_.tone = dbt::EventTone::kPlain;
  EXPECT_TRUE(IsOutput(event_));
  EXPECT_EQ(EventText(event_, {}), "jaffle_shop.customers\n");
}

}  // namespace
}  // namespace eider::cli
