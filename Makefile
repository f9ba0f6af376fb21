# The front door. `make demo` and `make test` do all they need on a fresh Debian 12 machine.
BUILD ?= build
PREFIX ?= /usr/local
PYTHON_TESTS = .venv-test/bin/python

.PHONY: setup build demo test interop chaos test-asan test-tsan fuzz bench format lint install clean

setup:
	@scripts/setup

# Where a build folder is configured already, ninja configures anew by itself when it must.
build: setup
	@scripts/build $(BUILD) Release eider

demo: build
	@scripts/demo $(BUILD)/eider

test: setup
	@scripts/test-environment
	@scripts/build $(BUILD) Release all -DEIDER_TEST_PYTHON=$(CURDIR)/$(PYTHON_TESTS)
	@scripts/test $(BUILD)

# Real Trino, Spark, PyIceberg and DuckDB on one `eider serve`.
interop: build
	@scripts/interop $(BUILD)/eider

# 200 clients of servers that are killed, on every kind of store: three minutes.
chaos: build
	@scripts/chaos $(BUILD)/eider

test-asan: setup
	@scripts/test-environment
	@scripts/build build-asan Debug all "-DEIDER_SANITIZE=address;undefined" -DEIDER_TEST_PYTHON=$(CURDIR)/$(PYTHON_TESTS)
	@scripts/test build-asan

# The parts that run on several threads.
test-tsan: setup
	@scripts/build build-tsan Debug all -DEIDER_SANITIZE=thread
	@scripts/test build-tsan -R '^(base|catalog|engine|dbt|server)$$'

# clang's fuzzer on all that reads others' bytes (tests/fuzz), SECONDS_EACH long; `make test` replays its seeds.
SECONDS_EACH ?= 60
fuzz: setup
	@scripts/setup-lint
	@scripts/fuzz $(SECONDS_EACH)

bench: build
	@scripts/bench-environment
	@ninja -C $(BUILD) --quiet engine_bench rest_bench scan_bench
	@PYTHONPATH=scripts:tests .venv-bench/bin/python bench/bench.py --eider $(BUILD)/eider

format:
	@scripts/setup-lint
	@git ls-files -z 'src/*.h' 'src/*.cc' 'tests/*.cc' | xargs -0 clang-format -i

lint: setup
	@scripts/setup-lint
	@git ls-files -z 'src/*.h' 'src/*.cc' 'tests/*.cc' | xargs -0 clang-format --dry-run -Werror
	@scripts/lint

# A relocatable tree: PREFIX/bin/eider finds PREFIX/lib/libduckdb.so by $ORIGIN.
install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean:
	rm -rf build build-asan build-tsan build-lint build-fuzz
