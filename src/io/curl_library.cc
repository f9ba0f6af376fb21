#include "io/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"

namespace eider::io {

namespace {

template <typename Function>
void Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) {
    throw Error(ErrorCode::kUnsupported, fmt::format("libcurl.so.4 lacks {}", name))
        .WithHint("Eider needs libcurl 7.85 or newer.");
  }
}

CurlLibrary Load() {
  // Never closed: it registers things with OpenSSL that cannot be taken back.
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("nothing can be asked over HTTP: {}", ::dlerror()))
        .WithHint("Install libcurl (Debian: apt-get install libcurl4).");
  }
  CurlLibrary curl;
  Find(library, "curl_global_init", curl.global_init);
  Find(library, "curl_easy_init", curl.easy_init);
  Find(library, "curl_easy_cleanup", curl.easy_cleanup);
  Find(library, "curl_easy_reset", curl.easy_reset);
  Find(library, "curl_easy_setopt", curl.easy_setopt);
  Find(library, "curl_easy_perform", curl.easy_perform);
  Find(library, "curl_easy_getinfo", curl.easy_getinfo);
  Find(library, "curl_easy_strerror", curl.easy_strerror);
  Find(library, "curl_slist_append", curl.slist_append);
  Find(library, "curl_slist_free_all", curl.slist_free_all);
  Find(library, "curl_url", curl.url);
  Find(library, "curl_url_cleanup", curl.url_cleanup);
  Find(library, "curl_url_set", curl.url_set);
  Find(library, "curl_url_get", curl.url_get);
  Find(library, "curl_free", curl.free);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error(ErrorCode::kInternal, "libcurl could not be initialized");
  }
  return curl;
}

}  // namespace

const CurlLibrary& Curl() {
  static const CurlLibrary curl = Load();
  return curl;
}

}  // namespace eider::io
