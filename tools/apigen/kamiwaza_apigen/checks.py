"""The constraints of a schema as a kz_check, and its default as JSON text. Called by types.py for each member."""

import json
import math

from .errors import DescriptionError
from .model import Check
from .patterns import to_ere
from .text import LITERAL_LIMIT

FORMATS = ('uuid', 'date-time', 'date', 'email', 'uri')


def _number(view, key):
    value = view.get(key)
    if value is None or isinstance(value, bool):
        return None
    if not isinstance(value, (int, float)):
        raise DescriptionError(view.where(key), f'{key} is a number')
    return value


def _count(view, key):
    value = _number(view, key)
    if value is None:
        return None
    if value < 0 or int(value) != value:
        raise DescriptionError(view.where(key), f'{key} is a whole number, 0 or more')
    return min(int(value), 2**63 - 1)


def _range(check, view):
    for word, has, exclusive in (('minimum', 'KZ_HAS_MINIMUM', 'KZ_EXCLUSIVE_MINIMUM'),
                                 ('maximum', 'KZ_HAS_MAXIMUM', 'KZ_EXCLUSIVE_MAXIMUM')):
        limit = _number(view, word)
        key = 'exclusive' + word.capitalize()
        strict = _number(view, key)     # OpenAPI 3.1: the limit itself
        flags = []
        if strict is not None and (limit is None or (strict >= limit if word == 'minimum' else strict <= limit)):
            limit, flags = strict, [exclusive]
        elif view.get(key) is True:     # OpenAPI 3.0: says how `minimum` is meant
            flags = [exclusive]
        if limit is not None and math.isfinite(limit):
            setattr(check, word, float(limit))
            check.flags += [has] + flags


def _text(check, view, notices):
    check.min_length = _count(view, 'minLength') or 0
    longest = _count(view, 'maxLength')
    if longest is not None:
        check.max_length = longest
        check.flags.append('KZ_HAS_MAX_LENGTH')
    if view.get('format') in FORMATS:
        check.format = view.get('format')
    pattern = view.get('pattern')
    if pattern is not None:
        if not isinstance(pattern, str):
            raise DescriptionError(view.where('pattern'), 'a pattern is a string')
        check.pattern, reason = to_ere(pattern)
        if reason or len(check.pattern or '') > LITERAL_LIMIT:
            check.pattern = None
            notices.add(view.where('pattern'), f'the pattern {json.dumps(pattern)} is not checked: {reason or "it is too long"}')


def check_of(view, kind, notices, many=None):
    """The Check of a value of `kind` ('STRING', 'INT', ...), or None. `many`: the view of the list that holds it."""
    check = Check()
    if kind in ('INT', 'NUMBER'):
        _range(check, view)
    if kind == 'STRING':
        _text(check, view, notices)
    if kind in ('STRING', 'INT', 'NUMBER') and view.get('enum'):
        fit = {'STRING': str, 'INT': int, 'NUMBER': (int, float)}[kind]
        values = [v for v in view.get('enum') if isinstance(v, fit) and not isinstance(v, bool)]
        check.values = tuple(v if isinstance(v, str) else json.dumps(v) for v in values)
        if check.values and not view.get('x-kz-sealed'):
            check.flags.append('KZ_OPEN_ENUM')
    if many is not None:
        check.min_items = _count(many, 'minItems') or 0
        most = _count(many, 'maxItems')
        if most is not None:
            check.max_items = most
            check.flags.append('KZ_HAS_MAX_ITEMS')
    return None if check.empty() else check


def fallback_of(view):
    """The default as JSON text, or None. A default of null says no more than the member's absence."""
    value = view.get('default')
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False, allow_nan=False) if _finite(value) else None
    return text if text and len(text) <= LITERAL_LIMIT else None


def _finite(value):
    return not isinstance(value, float) or math.isfinite(value)
