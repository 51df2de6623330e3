#!/bin/sh
# All that a machine with a GPU is asked, by the Deno that lies beside this file:
# sh gpu_all.sh [check|kernels|methods ...] [--out FOLDER] [--minutes 9] [--quick] [--device webgpu]
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
# Where there is no HOME, Deno asks for a folder of its own; a read-only one is no harm.
export DENO_DIR="${DENO_DIR:-$here/cache}" DENO_NO_UPDATE_CHECK=1
chmod +x "$here/deno" 2>/dev/null
exec "$here/deno" run -A --no-config --no-lock --no-remote --no-npm \
  "$here/program/bundle/tasks/gpu_all.js" "$@"
