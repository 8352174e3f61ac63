#!/bin/sh
# Makes the secrets that docker/compose.yaml mounts, where they are not there yet: nothing is ever replaced, since without
# the pepper no token and without the sealing key no stored credential can be used again. Keep a copy.
set -eu
folder="$(dirname "$0")/secrets"
# Only the owner enters the folder; the containers' users, who are others, read the single files mounted into them.
mkdir -p -m 700 "$folder"
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
keep() { [ -e "$folder/$1" ] || { printf '%s' "$2" >"$folder/$1"; chmod 644 "$folder/$1"; }; }
keep postgres_password "$(random)"
keep database_url "postgres://tollgate:$(cat "$folder/postgres_password")@postgres:5432/tollgate"
keep token_pepper "$(random)"
keep sealing_key "$(random)"
keep audit_key "$(random)"
