#include "iceberg/manifest_cache.h"

#include "base/lru_cache.h"
#include "base/parallel.h"

namespace eider::iceberg {

namespace {

// Counted in entries: some 400 bytes each, so about 200 MB at the most.
constexpr size_t kCachedEntries = 500'000;

LruCache<std::vector<ManifestFile>>& Lists() {
  static LruCache<std::vector<ManifestFile>> cache(kCachedEntries);
  return cache;
}

LruCache<std::vector<ManifestEntry>>& Manifests() {
  static LruCache<std::vector<ManifestEntry>> cache(kCachedEntries);
  return cache;
}

// Version 1 snapshots may name their manifests themselves.
std::vector<ManifestFile> InlineManifests(const Snapshot& snapshot, io::FileSystem& files) {
  std::vector<ManifestFile> manifests;
  for (const std::string& path : snapshot.manifests) {
    ManifestFile manifest;
    manifest.manifest_path = path;
    manifest.manifest_length = files.Stat(path).size;
    manifest.added_snapshot_id = snapshot.snapshot_id;
    manifests.push_back(std::move(manifest));
  }
  return manifests;
}

// A manifest's entries inherit from the list that names it, so one listed under another sequence
// number (a retried commit) is another one.
std::string KeyOf(const ManifestFile& manifest) {
  return manifest.manifest_path + "#" + std::to_string(manifest.sequence_number) + "#" +
         std::to_string(manifest.added_snapshot_id);
}

}  // namespace

std::shared_ptr<const std::vector<ManifestFile>> LoadManifestList(const Snapshot& snapshot,
                                                                  io::FileSystem& files) {
  const std::string& path = snapshot.manifest_list;
  if (path.empty()) {
    return std::make_shared<const std::vector<ManifestFile>>(InlineManifests(snapshot, files));
  }
  if (auto cached = Lists().Get(path)) return cached;
  auto list =
      std::make_shared<const std::vector<ManifestFile>>(ReadManifestList(files.Read(path), path));
  Lists().Put(path, list, list->size() + 1);
  return list;
}

std::shared_ptr<const std::vector<ManifestEntry>> LoadManifest(const ManifestFile& manifest,
                                                               io::FileSystem& files) {
  std::string key = KeyOf(manifest);
  if (auto cached = Manifests().Get(key)) return cached;
  auto entries = std::make_shared<const std::vector<ManifestEntry>>(
      ReadManifest(files.Read(manifest.manifest_path), manifest));
  Manifests().Put(key, entries, entries->size() + 1);
  return entries;
}

std::vector<std::shared_ptr<const std::vector<ManifestEntry>>> LoadManifests(
    const std::vector<const ManifestFile*>& manifests, io::FileSystem& files) {
  std::vector<std::shared_ptr<const std::vector<ManifestEntry>>> loaded(manifests.size());
  std::vector<size_t> missing;
  for (size_t i = 0; i < manifests.size(); ++i) {
    loaded[i] = Manifests().Get(KeyOf(*manifests[i]));
    if (!loaded[i]) missing.push_back(i);
  }
  auto load = [&](size_t i) { loaded[missing[i]] = LoadManifest(*manifests[missing[i]], files); };
  if (missing.size() == 1) {
    load(0);
  } else if (!missing.empty()) {
    ParallelFor(missing.size(), load);
  }
  return loaded;
}

}  // namespace eider::iceberg
