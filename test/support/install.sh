#!/usr/bin/env bash
# Installs what the tests need beyond npm, where it may; otherwise names it and fails.
# Nothing here is needed to run Sallyport itself.
set -euo pipefail

declare -A package_of=(
  [ssh]=openssh-client [sshd]=openssh-server [redis-server]=redis-server
  [ssh-audit]=ssh-audit [asciinema]=asciinema [dbclient]=dropbear-bin [plink]=putty-tools
  [busybox]=busybox [dash]=dash [gawk]=gawk [mawk]=mawk [jq]=jq
)
# What else has the names of tools, for `npm run test:oracle`.
[ "${1:-}" = oracle ] && package_of+=([ip]=iproute2 [toybox]=toybox [bsdtar]=libarchive-tools [original-awk]=original-awk)
declare -A python_package_of=([paramiko]=python3-paramiko [asyncssh]=python3-asyncssh)

export PATH="$PATH:/usr/sbin:/sbin"
missing=()
for tool in "${!package_of[@]}"; do
  command -v "$tool" >/dev/null 2>&1 || missing+=("${package_of[$tool]}")
done
# Either will do; the one without windows is smaller and costs less.
command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 || missing+=(chromium-headless-shell)
for module in "${!python_package_of[@]}"; do
  /usr/bin/python3 -c "import $module" >/dev/null 2>&1 || missing+=("${python_package_of[$module]}")
done
# npm ci goes on without the native part of ssh2 where nothing can build it; the tests cover the one that is deployed.
has_native_ssh2() { node -e "process.exit(require('ssh2/lib/protocol/crypto.js').bindingAvailable ? 0 : 1)"; }
build_native_ssh2() {
  has_native_ssh2 && return
  npm rebuild ssh2 cpu-features >&2 || true
  has_native_ssh2 && return
  echo "the native part of ssh2 was not built: node-gyp needs a C++ compiler, make, python3 and the headers of this node" >&2
  echo "without a network: npm_package_config_node_gyp_nodedir=PREFIX_OF_NODE npm rebuild ssh2 cpu-features" >&2
  exit 1
}
if ! has_native_ssh2; then
  for tool in g++ make python3; do
    command -v "$tool" >/dev/null 2>&1 || missing+=("$tool")
  done
fi
if [ "${#missing[@]}" -eq 0 ]; then
  build_native_ssh2
  exit 0
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests: ${missing[*]}" >&2
  # A distribution package may start its daemon; the tests start their own on free ports.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  build_native_ssh2
  exit 0
fi
echo "the tests need these Debian packages: ${missing[*]}" >&2
echo "install them (apt-get install ${missing[*]}) and run again" >&2
exit 1
