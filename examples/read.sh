#!/bin/sh
# Prints all pending calls: the JSON answers, one line for each page.
#
#     API_URL=https://pbx.example.com API_TOKEN=… API_KEY=… sh read.sh
#
# API_KEY is only for a token that has a key. Needs curl, and md5sum (Linux) or md5 (macOS) if there is a key.
set -eu

url="${API_URL%/}/api/call-queue"

md5_of() {
  if command -v md5sum >/dev/null; then printf %s "$1" | md5sum; else printf %s "$1" | md5 -r; fi | cut -c 1-32
}

page=1
max_page=1
while [ "$page" -le "$max_page" ]; do
  # The hash is made over the parameters as PHP's http_build_query writes them, so they are sent in just that form.
  form="action=read&page=$page&filters%5Bstatus%5D=pending"
  if [ -n "${API_KEY:-}" ]; then
    form="$form&api_hash=$(md5_of "$form$API_KEY")"
  fi
  # The token goes to curl through a pipe: arguments can be seen by everybody on the machine.
  answer=$(
    printf 'header = "Authorization: Bearer %s"\n' "$API_TOKEN" |
      curl --config - --silent --show-error --max-time 30 --data "$form" "$url"
  )
  case $answer in
    '{"has_error":false,'*) printf '%s\n' "$answer" ;;
    *) printf '%s\n' "$answer" >&2 && exit 1 ;;
  esac
  max_page=$(printf %s "$answer" | sed -n 's/.*"max_page":\([0-9]*\).*/\1/p')
  page=$((page + 1))
done
