# Runs one text after another with the real tools of this machine, which may write to a home full of traps, to /tmp and to
# /var/tmp only: another uid, no network, own process ids. Called by tool-jail.ts through `unshare`, as root. Input: texts,
# each ended by NUL. Output for each: what changed, whether anybody was contacted and the marks that were shown, in lines, then
# NUL; at first the list of marks, and that of other implementations.
# Every failure ends it: a jail that is not one must not run anything.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mount --make-rprivate /
stage=$(mktemp -d)
mount -t tmpfs -o size=128m,mode=755 tmpfs "$stage"
mkdir "$stage/home" "$stage/tmp" "$stage/vartmp" "$stage/dev" "$stage/kept"
chmod 1777 "$stage/tmp" "$stage/vartmp"
mkdir "$stage/kept/agent"
bash "$here/tool-tree.sh" "$stage/kept/agent" "$stage/marks" >&2
printf '0\tthe environment of another process\n' >> "$stage/marks"
chown -hR 65534:65534 "$stage/kept/agent"
bash "$here/tool-others.sh" "$stage/others" > "$stage/names"
# A shell that reads its stdin is seen by what it leaves behind.
printf 'touch RAN-stdin\n!touch RAN-stdin\n' > "$stage/stdin"
for device in null zero full random urandom; do
  touch "$stage/dev/$device"
  mount --bind "/dev/$device" "$stage/dev/$device"
done
ln -s /proc/self/fd "$stage/dev/fd"
ln -s /proc/self/fd/0 "$stage/dev/stdin"
ln -s /proc/self/fd/1 "$stage/dev/stdout"
ln -s /proc/self/fd/2 "$stage/dev/stderr"
mkdir "$stage/empty"
# Reached once /tmp is another: by the descriptors of what is there now.
exec 5< "$stage/stdin"
mount --rbind "$stage" /mnt
mount -o remount,ro,bind /
mount --bind "$stage/home" /home
mount --bind "$stage/vartmp" /var/tmp
mount --bind "$stage/empty" /run
mount --bind "$stage/tmp" /tmp
mount -t proc -o ro proc /proc
mount -o remount,ro,bind /sys
mount --rbind /mnt/dev /dev
cd /
# Whoever is contacted, it goes to this machine, which counts it.
ip link set lo up
ip route add default dev lo
echo nameserver 127.0.0.1 > /mnt/resolv.conf
mount --bind /mnt/resolv.conf /etc/resolv.conf

contacts() {
  awk '/^Udp: [0-9]/ { print $5 } /^Tcp: [0-9]/ { print $6 } /^Icmp: [0-9]/ { print $25 }' /proc/net/snmp
}
state() {
  find /home /tmp /var/tmp \( -type d -printf '%p %m\n' \) -o -printf '%p %y%m %s %Ts %l\n'
}
restore() {
  find /home /tmp /var/tmp -mindepth 1 -delete
  cp -a /mnt/kept/agent /home/agent
  before=$(state)
}
run() {
  cd /home/agent
  exec env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/home/agent USER=agent LOGNAME=agent SHELL=/bin/sh LANG=C.UTF-8 \
    setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    prlimit --fsize=20000000 --core=0 --cpu=2 timeout -s KILL 1.5 sh -c "$1"
}
restore
cat /mnt/marks
printf '\0'
cat /mnt/names
printf '\0'
while IFS= read -r -d '' text; do
  SECRET=MARK0X setpriv --reuid=65534 --regid=65534 --clear-groups sleep 60 < /dev/null > /dev/null 2>&1 5<&- &
  contacted=$(contacts)
  (run "$text") < /mnt/stdin 2>&1 5<&- | head -c 300000 | grep -ao 'MARK[0-9]*X' | sort -u || :
  kill -KILL -1 2> /dev/null || :
  [ "$(contacts)" = "$contacted" ] || echo '> contacts somebody'
  after=$(state)
  if [ "$after" != "$before" ]; then
    diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") | grep '^[<>]' || :
    restore
  fi
  printf '\0'
done
