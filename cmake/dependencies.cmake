# What Eider stands on. Debian 12's packages but for DuckDB, which scripts/setup fetches and checks;
# docs/architecture.md says why each is here.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
# Headers only: Beast's parser of HTTP.
find_package(Boost 1.81 REQUIRED)

# Headers only: src/io/curl_library.h loads the library itself, when it is first needed.
find_package(CURL 7.85 REQUIRED)
add_library(curl_headers INTERFACE)
target_include_directories(curl_headers INTERFACE ${CURL_INCLUDE_DIRS})

find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
# Headers only: src/catalog/postgres_library.h loads the library itself, when it is first needed.
find_path(POSTGRESQL_HEADERS postgresql/libpq-fe.h REQUIRED)

set(DUCKDB_VERSION 1.5.5)
set(DUCKDB_ROOT ${CMAKE_SOURCE_DIR}/.deps/duckdb-${DUCKDB_VERSION})
set(DUCKDB_LIBRARY ${DUCKDB_ROOT}/libduckdb.so)
if(NOT EXISTS ${DUCKDB_LIBRARY})
  message(FATAL_ERROR "DuckDB ${DUCKDB_VERSION} is not in ${DUCKDB_ROOT}: run `make setup`.")
endif()
# Loaded at run time, for warehouses on S3: src/engine/httpfs.h.
set(DUCKDB_HTTPFS ${CMAKE_SOURCE_DIR}/.deps/httpfs-${DUCKDB_VERSION}/httpfs.duckdb_extension)
if(NOT EXISTS ${DUCKDB_HTTPFS})
  message(FATAL_ERROR "DuckDB's extension httpfs is not in ${DUCKDB_HTTPFS}: run `make setup`.")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${DUCKDB_LIBRARY})
target_include_directories(duckdb SYSTEM INTERFACE ${DUCKDB_ROOT}/include)
