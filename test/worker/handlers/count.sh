# Counts words with nothing but a POSIX shell and sed; one process for all tasks.
while IFS= read -r line; do
  id=$(printf '%s' "$line" | sed 's/^{"task_id":\("[^"]*"\).*/\1/')
  text=$(printf '%s' "$line" | sed 's/.*"text":"\([^"]*\)".*/\1/')
  keep=$(printf '%s' "$line" | sed -n 's/.*\(,"keep":{[^}]*}\)},"metadata".*/\1/p')
  if [ "$text" = bad ]; then
    printf '{"task_id":%s,"error":"that text is bad"}\n' "$id"
  else
    set -f
    set -- $text
    printf '{"task_id":%s,"output":{"words":%s%s}}\n' "$id" "$#" "$keep"
  fi
done
