#!/bin/sh
# Makes the stack of this example, and edits a file in one of its services as somebody in a hurry would.
set -eu
here=$(dirname "$0")
stack=firedrill-example

if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = inactive ]; then
  echo 'making this engine a Swarm of its own'
  docker swarm init --advertise-addr 127.0.0.1 >/dev/null
fi
docker stack deploy --compose-file "$here/stack.yaml" "$stack"

echo 'waiting until every task is healthy'
running() { docker ps --quiet --filter "label=com.docker.stack.namespace=$stack" --filter health=healthy; }
tries=0
while [ "$(running | wc -l)" -lt 8 ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 120 ]; then echo 'they did not become healthy within two minutes' >&2; exit 1; fi
  sleep 1
done

# What a container writes in its first seconds (startUp in firedrill.yaml) is the work of its own start, which every rebuild repeats.
sleep 12
for container in $(docker ps --quiet --filter "label=com.docker.swarm.service.name=${stack}_wiki"); do
  docker exec "$container" sh -c 'echo "127.0.0.1 old-database" > /etc/app-hosts'
done
echo 'ready: somebody has just edited /etc/app-hosts in the wiki'
