"""Reads YAML 1.2 or JSON into a tree of maps and lists that remember file, line and JSON pointer. Called by resolve.py for
the description and each file it refers to. Knows nothing of OpenAPI."""

import json
import re

import yaml

from .errors import DescriptionError


class Map(dict):
    """A mapping; `at` is its JSON pointer, `lines` the line of each key. It may be looked for among words: it is none of them."""
    __slots__ = ('file', 'line', 'at', 'lines')
    __hash__ = object.__hash__

    def where(self, key=None):
        if key is None:
            return f'{self.file}:{self.line}: {self.at}'
        return f'{self.file}:{self.lines.get(key, self.line)}: {self.at}/{escape(key)}'


class List(list):
    """A sequence; as Map."""
    __slots__ = ('file', 'line', 'at', 'lines')
    __hash__ = object.__hash__

    def where(self, key=None):
        if key is None:
            return f'{self.file}:{self.line}: {self.at}'
        return f'{self.file}:{self.lines[key]}: {self.at}/{key}'


def escape(part):
    return str(part).replace('~', '~0').replace('/', '~1')


def unescape(part):
    return part.replace('~1', '/').replace('~0', '~')


def _container(kind, file, line, at):
    made = kind()
    made.file, made.line, made.at = file, line, at
    made.lines = {} if kind is Map else []
    return made


# ---- YAML: the core schema of YAML 1.2, so that `on`, `no` and dates stay strings

_Base = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


class _Loader(_Base):
    yaml_implicit_resolvers = {}


_TAG = 'tag:yaml.org,2002:'
_Loader.add_implicit_resolver(_TAG + 'null', re.compile(r'^(?:~|null|Null|NULL|)$'), ['~', 'n', 'N', ''])
_Loader.add_implicit_resolver(_TAG + 'bool', re.compile(r'^(?:true|True|TRUE|false|False|FALSE)$'), list('tTfF'))
_Loader.add_implicit_resolver(_TAG + 'int', re.compile(r'^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$'), list('-+0123456789'))
_Loader.add_implicit_resolver(
    _TAG + 'float', re.compile(r'^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$'), list('-+.0123456789'))
_Loader.add_implicit_resolver(_TAG + 'merge', re.compile(r'^<<$'), ['<'])


def _scalar(node):
    kind, text = node.tag[len(_TAG):], node.value
    if kind == 'null':
        return None
    if kind == 'bool':
        return text.lower() == 'true'
    if kind == 'int':
        return int(text, 0) if text[:2] in ('0o', '0x') else int(text)
    if kind == 'float':
        return float(text)
    return text


class _YamlTree:
    """Turns composed nodes into Map and List; an alias that holds itself is refused."""

    def __init__(self, file):
        self.file = file
        self.open = set()

    def build(self, node, at):
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self.open:
            raise DescriptionError(f'{self.file}:{line}: {at}', 'an alias refers to what contains it')
        self.open.add(id(node))
        made = self.mapping(node, line, at) if isinstance(node, yaml.MappingNode) else self.sequence(node, line, at)
        self.open.discard(id(node))
        return made

    def sequence(self, node, line, at):
        made = _container(List, self.file, line, at)
        for i, item in enumerate(node.value):
            made.append(self.build(item, f'{at}/{i}'))
            made.lines.append(item.start_mark.line + 1)
        return made

    def mapping(self, node, line, at):
        made = _container(Map, self.file, line, at)
        merged = []
        for key, value in node.value:
            key_line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise DescriptionError(f'{self.file}:{key_line}: {at}', 'a key that is not a scalar')
            if key.tag == _TAG + 'merge':
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
                continue
            if key.value in made:
                raise DescriptionError(f'{self.file}:{key_line}: {at}', f'the key "{key.value}" is given twice')
            made[key.value] = self.build(value, f'{at}/{escape(key.value)}')
            made.lines[key.value] = key_line
        for part in merged:
            base = self.build(part, at)
            if not isinstance(base, Map):
                raise DescriptionError(f'{self.file}:{line}: {at}', '<< needs a mapping')
            for key, value in base.items():
                made.setdefault(key, value)
                made.lines.setdefault(key, base.lines[key])
        return made


# ---- JSON

_SPACE = re.compile(r'[ \t\n\r]*')
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_PLAIN = re.compile(r'"([^"\\\x00-\x1f]*)"')
_NUMBER = re.compile(r'-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?')
_WORDS = {'t': ('true', True), 'f': ('false', False), 'n': ('null', None)}


