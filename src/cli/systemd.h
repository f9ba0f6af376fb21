// The notifications of systemd (sd_notify).
#pragma once

#include <string_view>

namespace eider::cli {

// Sends `state` ("READY=1") to the service manager that started the program with $NOTIFY_SOCKET;
// does nothing without one. A manager that cannot be reached is no reason to fail.
void NotifySystemd(std::string_view state);

// For a reload that begins now: RELOADING=1 with the time systemd wants with it.
void NotifySystemdOfReload();

}  // namespace eider::cli
