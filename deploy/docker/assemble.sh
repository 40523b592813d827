#!/bin/sh
# Puts together what the image holds: the server, the C library that it was linked with, and the two folders that it may write to.
#   assemble.sh BINARY FOLDER
set -eu
umask 022
binary=$1
image=$2/image
state=$2/state

mkdir -p "$image/usr/bin" "$image/etc/kkanbu" "$image/var/lib"
strip --strip-debug -o "$image/usr/bin/kkanbu" "$binary"
chmod 0755 "$image/usr/bin/kkanbu"
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
    cp -L --parents "$library" "$image"
done

# Apart, so that a copy of one never holds the other.
mkdir -p "$state"
mkdir -m 0700 "$state/kkanbu" "$state/kkanbu-keys"
