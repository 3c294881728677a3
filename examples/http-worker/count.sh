#!/bin/sh
# For worker.sh: the length of the text, found in the item without a JSON reader.
text=$(sed -n 's/.*"payload":{"text":"\([^"]*\)".*/\1/p')
[ -n "$text" ] || exit 1
printf '{"length":%s}\n' "${#text}"
