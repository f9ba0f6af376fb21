// libcurl, loaded when the first request is made. Linked in the usual way it would bring 25 other
// libraries (LDAP, Kerberos, SSH, ..) into each start of the program, most of which never speak to
// a network: 5 of 20 milliseconds.
#pragma once

#include <curl/curl.h>

namespace eider::io {

struct CurlLibrary {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
  decltype(&::curl_url) url;
  decltype(&::curl_url_cleanup) url_cleanup;
  decltype(&::curl_url_set) url_set;
  decltype(&::curl_url_get) url_get;
  decltype(&::curl_free) free;
};

// Throws kUnsupported where the machine has no libcurl.
const CurlLibrary& Curl();

}  // namespace eider::io
