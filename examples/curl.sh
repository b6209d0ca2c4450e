#!/bin/sh
# Asks any model in OpenAI's words: ./curl.sh [question]
set -eu
url=${POLYGATE_URL:-http://127.0.0.1:4000}
model=${MODEL:-openai/gpt-4.1-mini}
question=$(printf '%s' "${1:-Say hello.}" | sed 's/\\/\\\\/g; s/"/\\"/g')

curl --silent --show-error --fail-with-body "$url/v1/chat/completions" \
  -H 'content-type: application/json' -H "authorization: Bearer ${POLYGATE_KEY:-open}" \
  -d "{\"model\":\"$model\",\"messages\":[{\"role\":\"user\",\"content\":\"$question\"}]}"
echo
