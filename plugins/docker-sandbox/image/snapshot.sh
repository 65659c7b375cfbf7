#!/bin/sh
# Brings an image of Debian to the packages of one moment, those that it has included; what is installed later is of it too.
# Usage: snapshot.sh MOMENT MIRROR, as in snapshot.sh 20261101T000000Z http://snapshot.debian.org
set -eu
fail() { echo "$1" >&2; exit 1; }

. /etc/os-release
[ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] ||
  fail "build.snapshot is for images of Debian, and this one is ${PRETTY_NAME:-of another system}"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keys" ] || keys=/usr/share/keyrings/debian-archive-keyring.pgp
[ -f "$keys" ] || fail "the keys of Debian's archive are not in the image: debian-archive-keyring"

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d
mkdir -p /etc/apt/sources.list.d
# A signature of then is past its time now, which is what a snapshot is for. It is checked all the same.
source() {
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\nCheck-Valid-Until: no\n\n' "$1" "$2" "$keys" \
    >>/etc/apt/sources.list.d/snapshot.sources
}
source "$2/archive/debian/$1/" "$VERSION_CODENAME $VERSION_CODENAME-updates"
source "$2/archive/debian-security/$1/" "$VERSION_CODENAME-security"
# What the image has of a later day goes back: else packages of one source would stand beside each other in two versions.
printf 'Package: *\nPin: release o=Debian\nPin-Priority: 1001\n' >/etc/apt/preferences.d/snapshot
cat >/etc/apt/apt.conf.d/90snapshot <<'END'
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Retries "3";
END
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get dist-upgrade -y --allow-downgrades --no-install-recommends
rm -rf /var/lib/apt/lists/*
