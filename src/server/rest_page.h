// Paging of lists. A page token is the name that the page before ended with, so that tables which
// come and go between two pages shift no other.
#pragma once

#include <cstddef>
#include <string>

#include "server/rest_request.h"

namespace eider::server {

struct Page {
  size_t size = 0;    // at most so many
  std::string after;  // names above this one; "" for all
};

// Of the parameters pageToken and pageSize. Without either, the list is not cut. Throws RestError
// for a token that no page gave and a size that is no positive number.
Page ReadPage(const QueryParameters& query);

std::string PageToken(const std::string& last_name);

}  // namespace eider::server
