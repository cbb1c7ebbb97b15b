#!/bin/sh
# Prints what is inside this machine as one flat JSON object of texts: packages, files under /etc, enabled services,
# listening ports, kernel, users and their keys, crontabs, setuid files. Firedrill compares it before a strike and after.
#
# Run it as root: sh fingerprint.sh [--without SECTION]... [--skip GLOB]...
#   SECTION is one of kernel packages etc services ports users crontabs setuid; GLOB is a path that is left out.
# POSIX sh with the tools of any base system (awk, find, od, sort, stat, sha256sum); dash and busybox both do.
# Keys and values are ASCII: any other byte is written as \u00XX, so that no file name can break the record.
# What cannot be read ends it with exit code 1: half a record would compare as a difference.
set -u
LC_ALL=C
export LC_ALL
umask 077

SECTIONS='kernel packages etc services ports users crontabs setuid'
WITHOUT=' '
# These differ from machine to machine by design. Users and groups have a section of their own.
SKIP='/etc/machine-id
/etc/hostname
/etc/hosts
/etc/resolv.conf
/etc/adjtime
/etc/mtab
/etc/ld.so.cache
/etc/.pwd.lock
/etc/.updated
/etc/passwd
/etc/passwd-
/etc/group
/etc/group-
/etc/shadow
/etc/shadow-
/etc/gshadow
/etc/gshadow-
/etc/subuid-
/etc/subgid-
/etc/ssh/ssh_host_*
/etc/netplan/50-cloud-init.yaml
/etc/network/interfaces.d/50-cloud-init*
/etc/systemd/network/10-cloud-init-*
/etc/sysconfig/network-scripts/ifcfg-*
/etc/NetworkManager/system-connections/cloud-init-*
/etc/udev/rules.d/70-persistent-net.rules
/etc/lvm/archive/*
/etc/lvm/backup/*
/etc/lvm/cache/*
/etc/lvm/devices/*
/etc/iscsi/initiatorname.iscsi
/etc/nvme/hostid
/etc/nvme/hostnqn
/etc/docker/key.json
/etc/systemd/system/*.wants/*
/etc/systemd/system/*.requires/*
/etc/rc[0-9S].d/*
/etc/runlevels/*'

die() {
  printf 'fingerprint.sh: %s\n' "$1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --without)
      case " $SECTIONS " in *" ${2-} "*) ;; *) die "there is no section \"${2-}\"; there are $SECTIONS" ;; esac
      WITHOUT="$WITHOUT$2 "
      shift 2
      ;;
    --skip)
      [ -n "${2-}" ] || die '--skip needs a path'
      SKIP="$SKIP
$2"
      shift 2
      ;;
    *) die "unknown argument \"$1\"" ;;
  esac
done

[ "$(id -u)" = 0 ] || die 'run this as root, or parts of the machine cannot be read'
if command -v sha256sum >/dev/null 2>&1; then DIGEST='sha256sum'
elif command -v shasum >/dev/null 2>&1; then DIGEST='shasum -a 256'
elif command -v openssl >/dev/null 2>&1; then DIGEST='openssl dgst -sha256 -r'
else die 'none of sha256sum, shasum and openssl is here'
fi
WORK=$(mktemp -d) || die 'no temporary folder can be made'
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' HUP INT TERM
export SKIP DIGEST WORK
: >"$WORK/records"

# For awk: q() makes the inside of a JSON string. A word of safe characters is the common case and passes unread.
Q='
function q(text,    i, char, out) {
  if (text !~ /[^A-Za-z0-9 \/._:,+=@%~^*-]/) return text
  if (!("a" in plain)) {
    for (i = 32; i < 127; i++) plain[sprintf("%c", i)] = 1
    for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i
  }
  out = ""
  for (i = 1; i <= length(text); i++) {
    char = substr(text, i, 1)
    if (char == "\\" || char == "\"") out = out "\\" char
    else if (char in plain) out = out char
    else out = out sprintf("\\u%04x", code[char])
  }
  return out
}
function record(key, value) { print q(key) "\t" q(value) }
'
export Q

# For this shell and for those that find starts. A name may hold anything but NUL, line ends included, so what is not
# plain goes through od byte by byte.
FUNCTIONS='
quoted() {
  case $1 in
    *[!A-Za-z0-9\ /._:,+=@%~^*-]*)
      printf %s "$1" | od -An -v -tx1 | awk '\''
        BEGIN {
          for (i = 32; i < 127; i++) char[sprintf("%02x", i)] = sprintf("%c", i)
          char["22"] = "\\\""
          char["5c"] = "\\\\"
        }
        { for (i = 1; i <= NF; i++) printf "%s", ($i in char) ? char[$i] : "\\u00" $i }'\''
      ;;
    *) printf %s "$1" ;;
  esac
}
record() {
  printf "%s\t%s\n" "$(quoted "$1")" "$(quoted "$2")" >>"$WORK/records"
}
fail() {
  printf "%s\n" "$1" >>"$WORK/failed"
}
skipped() {
  set -f
  IFS="
"
  for pattern in $SKIP; do
    case $1 in $pattern)
      unset IFS
      set +f
      return 0
      ;;
    esac
  done
  unset IFS
  set +f
  return 1
}
# One file whose name may be anything: KIND, then the file.
digest_one() {
  hash=$($DIGEST <"$2" 2>/dev/null) && state=$(stat -c "%a %u:%g" -- "$2" 2>/dev/null) || {
    [ ! -e "$2" ] || fail "$(quoted "$2") cannot be read"
    return 0
  }
  record "$1$2" "sha256:${hash%% *} $state"
}
# Many files with plain names, in as few processes as there can be.
digest_many() {
  kind=$1
  shift
  { $DIGEST -- "$@" 2>/dev/null; echo; stat -c "%a %u:%g %n" -- "$@" 2>/dev/null; } |
    KIND=$kind MISSED="$WORK/missed" awk "$Q"'\''
      $0 == "" { stats = 1; next }
      !stats { hash[substr($0, length($1) + 3)] = $1; next }
      {
        path = substr($0, length($1) + length($2) + 3)
        if (path in hash) { record(ENVIRON["KIND"] path, "sha256:" hash[path] " " $1 " " $2); delete hash[path] }
        else print path >ENVIRON["MISSED"]
      }
      END { for (path in hash) print path >ENVIRON["MISSED"] }'\'' >>"$WORK/records"
  [ -s "$WORK/missed" ] || return 0
  while read -r path; do [ ! -e "$path" ] || fail "$path cannot be read"; done <"$WORK/missed"
  rm -f "$WORK/missed"
}
# KIND, then what find found.
digest_found() {
  kind=$1
  shift
  left=$#
  while [ "$left" -gt 0 ]; do
    path=$1
    shift
    left=$((left - 1))
    if skipped "$path"; then :
    elif [ -h "$path" ]; then
      target=$(readlink "$path" && echo .) || continue
      target=${target%?.}
      record "$kind$path" "-> $target"
    else
      case $path in
        *[!A-Za-z0-9/._:,+=@%~-]*) digest_one "$kind" "$path" ;;
        *) set -- "$@" "$path" ;;
      esac
    fi
  done
  [ $# -eq 0 ] || digest_many "$kind" "$@"
}
'
export FUNCTIONS
eval "$FUNCTIONS"

wanted() {
  case $WITHOUT in *" $1 "*) return 1 ;; *) return 0 ;; esac
}

lines() {
  awk "$Q$1" "$2" >>"$WORK/records" || die "$2 cannot be read"
}

kernel() {
  record kernel/release "$(uname -r)"
  record kernel/version "$(uname -v)"
  record kernel/machine "$(uname -m)"
  [ ! -r /etc/os-release ] || lines '
    /^(ID|VERSION_ID|BUILD_ID)=/ {
      value = substr($0, index($0, "=") + 1)
      gsub(/^"|"$/, "", value)
      record("os/" tolower(substr($0, 1, index($0, "=") - 1)), value)
    }' /etc/os-release
}

packages() {
  if [ -r /var/lib/dpkg/status ]; then
    lines '
      function flush() {
        if (name != "" && state != "") record("package/" name ":" arch, state == "install ok installed" ? version : version " (" state ")")
        name = version = arch = state = ""
      }
      /^Package: / { name = $2 }
      /^Version: / { version = $2 }
      /^Architecture: / { arch = $2 }
      /^Status: / { state = substr($0, 9) }
      /^$/ { flush() }
      END { flush() }' /var/lib/dpkg/status
  fi
  if [ -r /lib/apk/db/installed ]; then
    lines '/^P:/ { name = substr($0, 3) } /^V:/ { record("package/" name, substr($0, 3)) }' /lib/apk/db/installed
  fi
  if [ -d /var/lib/rpm ] || [ -d /usr/lib/sysimage/rpm ]; then
    if command -v rpm >/dev/null 2>&1 && ! [ -r /var/lib/dpkg/status ]; then
      rpm -qa --qf '%{NAME}.%{ARCH}\t%{VERSION}-%{RELEASE}\n' | sort >"$WORK/rpm" || die 'rpm cannot list its packages'
      [ -s "$WORK/rpm" ] || die 'rpm lists no packages'
      lines 'BEGIN { FS = "\t" } { record("package/" $1, $2) }' "$WORK/rpm"
    fi
  fi
}

found() {
  kind=$1
  shift
  KIND=$kind find "$@" -exec sh -c "$FUNCTIONS"'digest_found "$KIND" "$@"' sh {} + 2>"$WORK/complaints" && return 0
  # What goes away while it is looked for is no failure; everything else is.
  complaint=$(grep -v 'No such file or directory$' "$WORK/complaints" | sed -n 1p)
  [ -z "$complaint" ] || die "$complaint"
}

etc() {
  found file /etc -xdev \( -type f -o -type l \)
}

services() {
  for link in /etc/systemd/system/*.wants/* /etc/systemd/system/*.requires/* /etc/rc[0-9S].d/S* /etc/runlevels/*/*; do
    [ -h "$link" ] || [ -e "$link" ] || continue
    folder=${link%/*}
    target=$(readlink "$link" && echo .) && target="-> ${target%?.}" || target=enabled
    record "service/${link##*/}/${folder##*/}" "$target"
  done
}