class _JsonTree:
    def __init__(self, file, text):
        self.file, self.text = file, text
        self.counted, self.line = 0, 1

    def fail(self, pos, message):
        line = self.text.count('\n', 0, pos) + 1
        raise DescriptionError(f'{self.file}:{line}', message)

    def line_at(self, pos):
        """Positions only grow, so each line feed is counted once."""
        self.line += self.text.count('\n', self.counted, pos)
        self.counted = pos
        return self.line

    def skip(self, pos):
        return _SPACE.match(self.text, pos).end()

    def string(self, pos):
        found = _PLAIN.match(self.text, pos)
        if found:
            return found.group(1), found.end()
        found = _STRING.match(self.text, pos)
        if not found:
            self.fail(pos, 'a string is expected')
        try:
            return json.loads(found.group()), found.end()
        except ValueError:
            self.fail(pos, 'a string with a wrong escape')

    def value(self, pos, at):
        text = self.text
        char = text[pos:pos + 1]
        if char == '{':
            return self.object(pos, at)
        if char == '[':
            return self.array(pos, at)
        if char == '"':
            return self.string(pos)
        if char in _WORDS and char:
            word, meaning = _WORDS[char]
            if text.startswith(word, pos):
                return meaning, pos + len(word)
        found = _NUMBER.match(text, pos) if char else None
        if not found:
            self.fail(pos, 'a JSON value is expected')
        number = found.group()
        return (float(number) if found.group(1) or found.group(2) else int(number)), found.end()

    def array(self, pos, at):
        made = _container(List, self.file, self.line_at(pos), at)
        pos = self.skip(pos + 1)
        if self.text[pos:pos + 1] == ']':
            return made, pos + 1
        while True:
            made.lines.append(self.line_at(pos))
            value, pos = self.value(pos, f'{at}/{len(made)}')
            made.append(value)
            pos = self.skip(pos)
            char = self.text[pos:pos + 1]
            if char == ']':
                return made, pos + 1
            if char != ',':
                self.fail(pos, '"," or "]" is expected')
            pos = self.skip(pos + 1)

    def object(self, pos, at):
        made = _container(Map, self.file, self.line_at(pos), at)
        pos = self.skip(pos + 1)
        if self.text[pos:pos + 1] == '}':
            return made, pos + 1
        while True:
            line = self.line_at(pos)
            key, after = self.string(pos)
            if key in made:
                self.fail(pos, f'the key "{key}" is given twice')
            pos = self.skip(after)
            if self.text[pos:pos + 1] != ':':
                self.fail(pos, '":" is expected')
            made.lines[key] = line
            made[key], pos = self.value(self.skip(pos + 1), f'{at}/{escape(key)}')
            pos = self.skip(pos)
            char = self.text[pos:pos + 1]
            if char == '}':
                return made, pos + 1
            if char != ',':
                self.fail(pos, '"," or "}" is expected')
            pos = self.skip(pos + 1)

    def document(self):
        value, pos = self.value(self.skip(0), '#')
        pos = self.skip(pos)
        if pos != len(self.text):
            self.fail(pos, 'text after the end of the document')
        return value


def load(path, shown=None):
    """The tree of one file. `shown` is the name for messages."""
    shown = shown or path
    try:
        with open(path, encoding='utf-8-sig') as stream:
            text = stream.read()
    except OSError as failure:
        raise DescriptionError(shown, failure.strerror) from None
    except UnicodeDecodeError:
        raise DescriptionError(shown, 'the file is not UTF-8') from None
    if path.endswith('.json'):
        tree = _JsonTree(shown, text).document()
    else:
        tree = _yaml(shown, text)
    if not isinstance(tree, Map):
        raise DescriptionError(f'{shown}:1: #', 'a mapping is expected at the top')
    return tree


def _yaml(shown, text):
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        raise DescriptionError(f'{shown}:{mark.line + 1 if mark else 1}', f'{failure.problem or "not YAML"}') from None
    except yaml.YAMLError as failure:
        raise DescriptionError(f'{shown}:1', f'not YAML: {failure}'.replace('\n', ' ')) from None
    finally:
        if loader:
            loader.dispose()
    return _YamlTree(shown).build(node, '#') if node else None
