"""Makes the versions that are tested against each other: versions.py oldest|older|newer DESCRIPTION PLUGIN_H TO_DESCRIPTION TO_PLUGIN_H.

The older description is the newer one without all that has x-kz-since: members, operations, schemas and what refers to them; the oldest
has no way to find a server and no functions for programs either, and its plugin.h a table without them. The newer plugin.h has tables and a
descriptor with members that this library does not know."""

import re
import sys

import yaml

ADDED_TO_THE_TABLE = ('x-kz-locate', 'x-kz-functions')


def is_new(node):
    return isinstance(node, dict) and 'x-kz-since' in node


def without_news(node, gone):
    """The part of a description that was there before."""
    if isinstance(node, list):
        return [without_news(each, gone) for each in node if not is_new(each) and not (isinstance(each, dict) and each.get('$ref') in gone)]
    if isinstance(node, dict):
        return {key: without_news(value, gone) for key, value in node.items() if not is_new(value)}
    return node


def older_description(text, left_out=()):
    tree = {key: value for key, value in yaml.safe_load(text).items() if key not in left_out}
    gone = [f'#/components/schemas/{name}' for name, schema in tree['components']['schemas'].items() if is_new(schema)]
    return yaml.safe_dump(without_news(tree, gone), sort_keys=False)


def change(pattern, replacement, text):
    changed, n = re.subn(pattern, replacement, text, flags=re.S)
    if n != 1:
        raise SystemExit(f'plugin.h has no {pattern}')
    return changed


def oldest_plugin(text):
    return change(r'(void \(\*destroy\)\(void \*state\);\n).*?(\} kz_service_vtable;)', r'\1\2', text)


def newer_plugin(text):
    text = change(r'(#define KZ_ABI_MINOR) \d+', r'\1 99', text)
    text = change(r'(\} kz_service_vtable;)', r'    const char *added; const void *newest[4];\n\1', text)
    return change(r'(\} kz_plugin_descriptor;)', r'    const void *newest[4];\n\1', text)


def main():
    version, description, plugin, to_description, to_plugin = sys.argv[1:]
    with open(description, encoding='utf-8') as stream:
        description = stream.read()
    with open(plugin, encoding='utf-8') as stream:
        plugin = stream.read()
    if version == 'oldest':
        description, plugin = older_description(description, ADDED_TO_THE_TABLE), oldest_plugin(plugin)
    elif version == 'older':
        description = older_description(description)
    else:
        plugin = newer_plugin(plugin)
    with open(to_description, 'w', encoding='utf-8') as stream:
        stream.write(description)
    with open(to_plugin, 'w', encoding='utf-8') as stream:
        stream.write(plugin)


main()
