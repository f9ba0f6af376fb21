// Objects of an S3-compatible store as files: "s3://bucket/key". What is written is durable when
// the store has answered. There are no folders but the beginnings of names, and no links.
#pragma once

#include <memory>

#include "io/file_system.h"
#include "io/s3_options.h"

namespace eider::io {

std::shared_ptr<FileSystem> OpenS3FileSystem(S3Options options);

}  // namespace eider::io
