# Run by bin/start and bin/test before anything else: puts in place what they need, and is quick when all is there.
# Installs Debian packages as root (or over sudo): nodejs and npm where there is no Node at all, docker.io, iptables,
# debootstrap and the keys of Debian's archive where there is no engine; for tests chromium, python3 with venv, and runsc where this started the engine.
# docker compose, for one test, is put into a cache.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
modules=node_modules
sluice() { "$modules/node/bin/node" bin/run.js "$@"; }

step() { printf '[%3ds] %s\n' "$SECONDS" "$*" >&2; }
give_up() {
  printf 'error: %s\n  = %s\n' "$1" "$2" >&2
  exit 69
}
have() { command -v "$1" >/dev/null 2>&1; }
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else give_up "this needs root: $*" "Run it as root, or install what is named by hand."
  fi
}

# One name for the contents of files; it changes when any of them does.
fingerprint() {
  find "$@" -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

apt_updated=
install_packages() {
  have apt-get || give_up "there is no apt-get to install $* with" "Install $* by hand, and run this again."
  step "installing $* (apt-get)"
  if [ -z "$apt_updated" ]; then
    quietly as_root apt-get update -qq
    apt_updated=yes
  fi
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# What a command says is shown only when it fails.
quietly() {
  local said
  said="$("$@" 2>&1)" || {
    printf '%s\n' "$said" | tail -n 30 >&2
    give_up "this failed: $*" "Its last words are above."
  }
}

# The packages of package-lock.json, Node 24 among them; any npm can fetch them. Packages run nothing while they are
# installed (.npmrc) but for this one, which puts the binary for this machine in its place.
may_run_scripts=(node)
ensure_modules() {
  local wanted
  wanted="$(fingerprint package-lock.json)"
  if [ -x "$modules/node/bin/node" ] && [ "$(cat "$modules/.setup" 2>/dev/null)" = "$wanted" ]; then return; fi
  have npm || install_packages nodejs npm
  step "fetching npm packages (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error >&2
  npm rebuild --ignore-scripts=false --loglevel=error "${may_run_scripts[@]}" >/dev/null
  printf '%s' "$wanted" >"$modules/.setup"
}

ensure_build() {
  # npm links the commands of packages, but not the one of the package itself.
  ln -sf ../../bin/run.js "$modules/.bin/sluice"
  local wanted
  wanted="$(fingerprint core plugins bin schema profiles package.json package-lock.json tsconfig.json tsconfig.build.json)"
  if [ "$(cat dist/.built 2>/dev/null)" = "$wanted" ]; then return; fi
  step "compiling"
  bin/build
  printf '%s' "$wanted" >dist/.built
}

engine_config=/etc/docker/daemon.json
engine_pid=/var/run/docker.pid
engine_answers() { timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

ensure_docker() {
  if have docker && engine_answers; then return; fi
  if ! have dockerd || ! have docker; then
    install_packages docker.io iptables debootstrap debian-archive-keyring gpgv ca-certificates
  fi
  engine_answers && return
  # Kernels without nf_tables refuse what Debian's iptables does by default.
  if [ -x /usr/sbin/iptables-legacy ]; then
    as_root update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null 2>&1 || true
    as_root update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy >/dev/null 2>&1 || true
  fi
  start_engine
}

start_engine() {
  local log=/var/log/dockerd.log
  step "starting the Docker engine, which stays up (log: $log)"
  # A pid file that an engine left behind when its machine was stopped makes the next one refuse.
  if [ -f "$engine_pid" ] && ! kill -0 "$(cat "$engine_pid")" 2>/dev/null; then as_root rm -f "$engine_pid"; fi
  as_root sh -c "PATH=/usr/sbin:/sbin:\$PATH setsid dockerd >>$log 2>&1 </dev/null &"
  for _ in $(seq 60); do
    engine_answers && return
    sleep 1
  done
  tail -n 20 "$log" >&2 || true
  give_up "the Docker engine did not start" "Its last words are above; \`sluice doctor\` knows more once it answers."
}

base=debian:trixie-slim
ensure_base() {
  if docker image inspect "$base" >/dev/null 2>&1; then return; fi
  step "fetching $base"
  if timeout 60 docker pull -q "$base" >/dev/null 2>&1; then return; fi
  step "no registry can be reached: making $base with debootstrap"
  if ! have debootstrap || [ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    install_packages debootstrap debian-archive-keyring gpgv
  fi
  sluice sandbox base
}

# Only once a test drives a browser.
ensure_browser() {
  grep -rlq playwright-core test 2>/dev/null || return 0
  have chromium || have chromium-browser || install_packages chromium
}

# Only where tests speak as other people's clients do, some in Python, some from npm; the tests fetch the packages
# themselves, by hash. Debian packs what makes a venv apart from Python itself.
ensure_clients() {
  [ -f test/e2e/clients/requirements.txt ] || return 0
  { have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; } || install_packages python3 python3-venv
  have npm || install_packages nodejs npm
}

# For the test that our AppArmor profile compiles; the kernel need not have AppArmor.
ensure_apparmor() {
  have apparmor_parser || [ -x /usr/sbin/apparmor_parser ] || install_packages apparmor
}

# For tests of several hosts: built from the module proxy of Go, once for each version, else Debian's.
nats_version=v2.15.3
ensure_nats() {
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/sluicebox-tools"
  if [ "$("$folder/nats-server" --version 2>/dev/null)" = "nats-server: $nats_version" ]; then return; fi
  if have go; then
    step "building nats-server $nats_version (go install)"
    mkdir -p "$folder"
    GOBIN="$folder" GOTOOLCHAIN=local timeout 900 go install "github.com/nats-io/nats-server/v2@$nats_version" \
      >/dev/null 2>&1 && return
    step "nats-server could not be built here"
  fi
  have nats-server || [ -x /usr/sbin/nats-server ] || install_packages nats-server
}

# For the test of compose.yaml. Debian has this plugin of the docker command from version 13 on. It needs nothing else, so
# that its package is taken apart and not installed, on older ones as well.
ensure_compose() {
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/sluicebox-tools/docker"
  if docker compose version >/dev/null 2>&1 || [ -x "$folder/cli-plugins/docker-compose" ]; then return 0; fi
  step "fetching docker compose (a package of Debian 13)"
  fetch_compose "$folder/cli-plugins" >/dev/null 2>&1 ||
    step "docker compose could not be fetched: the test of compose.yaml is skipped"
}
fetch_compose() (
  set -e
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  mkdir -p lists/partial cache/archives/partial "$1"
  touch status
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  echo "deb [signed-by=$keys] http://deb.debian.org/debian trixie main" >sources.list
  apart=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "APT::Sandbox::User=$(id -un)"
    -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache")
  timeout 120 apt-get "${apart[@]}" update
  timeout 120 apt-get "${apart[@]}" download docker-compose
  dpkg-deb -x docker-compose_*.deb files
  install -m 755 files/usr/libexec/docker/cli-plugins/docker-compose "$1"
)

has_gvisor() { docker info --format '{{json .Runtimes}}' | grep -q '"runsc"'; }
lacks_gvisor() { ! has_gvisor; }

# The engine reads a configuration that is these runtimes alone, without touching its containers, until $2 holds.
set_runtimes() {
  printf '{ "runtimes": %s }\n' "$1" >"$engine_config"
  kill -HUP "$(cat "$engine_pid")"
  for _ in $(seq 50); do
    if "$2"; then break; fi
    sleep 0.1
  done
}

# Tests of the sandbox under gVisor, where the engine is one that this script starts: somebody else's is left as it is,
# and the tests are skipped. The options are those of machines without KVM and without cgroups of version 2.
ensure_gvisor() {
  if has_gvisor; then return 0; fi
  if [ -d /run/systemd/system ] || [ -e "$engine_config" ] || [ ! -f "$engine_pid" ] || [ "$(id -u)" != 0 ]; then
    return 0
  fi
  if ! have runsc; then
    apt-cache show runsc >/dev/null 2>&1 || return 0
    install_packages runsc
  fi
  step "adding gVisor to the Docker engine"
  local path options='["--network=none", "--platform=ptrace", "--ignore-cgroups"]'
  path="$(command -v runsc)"
  mkdir -p "$(dirname "$engine_config")"
  set_runtimes "$(printf '{ "runsc": { "path": "%s", "runtimeArgs": %s } }' "$path" "$options")" has_gvisor
  if timeout 60 docker run --rm --runtime runsc --network none "$base" true >/dev/null 2>&1; then return 0; fi
  step "gVisor does not run here: its tests are skipped"
  set_runtimes '{}' lacks_gvisor
  rm -f "$engine_config"
}

# Sourced, it only lends its functions; run, it does it all.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  ensure_modules
  ensure_build
  ensure_docker
  ensure_base
  step "sandbox image"
  sluice sandbox build
  step "local model"
  sluice models pull
fi
