"""Content types: what a request body is made of, and what an answer is. Called by operations.py."""

from .errors import DescriptionError
from .load import Map

ANSWERS = {'json': 'JSON', 'text': 'TEXT', 'bytes': 'BYTES', 'events': 'EVENTS', 'lines': 'LINES', 'chunks': 'CHUNKS',
           'nothing': 'NOTHING'}


def bare(content_type):
    return content_type.partition(';')[0].strip().lower()


def is_json(content_type):
    name = bare(content_type)
    return name in ('application/json', 'text/json', '*/*') or name.endswith('+json')


def is_lines(content_type):
    return bare(content_type) in ('application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonl',
                                  'application/jsonlines', 'application/json-seq', 'application/stream+json')


def is_text(content_type):
    name = bare(content_type)
    return name.startswith('text/') or name in ('application/xml', 'application/yaml', 'application/javascript') or name.endswith('+xml')


def answer_of(content_type):
    """The kind of answer that a content type announces."""
    if bare(content_type) == 'text/event-stream':
        return 'EVENTS'
    if is_lines(content_type):
        return 'LINES'
    if is_json(content_type):
        return 'JSON'
    return 'TEXT' if is_text(content_type) else 'BYTES'


def body_of(content_type):
    """(kz_body, the content type where the kind does not say it)."""
    name = bare(content_type)
    if name == 'multipart/form-data':
        return 'MULTIPART', None
    if name == 'application/x-www-form-urlencoded':
        return 'FORM', None
    if is_json(content_type) and not is_lines(content_type):
        return 'JSON', None if name in ('application/json', '*/*') else content_type
    return 'BYTES', None if name == 'application/octet-stream' or '*' in name else content_type


def media(node, where):
    """The content of a body or response: (content type, its map) in order of declaration."""
    content = node.get('content', {})
    if not isinstance(content, dict):
        raise DescriptionError(node.where('content'), 'a mapping of content types is expected')
    found = []
    for name, value in content.items():
        if not isinstance(value, Map):
            if value is not None:
                raise DescriptionError(content.where(name), 'a mapping is expected')
            value = Map()
            value.file, value.line, value.at, value.lines = content.file, content.lines[name], where, {}
        found.append((name, value))
    return found
