#!/usr/bin/env bash
# Installs what the tests need beyond npm, where it may; otherwise names it and fails.
# Nothing here is needed to run Sallyport itself.
set -euo pipefail

declare -A package_of=(
  [ssh]=openssh-client [sshd]=openssh-server [redis-server]=redis-server
  [ssh-audit]=ssh-audit [asciinema]=asciinema [dbclient]=dropbear-bin [plink]=putty-tools
  [busybox]=busybox [dash]=dash [gawk]=gawk [mawk]=mawk [jq]=jq
)
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
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests: ${missing[*]}" >&2
  # A distribution package may start its daemon; the tests start their own on free ports.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  exit 0
fi
echo "the tests need these Debian packages: ${missing[*]}" >&2
echo "install them (apt-get install ${missing[*]}) and run again" >&2
exit 1
