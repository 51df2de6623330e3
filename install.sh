#!/bin/sh
# Installs wsvad from a release: downloads the executable for this machine, compares it with the
# release's SHA-256 sums, starts it once, and puts it into a folder of programs.
#
#   WSVAD_VERSION   a version such as 0.1.0; by default the latest
#   WSVAD_BIN       the folder; by default ~/.local/bin
#   WSVAD_RELEASES  address of the releases
#
# All of it is one function, so that a download that breaks off runs nothing.
set -eu

install_wsvad() {
  releases=${WSVAD_RELEASES:-@RELEASES@}
  case $releases in
  @*) stop "this copy of the script names no releases: say their address by WSVAD_RELEASES" ;;
  esac
  case ${WSVAD_VERSION:-latest} in
  latest) from=$releases/latest/download ;;
  *) from=$releases/download/v${WSVAD_VERSION#v} ;;
  esac
  folder=${WSVAD_BIN:-${HOME:?names the folder of programs; set it, or WSVAD_BIN}/.local/bin}
  name=wsvad-$(platform)

  mkdir -p "$folder" || stop "cannot make the folder \"$folder\"; name another by WSVAD_BIN"
  work=$(mktemp -d "$folder/.wsvad.XXXXXX") ||
    stop "cannot write to \"$folder\"; name another folder by WSVAD_BIN"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  fetch "$from/SHA256SUMS" "$work/SHA256SUMS" || stop "cannot download \"$from/SHA256SUMS\""
  sum=$(while read -r sum file; do
    [ "${file#\*}" = "$name" ] && echo "$sum"
  done <"$work/SHA256SUMS") || :
  [ -n "$sum" ] || stop "the release has no executable $name; build one from source"
  fetch "$from/$name" "$work/wsvad" || stop "cannot download \"$from/$name\""
  found=$(sha256 "$work/wsvad")
  [ "$found" = "$sum" ] ||
    stop "the download is not what was published (SHA-256 $found, expected $sum): try again"
  chmod 755 "$work/wsvad"
  "$work/wsvad" version || stop "the executable does not start on this machine; nothing was installed"
  mv -f "$work/wsvad" "$folder/wsvad" || stop "cannot write \"$folder/wsvad\""
  echo "Installed as $folder/wsvad"
  case :${PATH:-}: in
  *:"$folder":*) ;;
  *) echo "Add that folder to PATH: export PATH=\"$folder:\$PATH\"" ;;
  esac
}

platform() {
  case $(uname -s) in
  Linux) system=linux ;;
  Darwin) system=darwin ;;
  *) stop "there is no executable for $(uname -s) by this script; see docs/executable.md" ;;
  esac
  case $(uname -m) in
  x86_64 | amd64) echo "$system-x86_64" ;;
  aarch64 | arm64) echo "$system-aarch64" ;;
  *) stop "there is no executable for $(uname -m)" ;;
  esac
}

fetch() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 2 -o "$2" "$1"
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1"
  else
    stop "needs curl or wget"
  fi
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1" | cut -d ' ' -f 1
  else
    shasum -a 256 <"$1" | cut -d ' ' -f 1
  fi
}

stop() {
  echo "install.sh: $1" >&2
  exit 1
}

install_wsvad
