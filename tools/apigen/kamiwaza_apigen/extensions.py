"""The x-kz- extensions that are known; docs/apigen.md explains each. A misspelt one is an error rather than no effect."""

from difflib import get_close_matches

from .errors import DescriptionError
from .load import List, Map

KNOWN = ('x-kz-aliases', 'x-kz-answer', 'x-kz-areas', 'x-kz-base', 'x-kz-blocking', 'x-kz-body-name', 'x-kz-c-name', 'x-kz-flatten',
         'x-kz-flow', 'x-kz-form', 'x-kz-functions', 'x-kz-list', 'x-kz-locate', 'x-kz-name', 'x-kz-operations', 'x-kz-paging', 'x-kz-params', 'x-kz-place', 'x-kz-retry',
         'x-kz-schemas', 'x-kz-sealed', 'x-kz-secret', 'x-kz-send', 'x-kz-service', 'x-kz-since', 'x-kz-state', 'x-kz-stream', 'x-kz-text', 'x-kz-type-prefix')
FLAGS = ('x-kz-blocking', 'x-kz-flatten', 'x-kz-flow', 'x-kz-schemas', 'x-kz-sealed', 'x-kz-secret')


def check_extensions(tree):
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, Map):
            for key, value in node.items():
                if key.startswith('x-kz-') and key not in KNOWN and not node.at.endswith('/properties'):
                    near = get_close_matches(key, KNOWN, 1)
                    raise DescriptionError(node.where(key), f'the extension is not known{"; meant is perhaps " + near[0] if near else ""}')
                if key in FLAGS and not isinstance(value, bool):
                    raise DescriptionError(node.where(key), 'true or false is expected')
                if isinstance(value, (Map, List)) and key not in ('example', 'examples', 'default', 'enum', 'const'):
                    todo.append(value)
        else:
            todo += [value for value in node if isinstance(value, (Map, List))]