ports() {
  [ -r /proc/net/tcp ] || die '/proc/net/tcp cannot be read; leave ports out with --without ports'
  first=65536
  [ ! -r /proc/sys/net/ipv4/ip_local_port_range ] || read -r first _ </proc/sys/net/ipv4/ip_local_port_range
  for table in tcp tcp6 udp udp6; do
    [ ! -r "/proc/net/$table" ] || sed "1d;s/^/$table /" "/proc/net/$table"
  done | FIRST=$first awk "$Q"'
    function number(hex,    i, value) {
      value = 0
      for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789ABCDEF", toupper(substr(hex, i, 1))) - 1
      return value
    }
    function scope(hex) {
      if (hex ~ /^0+$/ || hex == "0000000000000000FFFF000000000000") return "everywhere"
      if (hex ~ /^......7F$/ || hex == "00000000000000000000000001000000" || hex ~ /^0000000000000000FFFF0000......7F$/) return "loopback"
      return "one address"
    }
    {
      protocol = substr($1, 1, 3)
      if ($5 != (protocol == "tcp" ? "0A" : "07")) next
      split($3, place, ":")
      port = number(place[2])
      # Sockets of clients that wait for an answer look like this too.
      if (protocol == "udp" && port >= ENVIRON["FIRST"] + 0) next
      key = "port/" protocol "/" port
      seen[key] = 1
      how[key, scope(place[1])] = 1
    }
    END {
      for (key in seen) {
        text = ""
        if ((key, "everywhere") in how) text = text " everywhere"
        if ((key, "loopback") in how) text = text " loopback"
        if ((key, "one address") in how) text = text " one-address"
        record(key, substr(text, 2))
      }
    }' >>"$WORK/records" || die 'listening ports cannot be read'
}

