"""Regular expressions of JSON Schema (ECMA) in the words of POSIX ERE, where they can be said so. Used by checks.py."""

import re

REPEAT_LIMIT = 255  # RE_DUP_MAX that POSIX promises
_OUTSIDE = {'d': '[0-9]', 'D': '[^0-9]', 'w': '[A-Za-z0-9_]', 'W': '[^A-Za-z0-9_]', 's': '[[:space:]]', 'S': '[^[:space:]]'}
_INSIDE = {'d': ['0-9'], 'w': ['A-Z', 'a-z', '0-9', '_'], 's': ['[:space:]']}
_CONTROL = {'n': '\n', 't': '\t', 'r': '\r', 'f': '\f', 'v': '\v'}


class _Cannot(Exception):
    pass


class _Reader:
    def __init__(self, text):
        self.text, self.pos = text, 0

    def more(self):
        return self.pos < len(self.text)

    def peek(self, length=1):
        return self.text[self.pos:self.pos + length]

    def take(self):
        char = self.text[self.pos]
        self.pos += 1
        return char


def _escape(reader):
    """After a backslash: the character it means, or None with the letter of a class."""
    char = reader.take() if reader.more() else None
    if char is None:
        raise _Cannot('a backslash at the end')
    if char in _OUTSIDE:
        return None, char
    if char in _CONTROL:
        return _CONTROL[char], None
    if char in 'xu':
        digits = reader.peek(2 if char == 'x' else 4)
        if not re.fullmatch(r'[0-9a-fA-F]{2}|[0-9a-fA-F]{4}', digits):
            raise _Cannot(f'\\{char}')
        reader.pos += len(digits)
        if digits.strip('0') == '':
            raise _Cannot('a NUL')
        return chr(int(digits, 16)), None
    if char.isalnum():
        raise _Cannot(f'\\{char}')
    return char, None


def _literal(char):
    if char in '.[\\()*+?{|^$':
        return '\\' + char
    return char if ord(char) < 128 else f'({char})'


def _class_item(reader):
    char = reader.take()
    if char != '\\':
        return char, None
    if reader.peek() == 'b':
        raise _Cannot('[\\b]')
    return _escape(reader)


def _bracket(reader):
    negated = reader.peek() == '^'
    reader.pos += negated
    ranges, singles, classes = [], [], []
    while True:
        if not reader.more():
            raise _Cannot('[ without ]')
        if reader.peek() == ']':
            reader.take()
            break
        char, kind = _class_item(reader)
        if kind:
            if kind not in _INSIDE:
                raise _Cannot(f'\\{kind} in [ ]')
            for item in _INSIDE[kind]:
                (classes if item[0] == '[' else ranges if len(item) == 3 else singles).append(item)
            continue
        if ord(char) > 127:
            raise _Cannot('a letter beyond ASCII in [ ]')
        if reader.peek() == '-' and reader.peek(2)[1:] not in (']', ''):
            reader.take()
            end, kind = _class_item(reader)
            if kind or ord(end) > 127 or end < char:
                raise _Cannot('a range')
            if char in '[]^-' or end in '[]^-':
                raise _Cannot('a range that ends with a bracket')
            ranges.append(f'{char}-{end}')
        else:
            singles.append(char)
    if not ranges and not singles and not classes:
        raise _Cannot('an empty [ ]')
    singles = list(dict.fromkeys(singles))
    plain = [char for char in singles if char not in ']^[-']
    parts = [']'] * (']' in singles) + ranges + plain + classes
    tail = ['[' ] * ('[' in singles) + ['-'] * ('-' in singles)
    if '^' in singles:
        if not parts and not negated:
            if not tail:
                return '\\^'
            parts, tail = (['-'] if '-' in tail else ['[']), ['^'] + (['['] if tail == ['[', '-'] else [])
        else:
            parts.append('^')
    return '[' + '^' * negated + ''.join(parts + tail) + ']'


def _quantifier(reader, out):
    found = re.compile(r'\{(\d+)(,(\d*))?\}').match(reader.text, reader.pos)
    if reader.peek() == '{':
        if not found:
            reader.take()
            out.append('\\{')
            return
        if max(int(found.group(1)), int(found.group(3) or 0)) > REPEAT_LIMIT:
            raise _Cannot(f'{found.group()} repeats too often')
        reader.pos = found.end()
        out.append(found.group())
    else:
        out.append(reader.take())
    if reader.peek() == '?':
        reader.take()       # lazy: what matches is the same
    if reader.more() and reader.peek() in '*+?':
        raise _Cannot('a quantifier after a quantifier')


def to_ere(pattern):
    """(ERE, None), or (None, why not)."""
    try:
        re.compile(pattern)
    except re.error as failure:
        return None, f'it is no regular expression ({failure})'
    reader, out = _Reader(pattern), []
    try:
        while reader.more():
            char = reader.peek()
            if char in '*+?{':
                _quantifier(reader, out)
                continue
            reader.take()
            if char == '\\':
                meaning, kind = _escape(reader)
                out.append(_OUTSIDE[kind] if kind else _literal(meaning))
            elif char == '[':
                out.append(_bracket(reader))
            elif char == '(':
                if reader.peek(2) == '?:':
                    reader.pos += 2
                elif reader.peek() == '?':
                    raise _Cannot('(?' + reader.peek(2)[1:])
                if reader.peek() in '|)':
                    raise _Cannot('an empty alternative')
                out.append('(')
            elif char == '|' and reader.peek() in ('', '|', ')'):
                raise _Cannot('an empty alternative')
            else:
                out.append(char if char in '.^$|)' else _literal(char))
    except _Cannot as failure:
        return None, f'POSIX has no {failure}'
    if '\0' in pattern:
        return None, 'POSIX has no NUL'
    return ''.join(out), None
