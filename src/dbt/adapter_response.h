// What the adapter says about a statement, for templates.
#pragma once

#include "dbt/connection.h"
#include "jinja/object.h"

namespace eider::dbt {

// _message, code, rows_affected; printed, it is the message.
class AdapterResponseValue final : public jinja::Object {
 public:
  explicit AdapterResponseValue(AdapterResponse response) : response_(std::move(response)) {}
  static jinja::Value Make(AdapterResponse response) {
    return jinja::Value(std::make_shared<AdapterResponseValue>(std::move(response)));
  }

  const AdapterResponse& response() const { return response_; }

  std::string TypeName() const override { return "AdapterResponse"; }
  std::string Repr() const override { return response_.message; }
  std::optional<jinja::Value> GetAttribute(jinja::State&, std::string_view name) override {
    if (name == "_message") return jinja::Value(response_.message);
    if (name == "code") {
      return response_.code.empty() ? jinja::Value() : jinja::Value(response_.code);
    }
    if (name == "rows_affected") {
      return response_.rows_affected ? jinja::Value(*response_.rows_affected) : jinja::Value();
    }
    if (name == "query_id") return jinja::Value();
    return std::nullopt;
  }
  std::optional<Json> ToJson() const override { return response_.ToJson(); }

 private:
  AdapterResponse response_;
};

}  // namespace eider::dbt
