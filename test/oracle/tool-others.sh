# Fills the directory $1 with one directory for each other implementation of tools that is installed here, in which their names
# lead to it, and prints these: `busybox: ls cat …`.
set -eu
others=$1
into() {
  program=$(command -v "$2") || return 0
  mkdir -p "$others/$1"
  ln -sf "$program" "$others/$1/$3"
}
for box in busybox toybox; do
  command -v "$box" > /dev/null || continue
  case $box in
    busybox) names=$(busybox --list) ;;
    toybox) names=$(toybox) ;;
  esac
  for name in $names; do into "$box" "$box" "$name"; done
done
for path in /usr/lib/cargo/bin/coreutils/*; do into uutils "$path" "${path##*/}"; done
into bsd bsdtar tar
into bsd bsdcpio cpio
into bsd bsdcat zcat
into bsd original-awk awk
into mawk mawk awk
for directory in "$others"/*/; do
  [ -d "$directory" ] || continue
  printf '%s:' "$(basename "$directory")"
  printf ' %s' "$directory"* | sed "s,$directory,,g"
  echo
done
