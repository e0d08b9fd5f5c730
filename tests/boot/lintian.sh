#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: lintian.sh BUILD
# The packages of the tree without an error or a warning of lintian.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/tools/build-packages" --tree "$1/packages"
lintian --allow-root --fail-on error,warning "$1"/packages/*.changes
