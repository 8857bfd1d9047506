# Sourced by bash before each program: every command that is no keyword is logged to descriptor 9 instead of running.
__log() {
  # One line, one write: commands of a pipeline log at the same time.
  local IFS=' '
  builtin printf '%s\0\002\0' "${*@Q}" >&9
  case $VARIANT in
    2) [[ $(( ${#1} % 2 )) == 0 ]] ;;
    *) return "$VARIANT" ;;
  esac
}
command_not_found_handle() { __log "$@"; }
echo() { __log echo "$@"; }
printf() { __log printf "$@"; }
test() { __log test "$@"; }
true() { __log true "$@"; }
false() { __log false "$@"; }
pwd() { __log pwd "$@"; }
function [ { __log [ "$@"; }
PATH=/nowhere
trap wait EXIT
