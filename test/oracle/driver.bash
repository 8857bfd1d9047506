# Runs one program after another. Input: shell, variant, text, each ended by NUL. Output: what trace.bash and the
# logger write, then a record \003 with the exit status. Process 1 of its namespace, so `kill -1` ends what a program left behind.
exec 4>&1
while IFS= read -r -d '' shell && IFS= read -r -d '' variant && IFS= read -r -d '' text; do
  (
    ulimit -t 2 -f 256 -v 262144
    cd /w
    exec 9>&4 4>&- 0<&8 1>&8 2>&8
    case $shell in
      bash) PATH=/nowhere BASH_ENV=/trace.bash VARIANT="$variant" exec /busybox timeout -s KILL 0.5 /bash --norc -c "$text" ;;
      dash) PATH=/bin VARIANT="$variant" exec /busybox timeout -s KILL 0.5 /dash -c "$text" ;;
      busybox) PATH=/bin VARIANT="$variant" exec /busybox timeout -s KILL 0.5 /busybox sh -c "$text" ;;
    esac
  )
  status=$?
  kill -KILL -1 2>&8
  wait
  printf '\003%s\0' "$status" >&4
done