users() {
  SHADOW=/etc/shadow lines '
    BEGIN {
      FS = ":"
      while ((getline line <ENVIRON["SHADOW"]) > 0) {
        split(line, field, ":")
        password[field[1]] = field[2] == "" ? "none" : field[2] ~ /^[!*]/ ? "locked" : "set"
      }
    }
    NF > 1 { record("user/" $1, "uid=" $3 " gid=" $4 " home=" $6 " shell=" $7 " password=" ($1 in password ? password[$1] : "none here")) }' /etc/passwd
  lines 'BEGIN { FS = ":" } NF > 1 { record("group/" $1, "gid=" $3 " members=" $4) }' /etc/group
  while IFS=: read -r name _ _ _ _ home _; do
    for file in "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2"; do
      [ -f "$file" ] || continue
      # A key is called by the end of its public part; what is around it (type, options, comment) is the value.
      OWNER=$name awk "$Q"'
        /^[ \t]*(#|$)/ { next }
        {
          blob = ""
          for (i = 1; i <= NF; i++) if ($i ~ /^AAAA[A-Za-z0-9+\/=]+$/) { blob = $i; break }
          rest = $0
          if (blob != "") rest = substr($0, 1, index($0, blob) - 1) "..." substr($0, index($0, blob) + length(blob))
          name = blob == "" ? "line " NR : substr(blob, length(blob) - 31 > 0 ? length(blob) - 31 : 1)
          gsub(/\//, "_", name)
          record("key/" ENVIRON["OWNER"] "/" name, rest)
        }' "$file" >>"$WORK/records" || die "$file cannot be read"
    done
  done </etc/passwd
}

crontabs() {
  for file in /var/spool/cron/crontabs/* /var/spool/cron/*; do
    [ -f "$file" ] || continue
    digest_one crontab "$file"
  done
}

# Local file systems only: a crawl through a network's would take hours.
setuid() {
  if [ -r /proc/mounts ]; then
    # An overlay that is not the root is what a container runs on.
    awk '$3 == "overlay" ? $2 == "/" : $3 ~ /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|reiserfs|bcachefs)$/ && $2 !~ /^\/(proc|sys|dev|run)(\/|$)/ { print $2 }' /proc/mounts |
      sort -u | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g' >"$WORK/mounts"
  fi
  [ -s "$WORK/mounts" ] || echo / >"$WORK/mounts"
  while IFS= read -r mount; do
    mount=$(printf '%b.' "$mount")
    mount=${mount%.}
    [ -d "$mount" ] || continue
    found setuid "$mount" -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /var/lib/docker -o -path /var/lib/containerd -o -path /var/lib/containers -o -path "$WORK" \) -prune \
      -o -type f \( -perm -4000 -o -perm -2000 \)
  done <"$WORK/mounts"
}

for section in $SECTIONS; do
  ! wanted "$section" || "$section"
  if [ -s "$WORK/failed" ]; then die "$(sed -n '1p' "$WORK/failed")"; fi
done

sort -u "$WORK/records" | awk '
  BEGIN { FS = "\t"; print "{" }
  $1 == key { value = value ", " $2; next }
  { flush(); key = $1; value = $2 }
  function flush() {
    if (key == "") return
    printf "%s  \"%s\": \"%s\"", comma, key, value
    comma = ",\n"
  }
  END { flush(); print "\n}" }'
