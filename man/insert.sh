#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: insert.sh KEYS PAGE: the page, with what the program KEYS writes in the place of its line @KEYS@.
set -eu
sed '/^@KEYS@$/,$d' "$2"
"$1"
sed '1,/^@KEYS@$/d' "$2"
