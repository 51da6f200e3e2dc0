"""Text for C: string literals, comments, sentences. Used by the writers of header, tables and manual pages."""

import re
import textwrap

WIDTH = 118
LITERAL_LIMIT = 4000  # ISO C promises 4095 characters in a string literal

_BIDI = re.compile('[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]')
_ESCAPES = {'"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r'}


def c_string(text):
    """A literal; NULL for None. Octal escapes never swallow what follows them."""
    if text is None:
        return 'NULL'
    out = []
    for char in text:
        if char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char == '?' and out and out[-1] in ('?', '\\?'):
            out.append('\\?')
        elif ord(char) < 32 or ord(char) == 127 or _BIDI.match(char):
            out += [f'\\{byte:03o}' for byte in char.encode()]
        else:
            out.append(char)
    return '"' + ''.join(out) + '"'


def c_long_string(text, indent):
    """A literal broken into several lines where it is long."""
    if text is None or len(text) < 80:
        return c_string(text)
    parts = re.findall(r'.{1,90}(?:\s|$)|\S{1,90}', text, re.S)
    if ''.join(parts) != text:
        parts = [text[i:i + 90] for i in range(0, len(text), 90)]
    return ('\n' + ' ' * indent).join(c_string(part) for part in parts)


def flat(text):
    """One line of plain text, without what would disturb a C comment."""
    text = _BIDI.sub('', str(text or ''))
    text = re.sub(r'[\x00-\x1f\x7f\s]+', ' ', text).strip()
    return text.replace('*/', '* /').replace('/*', '/ *').replace('??/', '? ?/')


def sentence(text):
    """The first sentence of a text, or None."""
    text = flat(text)
    if not text:
        return None
    found = re.match(r'(.+?[.!?])(?=\s+[A-Z`"(*]|\s*$)', text)
    return (found.group(1) if found else text)[:400]


def paragraphs(text):
    """The paragraphs of a description, each flat."""
    return [flat(part) for part in re.split(r'\n\s*\n', str(text or '')) if flat(part)]


def shorten(text, limit):
    """At most `limit` characters, cut at a word."""
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(' ', 1)[0].rstrip(',;:') + ' …'


def stop(text):
    """The text with a full stop at its end."""
    return text if not text or text[-1] in '.!?…:' else text + '.'


def comment(blocks, indent=0):
    """A block comment of paragraphs; a block that is a list holds lines to be kept as they are."""
    pad = ' ' * indent
    lines = []
    for block in blocks:
        if lines:
            lines.append('')
        if isinstance(block, list):
            lines += block
        else:
            lines += textwrap.wrap(block, WIDTH - indent - 3, break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1 and len(pad) + len(lines[0]) + 6 <= WIDTH + 2:
        return [f'{pad}/* {lines[0]} */']
    out = [f'{pad}/* {lines[0]}'] + [f'{pad} * {line}'.rstrip() for line in lines[1:]]
    out[-1] += ' */'
    return out
