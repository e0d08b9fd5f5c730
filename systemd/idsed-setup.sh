#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the key that seals idsed's credentials, bound to this machine, when there is none. A key that is there is never
# touched: without it nothing that it sealed can be read again.
set -eu

store=${1:-/etc/credstore.encrypted}
umask 077
mkdir -p "$store"
# The new file gets its name by a link, which never replaces one that is there.
new=$(mktemp -d "$store/.idsed.key.XXXXXX")
trap 'rm -rf "$new"' EXIT
# Bound to the machine's TPM where it has one, but to no measurement: a new firmware must not lock the queue.
head -c 32 /dev/urandom | systemd-creds encrypt --name=idsed.key --with-key=auto --tpm2-pcrs= - "$new/idsed.key"
sync "$new/idsed.key"
ln "$new/idsed.key" "$store/idsed.key"
sync "$store"
