// Where clients may have tables lie: in the warehouse, and in folders that whoever runs the server
// has allowed beside it. A location is the one thing by which a client could make the server write
// to, or tell about, any place of its machine.
#pragma once

#include <string>
#include <vector>

namespace eider::server {

// Whether a path is below a folder, by name: the two are to be spelled alike, as by io::PathOf.
bool LiesIn(const std::string& folder, const std::string& path);

class RestLocations {
 public:
  // Locations of folders.
  explicit RestLocations(std::vector<std::string> roots) : roots_(std::move(roots)) {}

  // The location without slashes at its end. `what` names it in the error. Throws RestError: 400
  // for what is no absolute location, or has "." or ".." in it; 403 for one elsewhere, whether by
  // name or by a symbolic link on the way.
  std::string Checked(const std::string& location, const std::string& what) const;

 private:
  std::vector<std::string> roots_;
};

}  // namespace eider::server
