#!/bin/sh
# Installs into a scratch prefix, builds a program with pkg-config alone, and runs it, then once without the plugin it needs.
# Arguments: the build folder, the source folder, the compiler. Prints TAP.
set -u
build=$1 source=$2
shift 2
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
number=0
failures=0
check() {
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $number $2"; else echo "not ok $number $2"; failures=1; fi
}
DESTDIR="$prefix" meson install -C "$build" --no-rebuild --quiet >"$prefix/log" 2>&1
check $? "installs"
root="$prefix$(meson introspect "$build" --buildoptions | python3 -c 'import json,sys; print(next(o["value"] for o in json.load(sys.stdin) if o["name"] == "prefix"))')"
pc=$(find "$root" -name kamiwaza.pc)
[ -n "$pc" ]
check $? "has a pkg-config file"
export PKG_CONFIG_PATH="${pc%/*}" PKG_CONFIG_SYSROOT_DIR="$prefix"
flags=$(pkg-config --cflags --libs kamiwaza)
# shellcheck disable=SC2086
"$@" "$source/examples/list.c" -o "$prefix/list" $flags >>"$prefix/log" 2>&1
check $? "builds the first program with pkg-config alone"
if [ -f "${pc%/*}/kamiwaza-glib.pc" ]; then
    # GLib is not in the scratch prefix: its flags are asked for without it.
    gio=$(PKG_CONFIG_SYSROOT_DIR="" pkg-config --cflags --libs gio-2.0)
    own=$(pkg-config --libs-only-l kamiwaza-glib | tr ' ' '\n' | grep kamiwaza | tr '\n' ' ')
    # shellcheck disable=SC2086
    "$@" "$source/examples/glib.c" -o "$prefix/glib" $flags $own $gio >>"$prefix/log" 2>&1
    check $? "builds a program with a GLib main loop with pkg-config alone"
fi
lib=$(dirname "$(find "$root" -name 'libkamiwaza.so.1' | head -n 1)")
plugins=$(dirname "$(find "$root" -name models.so)")
if [ -f "$build/plugins/modules/store-secret-service.so" ]; then
    [ -f "$plugins/store-secret-service.so" ]
    check $? "installs the token store of the keyring"
fi
for name in models serving cluster openai auth authz auth-oauth; do
    [ -f "$plugins/$name.so" ]
    check $? "installs the plugin $name"
done
for page in kamiwaza.1 kamiwaza-models.3 kamiwaza.json.5; do
    found=$(find "$root" -name "$page*")
    [ -n "$found" ] && { ! command -v groff >/dev/null || [ -z "$(groff -man -ww -Tutf8 "$found" 2>&1 >/dev/null)" ]; }
    check $? "installs the manual page $page, which groff has no complaint about"
done
export LD_LIBRARY_PATH="$lib" KAMIWAZA_BASE_URL=http://127.0.0.1:9 KAMIWAZA_MAX_RETRIES=0 XDG_CONFIG_HOME="$prefix" ASAN_OPTIONS=detect_leaks=0
out=$(KAMIWAZA_PLUGIN_PATH="$plugins" "$prefix/list" 2>&1)
echo "$out" | grep -q 'No connection'
check $? "finds the plugin and asks the server"
mkdir "$prefix/nothing"
mv "$plugins/auth-oauth.so" "$prefix"
out=$(KAMIWAZA_AUTH=oauth KAMIWAZA_PLUGIN_PATH="$plugins" "$root/bin/kamiwaza" call models.list 2>&1)
echo "$out" | grep -q "no auth-oauth.so in $plugins"
check $? "without auth-oauth.so nobody signs in by it, and the error says the file and the folder"
for name in models serving cluster openai auth authz; do
    rm "$plugins/$name.so"
    out=$(KAMIWAZA_PLUGIN_PATH="$plugins" "$root/bin/kamiwaza" call "$name.list" 2>&1)
    echo "$out" | grep -q "no $name.so in $plugins" && echo "$out" | grep -q "libkamiwaza1-plugin-$name"
    check $? "without $name.so says the file, the folder and the package"
done
visible=$(nm -D --defined-only "$lib/libkamiwaza.so.1" | awk '{print $3}' | grep -v '^kz_' | grep -v '^KAMIWAZA_' | grep -v '^__' || true)
[ -z "$visible" ]
check $? "shows no symbol but kz_*"
! readelf -d "$lib/libkamiwaza.so.1" | grep NEEDED | grep -E 'libm\.|glib'
check $? "loads neither GLib nor the library of mathematics"
echo "1..$number"
exit $failures
