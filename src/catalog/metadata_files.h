// Names and contents of metadata files on disk.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "catalog/catalog.h"

namespace eider::catalog {

// What follows the last slash.
std::string BaseName(const std::string& location);

// The one name of what lies on a local disk or on S3 (io::PathOf); other locations as they are.
std::string PathOf(const std::string& location);

// The file beside a file on a local disk in which Hadoop, and so Spark and Flink, keep its
// checksum:
// "<folder>/.<name>.crc".
std::string ChecksumFileOf(const std::string& path);
// The file whose checksum one keeps; "" for any other.
std::string FileOfChecksum(const std::string& path);

// The N of "<N>-<uuid>.metadata.json" or "v<N>.metadata.json"; -1 where there is none.
int64_t MetadataVersion(const std::string& location);

// "<folder>/<N>-<uuid>.metadata.json" with N one above that of `previous` ("" for the first).
std::string NewMetadataLocation(const std::string& table_location, const std::string& previous);

// A namespace or table name as a folder name; what would not be safe in a path is percent-encoded.
std::string FolderName(const std::string& name);
// The name that FolderName turned into `folder`.
std::string NameOfFolder(const std::string& folder);

// The text of a metadata file; .gz.metadata.json files are unpacked.
std::string ReadMetadataFile(io::FileSystem& files, const std::string& location);

// Whether a folder holds more than what a commit that failed leaves of a new table's folder, which
// is taken again.
bool HoldsFiles(io::FileSystem& files, const std::string& location);

// Every file that a table's metadata reaches: metadata files, manifest lists, manifests, data and
// delete files, by PathOf. What cannot be read is passed over, unless `strict`.
std::set<std::string> ReachableFiles(const iceberg::TableMetadata& metadata,
                                     const std::string& metadata_location, io::FileSystem& files,
                                     bool strict);

}  // namespace eider::catalog
