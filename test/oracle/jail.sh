# Builds an empty root, read-only but for /w, and runs the driver in it: another uid, no network, own process ids.
# Called by jail.ts through `unshare`, as root. Every failure ends it: a jail that is not one must not run anything.
set -eu
names=$1
mount --make-rprivate /
root=$(mktemp -d)
mount -t tmpfs -o size=32m,mode=755 tmpfs "$root"
cd "$root"
mkdir bin w
cp "$(command -v bash)" bash
cp "$(command -v dash)" dash
cp "$(command -v busybox)" busybox
ldd bash dash busybox | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do
  mkdir -p ".$(dirname "$library")"
  cp "$library" ".$library"
done
cp "$(dirname "$0")/driver.bash" driver.bash
cp "$(dirname "$0")/trace.bash" trace.bash
# For shells without command_not_found_handle: every name is a script that logs how it was called.
cat > logger <<'END'
#!/busybox sh
printf '%s\0' "${0##*/}" "$@" "$(printf '\002')" >&9
exit "${VARIANT:-0}"
END
chmod 755 logger
for name in $names; do ln -s /logger "bin/$name"; done
mount -t tmpfs -o size=1m,mode=1777 tmpfs w
mount -o remount,ro "$root"
exec 8<>/dev/null
exec env -i "$(command -v chroot)" --userspec=65534:65534 --groups= . /bash --norc --noprofile /driver.bash
