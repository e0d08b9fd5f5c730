#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs every program in hooks.d for one event, which comes on standard input: the variables of its environment, a line each,
# an empty line, and the event as JSON, which each program gets on its standard input. The unit limits the time of all.
set -u

while IFS= read -r line && [ -n "$line" ]; do
    case $line in
    IDSE_*=*) export "$line" ;;
    esac
done
event=$(cat)
exec </dev/null

for hook in "${1:-/etc/idsed/hooks.d}"/*; do
    [ -f "$hook" ] && [ -x "$hook" ] || continue
    status=0
    printf '%s\n' "$event" | timeout --kill-after=2 20 "$hook" || status=$?
    [ "$status" -eq 0 ] || echo "$hook ended with status $status (124: it took too long)" >&2
done
