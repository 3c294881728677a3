#!/bin/sh
# image-root.sh BINARY FOLDER: makes in FOLDER the whole file system of the image: the binary, the libraries of the C runtime that it is
# linked with, a user without rights, a folder for his work. The Dockerfile runs it; tools/try-image.mjs does so without an engine.
set -eu
binary=$1
root=$2
mkdir -p "$root/usr/bin" "$root/etc" "$root/work" "$root/tmp" "$root/usr/share/doc/heddle-ts"
install -m 0755 "$binary" "$root/usr/bin/heddle-ts"
# What it is linked with, the loader included; each under the name by which it is looked for.
ldd "$binary" | grep -o '/[^ ]*' | while read -r file; do
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done
papers=$(dirname "$binary")
install -m 0644 "$papers/THIRD-PARTY-LICENSES.txt" "$papers/heddle-ts.cdx.json" "$root/usr/share/doc/heddle-ts"
echo 'nonroot:x:65532:65532:nonroot:/work:/sbin/nologin' > "$root/etc/passwd"
echo 'nonroot:x:65532:' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
chown 65532:65532 "$root/work"
chmod 1777 "$root/tmp"
