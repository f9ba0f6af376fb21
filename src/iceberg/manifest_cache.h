// Manifests and manifest lists never change once written, so what was read once is kept by
// location, up to a bound, for the whole process. Safe from any thread.
#pragma once

#include <memory>
#include <vector>

#include "iceberg/manifest.h"
#include "io/file_system.h"

namespace eider::iceberg {

std::shared_ptr<const std::vector<ManifestFile>> LoadManifestList(const Snapshot& snapshot,
                                                                  io::FileSystem& files);
std::shared_ptr<const std::vector<ManifestEntry>> LoadManifest(const ManifestFile& manifest,
                                                               io::FileSystem& files);
// The same for several at once, in their order; those that are not held yet are read by all cores.
std::vector<std::shared_ptr<const std::vector<ManifestEntry>>> LoadManifests(
    const std::vector<const ManifestFile*>& manifests, io::FileSystem& files);

}  // namespace eider::iceberg
