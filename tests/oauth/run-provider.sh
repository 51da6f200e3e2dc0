#!/bin/sh
# Installs what provider.js needs by npm into a folder of the build (once), then runs the test that is named: FOLDER SOURCE TEST. Where npm is
# not there or reaches no registry the test is skipped, and says why.
set -u
folder=$1 source=$2
shift 2
skip() {
    echo "1..0 # SKIP no real provider: $1"
    exit 0
}
command -v node >/dev/null || skip "Node.js is not installed (scripts/setup installs it)"
mkdir -p "$folder"
(
    flock 9
    if ! cmp -s "$source/package-lock.json" "$folder/installed"; then
        cp "$source/package.json" "$source/package-lock.json" "$folder" &&
            cd "$folder" &&
            npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --fetch-retries=1 --fetch-retry-mintimeout=1000 \
                --fetch-timeout=60000 >npm.log 2>&1 &&
            cp package-lock.json installed
    fi
) 9>"$folder/lock" || skip "npm could not install oidc-provider: $(grep -m 1 'npm ERR\|npm error' "$folder/npm.log" 2>/dev/null || echo "npm is not there")"
cp "$source/provider.js" "$folder/provider.js"
KAMIWAZA_TEST_PROVIDER="$folder/provider.js" exec "$@"
