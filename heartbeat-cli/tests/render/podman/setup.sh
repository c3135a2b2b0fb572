# Prepares the namespaces of an engine, then tells that they are ready, and keeps them.
set -eu
ip link set lo up
# Locks, addresses and names of other engines are theirs.
mount -t tmpfs run /run
mount -t tmpfs shm /dev/shm
# Where only the controllers of cgroup v1 are writable, and not their folder, podman needs one that is.
if [ "$(stat --file-system --format %T /sys/fs/cgroup)" = tmpfs ]; then
  mount -t tmpfs cgroup "$1"
  for controller in /sys/fs/cgroup/*/; do
    name=$(basename "$controller")
    if [ "$name" != unified ]; then
      mkdir "$1/$name"
      if mountpoint --quiet "$controller"; then mount --bind "$controller" "$1/$name"; fi
    fi
  done
  mount --rbind "$1" /sys/fs/cgroup
fi
echo ready
# Until the test closes it.
exec cat
