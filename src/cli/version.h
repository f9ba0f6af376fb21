// What the program calls itself.
#pragma once

#include <string>

namespace eider::cli {

// "0.1.0"
std::string Version();

// The release of dbt whose commands, flags, macros and artifacts Eider follows: "1.11".
std::string DbtRelease();

// What --version prints, with a newline at its end. Called by the name `dbt`, the program answers
// in dbt's own form, since scripts look for its "installed" line.
std::string VersionText(bool as_dbt);

}  // namespace eider::cli
