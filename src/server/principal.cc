#include "server/principal.h"

#include <algorithm>
#include <utility>

namespace eider::server {

Principal::Principal(std::string name, std::vector<Grant> grants,
                     std::vector<std::vector<Grant>> limits)
    : name_(std::move(name)), rights_(std::move(limits)) {
  rights_.insert(rights_.begin(), std::move(grants));
}

std::shared_ptr<const Principal> Principal::Unrestricted(std::string name) {
  return std::make_shared<const Principal>(std::move(name), std::vector<Grant>{Grant("admin")});
}

const std::shared_ptr<const Principal>& Principal::Anonymous() {
  static const auto anonymous = Unrestricted("anonymous");
  return anonymous;
}

bool Principal::May(Right right, const AccessObject& object) const {
  return std::all_of(rights_.begin(), rights_.end(), [&](const std::vector<Grant>& grants) {
    return std::any_of(grants.begin(), grants.end(),
                       [&](const Grant& grant) { return grant.Covers(right, object); });
  });
}

bool Principal::MaySee(const AccessObject& object) const {
  return std::all_of(rights_.begin(), rights_.end(), [&](const std::vector<Grant>& grants) {
    return std::any_of(grants.begin(), grants.end(),
                       [&](const Grant& grant) { return grant.Reaches(object); });
  });
}

}  // namespace eider::server
