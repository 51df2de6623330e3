#!/bin/sh
# wsvad @VERSION@ for @PLATFORM@. This script, and behind it the program: packed, with the Deno that runs it.
# The program is unpacked once, into the user's cache folder, and starts from there.
set -u
name=@NAME@ room=@ROOM@
sums=@SUMS@
list='@LIST@'

fail() {
  printf 'wsvad: %s\n' "$1" >&2
  exit 1
}

# What the file system says about each file: any write since the last full check shows in it.
state() (
  cd "$1" && IFS='
' && set -f && stat -c '%n %s %i %a %.Y %.Z' $list
) 2>/dev/null

# Whether every file has the content that it was packed with.
whole() (
  cd "$1" && [ -x deno ] && [ "$(sha256sum <SHA256SUMS)" = "$sums  -" ] &&
    sha256sum --status -c SHA256SUMS
) 2>/dev/null

# The full check, and a note of the files' state that spares later starts a second one.
checked() {
  whole "$1" || return 1
  note=$(mktemp "$1/.state.XXXXXX" 2>/dev/null) || return 0
  { state "$1" >"$note" && mv -f "$note" "$1/.state" || rm -f "$note"; } 2>/dev/null
  return 0
}

usable() {
  [ -s "$1/.state" ] && [ "$(state "$1")" = "$(cat "$1/.state" 2>/dev/null)" ] && return 0
  checked "$1"
}

# A folder of the user's own alone: in a temporary folder another user could lay a program in our way.
private() {
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ "$(stat -c %a "$1" 2>/dev/null)" = 700 ]
}

# Unpacks beside the place and renames, so that the place is there whole or not at all.
# Exit code 0: done; 1: this folder cannot be used; 2: there is no use in trying another one.
unpack() (
  parent=$1 place=$1/$name new=
  trap '[ -z "$new" ] || rm -rf "$new" "$new.old"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  new=$( (mkdir -p "$parent" && mktemp -d "$parent/.$name.XXXXXX") 2>&1) || {
    said=$new new=
    complain "$said"
  }
  # What starts that were killed have left.
  find "$parent" -maxdepth 1 -name ".$name.*" -mmin +1440 -exec rm -rf {} + 2>/dev/null
  said=$( { tail -n +@PAYLOAD@ "$file" | tar -xozf - -C "$new"; } 2>&1) ||
    if tail -n +@PAYLOAD@ "$file" | gzip -t 2>/dev/null; then complain "$said"; else damaged; fi
  checked "$new" || {
    [ ! -f "$new/deno" ] || [ -x "$new/deno" ] || complain "programs may not run there"
    damaged
  }
  chmod 755 "$new"
  for again in 1 2 3; do
    mv -T "$new" "$place" 2>/dev/null && exit 0
    # Another start was faster, or what lies there is damaged.
    usable "$place" && exit 0
    mv -T "$place" "$new.old" 2>/dev/null && rm -rf "$new.old"
  done
  complain "what lies there cannot be replaced"
)

damaged() {
  echo "\"$file\" is damaged: download it again"
  exit 2
}

complain() {
  case $1 in
  *'No space left'* | *'quota'*)
    echo "Cannot unpack into \"$parent\": no space left, $room MB are needed;" \
      "free them, or name another folder by XDG_CACHE_HOME"
    exit 2
    ;;
  esac
  echo "\"$parent\" (${1##*: })"
  exit 1
}

file=$0
home=${HOME:-}
[ -n "$home" ] || home=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
cache=${XDG_CACHE_HOME:-}
case $cache in /*) ;; *) cache=$home/.cache ;; esac
case $cache in /*) ;; *) cache=/.cache ;; esac
cache=$cache/wsvad/executable
folder=$cache/$name

if ! usable "$folder"; then
  temporary=${TMPDIR:-/tmp}
  case $temporary in /*) ;; *) temporary=/tmp ;; esac
  temporary=$temporary/wsvad-$(id -u)
  if private "$temporary" && usable "$temporary/$name"; then
    folder=$temporary/$name
  else
    why=$(unpack "$cache")
    case $? in
    0) ;;
    1)
      mkdir -m 700 "$temporary" 2>/dev/null
      private "$temporary" ||
        fail "Cannot unpack into $why, nor into \"$temporary\": not a folder of yours alone; name another by XDG_CACHE_HOME"
      also=$(unpack "$temporary")
      case $? in
      0) folder=$temporary/$name ;;
      1) fail "Cannot unpack into $why, nor into $also: name a folder that you may write to by XDG_CACHE_HOME" ;;
      2) fail "$also" ;;
      *) exit 130 ;;
      esac
      ;;
    2) fail "$why" ;;
    *) exit 130 ;;
    esac
  fi
fi

# What the command may do. A program that may not do all is shown nothing below /dev, /proc and /sys.
case "${1-} ${2-} " in
@PERMISSIONS@
esac
there= self=
for program in $programs; do
  if [ "$program" = @TOOL@ ]; then
    case $file in /*) self=$file ;; *) self=$PWD/$file ;; esac
    self=--allow-run=$self
    # A path with a comma would be two.
    case $self in *,*) self=--allow-run ;; esac
  elif command -v "$program" >/dev/null; then
    there=$there${there:+,}$program
  fi
done
[ -z "$there" ] || allow="$allow --allow-run=$there"
[ "${WSVAD_ALLOW-}" != all ] || allow=-A
for word in "$PWD" "${HOME-}" "${TMPDIR-}" "$@"; do
  case $word in
  /dev/* | /proc/* | /sys/* | *=/dev/* | *=/proc/* | *=/sys/*) allow=-A ;;
  esac
done
[ "$allow" != -A ] || self=

# What is read in /proc is handed on: nohup, which process this becomes, the processor's flags.
WSVAD_PROC_STATUS= WSVAD_PROC_BOOT= WSVAD_PROC_STAT= WSVAD_PROC_NVIDIA=
while read -r key value; do
  case $key in SigIgn:) WSVAD_PROC_STATUS="$key $value" ;; esac
done 2>/dev/null </proc/self/status
read -r WSVAD_PROC_BOOT 2>/dev/null </proc/sys/kernel/random/boot_id
read -r WSVAD_PROC_STAT 2>/dev/null </proc/self/stat
[ ! -r /proc/driver/nvidia/version ] || read -r WSVAD_PROC_NVIDIA </proc/driver/nvidia/version
WSVAD_PROC_PID_SPACE=$(readlink /proc/self/ns/pid 2>/dev/null)
case $allow in
*--allow-ffi*) WSVAD_PROC_CPUINFO=$(sed -n '/^vendor_id/p;/^flags/{p;q}' /proc/cpuinfo 2>/dev/null) ;;
*) WSVAD_PROC_CPUINFO= ;;
esac
export WSVAD_PROC_STATUS WSVAD_PROC_BOOT WSVAD_PROC_STAT WSVAD_PROC_NVIDIA WSVAD_PROC_PID_SPACE WSVAD_PROC_CPUINFO

# The rest of what Deno keeps (compiled code, for faster starts) lies beside the checked files.
DENO_DIR=$folder.deno DENO_NO_UPDATE_CHECK=1 WSVAD_FILE=$file
export DENO_DIR DENO_NO_UPDATE_CHECK WSVAD_FILE
exec "$folder/deno" run $allow ${self:+"$self"} @FLAGS@ "$folder/program/bundle/main.js" "$@"
fail "Cannot start \"$folder/deno\": remove \"$folder\" and try again"
