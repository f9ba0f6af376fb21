// Who a request comes from, and what they may do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/access_right.h"

namespace eider::server {

class Principal {
 public:
  // May do what one of `grants` covers and, in each of `limits`, one grant too.
  Principal(std::string name, std::vector<Grant> grants,
            std::vector<std::vector<Grant>> limits = {});

  // One that may do everything.
  static std::shared_ptr<const Principal> Unrestricted(std::string name);
  // Of a server that asks nobody who they are.
  static const std::shared_ptr<const Principal>& Anonymous();

  // As logs and eider.yaml call it: "token:superset"; unique among all ways to authenticate.
  const std::string& name() const { return name_; }

  bool May(Right right, const AccessObject& object) const;
  // Whether the object, or something in it, may be read: what may not be seen is as good as absent.
  bool MaySee(const AccessObject& object) const;

 private:
  std::string name_;
  std::vector<std::vector<Grant>> rights_;  // the grants, then the limits
};

}  // namespace eider::server
