# Sourced by the other scripts.

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# attempt COMMAND..: three tries, for package clients on a weak network; a clear word when all fail.
attempt() {
  local try
  for try in 1 2 3; do
    "$@" && return 0
    sleep $((try * 2))
  done
  fail "'$*' failed three times. Is the package registry reachable from this machine?"
}

check_sha256() {
  local expected=$1 file=$2 actual
  [ -f "$file" ] || fail "$file was not downloaded"
  actual=$(sha256sum "$file" | cut -d' ' -f1)
  [ "$actual" = "$expected" ] || fail "$file has SHA-256 $actual, expected $expected"
}

# install_packages NAME..: Debian packages, only those that are missing.
install_packages() {
  local missing=() name sudo=()
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null ||
    fail "these packages are missing and there is no apt-get to install them: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "run as root, or install sudo, to add: ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  attempt "${sudo[@]}" apt-get update -qq
  attempt "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# python_environment DIR REQUIREMENT..: a virtual environment with just these, made once for each list.
python_environment() {
  local folder=$1 stamp
  shift
  stamp=$(printf '%s\n' "$@" | sha256sum | cut -d' ' -f1)
  [ -e "$folder/.$stamp" ] && return 0
  say "preparing $folder: $*"
  rm -rf "$folder"
  python3 -m venv "$folder"
  attempt "$folder/bin/pip" install -q --disable-pip-version-check "$@"
  touch "$folder/.$stamp"
}

# postgresql_for_tests: PostgreSQL's programs, for tests that start a server of their own. Without them, and without the
# right to install them, those tests are skipped.
postgresql_for_tests() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return 0
  if ! command -v apt-get >/dev/null || { [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; }; then
    say "PostgreSQL is not installed: tests on it are skipped"
    return 0
  fi
  # Debian's package would also start a server of the machine.
  local settings=/etc/postgresql-common/createcluster.d as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" mkdir -p "$settings"
  echo 'create_main_cluster = false' | "${as_root[@]}" tee "$settings/eider-tests.conf" >/dev/null
  install_packages postgresql-15
}

# reference_catalog: Iceberg's own REST server in .bench-java, for the bench and the tests of Eider as a client.
reference_catalog() {
  [ -e .bench-java/.complete ] && return 0
  command -v mvn >/dev/null || install_packages maven
  say "fetching Iceberg's REST server"
  rm -rf .bench-java
  attempt mvn -q -B -f bench/reference_catalog.xml org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DoutputDirectory="$PWD/.bench-java" >/dev/null
  touch .bench-java/.complete
}
