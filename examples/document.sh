#!/usr/bin/env bash
# The calls of the authentication document, in its order, against a running server. It needs bash,
# curl and any node (to take answers apart), and leaves nothing behind but a chatflow.
#
#   FLOWGATE_PASSWORD=… examples/document.sh
set -euo pipefail

api="${FLOWGATE_URL:-http://127.0.0.1:3000}/api/v1"
user="${FLOWGATE_USER:-owner@example.com}"
password="${FLOWGATE_PASSWORD:?Set FLOWGATE_PASSWORD to the password that the first start showed.}"
json='Content-Type: application/json'

# Fails where the server refuses, and shows what it said.
call() { curl --silent --show-error --fail-with-body "$@"; }
# Takes a field out of the answer on standard input.
field() { node -p "JSON.parse(require('fs').readFileSync(0)).$1"; }
step() { printf '\n# %s\n' "$1"; }

step 'Sign in'
login=$(call -X POST "$api/auth/login" -H "$json" \
  -d "{\"username\": \"$user\", \"password\": \"$password\"}")
jwt=$(field token <<< "$login")
refresh=$(field refreshToken <<< "$login")
field user.email <<< "$login"

step 'Create an API key'
key=$(call -X POST "$api/apikey" -H "Authorization: Bearer $jwt" -H "$json" \
  -d '{"keyName": "Production Key", "permissions": ["chatflows:read", "predictions:create"]}')
key_id=$(field id <<< "$key")
api_key=$(field apiKey <<< "$key")
echo "$key_id"

step 'Create a chatflow bound to it'
flow=$(call -X POST "$api/chatflows" -H "Authorization: Bearer $jwt" -H "$json" \
  -d "{\"name\": \"From the document\", \"apikeyid\": \"$key_id\"}" | field id)
echo "$flow"

step 'Ask it with the key'
call -X POST "$api/prediction/$flow" -H "Authorization: Bearer $api_key" -H "$json" \
  -d '{"question": "Hello!"}' | field text

step 'List the chatflows'
call -X GET "$api/chatflows" -H "Authorization: Bearer $jwt" | field length

step 'Refresh the token'
jwt=$(call -X POST "$api/auth/refreshToken" -H "$json" \
  -d "{\"refreshToken\": \"$refresh\"}" | field token)
echo "${jwt:0:3}…"

step 'List the API keys'
call -X GET "$api/apikey" -H "Authorization: Bearer $jwt" | field length

step 'Update the key'
call -X PUT "$api/apikey/$key_id" -H "Authorization: Bearer $jwt" -H "$json" \
  -d '{"keyName": "Updated Key Name", "permissions": ["chatflows:read"]}' | field keyName

step 'Check the key'
call -X GET "$api/verify/apikey/$api_key" | field valid

step 'Delete the key'
call -X DELETE "$api/apikey/$key_id" -H "Authorization: Bearer $jwt" | field deleted

step 'Check it again'
curl --silent -o /dev/null -w '%{http_code}\n' "$api/verify/apikey/$api_key"
