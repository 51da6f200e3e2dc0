"""The plain meaning of a schema, whatever its spelling: follows $ref, merges allOf, finds nullability in all its forms, and
sorts oneOf/anyOf into the few shapes that C has. types.py asks for a View of each schema it meets; nothing here knows C."""

import os

from .errors import DescriptionError
from .load import List, Map, load, unescape

STRUCTURE = ('type', 'properties', 'required', 'additionalProperties', 'patternProperties', 'items', 'prefixItems', 'allOf',
             'anyOf', 'oneOf', 'enum', 'const', '$recursiveRef', '$dynamicRef')
CONSTRAINTS = ('format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum',
               'minItems', 'maxItems', 'default')
KINDS = ('string', 'integer', 'number', 'boolean', 'object', 'array', 'null')


class Documents:
    """The description and the files it refers to."""

    def __init__(self, path):
        self.path = path
        self.root = load(path)
        self.files = {os.path.realpath(path): self.root}

    def open(self, name, node):
        path = os.path.join(os.path.dirname(node.file), name)
        real = os.path.realpath(path)
        if real not in self.files:
            if not os.path.exists(path):
                raise DescriptionError(node.where('$ref'), f'the file "{name}" does not exist')
            self.files[real] = load(path)
        return self.files[real]

    def follow(self, node):
        """What the $ref of `node` names."""
        ref = node['$ref']
        if not isinstance(ref, str):
            raise DescriptionError(node.where('$ref'), 'a $ref is a string')
        name, _, pointer = ref.partition('#')
        if '://' in name:
            raise DescriptionError(node.where('$ref'), f'"{ref}": only files beside the description can be referred to')
        here = self.open(name, node) if name else self.files[os.path.realpath(node.file)]
        if pointer and pointer[0] != '/':
            raise DescriptionError(node.where('$ref'), f'"{ref}": references by anchor are not known')
        for part in pointer.split('/')[1:]:
            part = unescape(part.replace('%7B', '{').replace('%7D', '}').replace('%20', ' '))
            if isinstance(here, Map) and part in here:
                here = here[part]
            elif isinstance(here, List) and part.isdigit() and int(part) < len(here):
                here = here[int(part)]
            else:
                raise DescriptionError(node.where('$ref'), f'"{ref}" does not exist')
        return here

    def solid(self, node, what):
        """The map behind a chain of references (parameters, bodies, responses)."""
        seen = set()
        while isinstance(node, Map) and '$ref' in node:
            if id(node) in seen:
                raise DescriptionError(node.where('$ref'), 'the reference leads back to itself')
            seen.add(id(node))
            node = self.follow(node)
        if not isinstance(node, Map):
            raise DescriptionError(what, 'a mapping is expected')
        return node


class View:
    """A schema understood. `kinds` is None where nothing is said of the type."""

    def __init__(self, node, key, title):
        self.node, self.key, self.title = node, key, title
        self.kinds = None
        self.nullable = False
        self.attrs = {}
        self.props = {}
        self.required = []
        self.additional = None
        self.items = None
        self.branches = []      # (View, tag values or None): a choice of objects
        self.tag = None         # the discriminator's property
        self.texts = None       # views that the kind of JSON tells apart: a string first, then others
        self.problem = None     # why C has no type for it

    def copy(self):
        made = View(self.node, self.key, self.title)
        made.__dict__.update(self.__dict__)
        made.attrs = dict(self.attrs)
        return made

    def get(self, key, default=None):
        return self.attrs.get(key, default)

    def where(self, key=None):
        return self.node.where(key) if isinstance(self.node, Map) else ''

    def kind(self):
        if self.problem:
            return 'mixed'
        if self.texts:
            return 'texts'
        if self.branches:
            return 'flat' if self.props or self.get('x-kz-flatten') else 'union'
        if not self.kinds:
            return 'any'
        return next(iter(self.kinds)) if len(self.kinds) == 1 else 'mixed'

    def structural(self):
        return bool(self.kinds or self.props or self.branches or self.texts or self.problem)


def component_name(pointer):
    parts = pointer.split('/')
    if parts[:3] == ['#', 'components', 'schemas'] and len(parts) == 4 or len(parts) >= 3 and parts[-2] in ('$defs', 'definitions'):
        return unescape(parts[-1])
    return None


def synthetic(word, nodes):
    """A schema that combines schemas, in the place of the first."""
    first = next((n for n in nodes if isinstance(n, Map)), None)
    made, inner = Map(), List()
    for part in (made, inner):
        part.file, part.line, part.at = (first.file, first.line, first.at) if first is not None else ('', 0, '#')
    inner.extend(nodes)
    inner.lines = [n.line if isinstance(n, Map) else inner.line for n in nodes]
    made[word] = inner
    made.lines = {word: made.line}
    made.at = f'{made.at}+{word}'
    return made


class Resolver:
    def __init__(self, documents):
        self.documents = documents
        self.known = {}
        self.alive = []     # synthetic nodes, so that their identity stays theirs
        self.open = []

    def view(self, node, where=''):
        if node is True or node is False:
            made = View(node, f'bool:{node}', None)
            made.problem = None if node else 'nothing fits this schema'
            return made
        if not isinstance(node, Map):
            raise DescriptionError(where, 'a schema is expected')
        if id(node) not in self.known:
            if id(node) in self.open:
                raise DescriptionError(node.where(), 'the schema consists of itself')
            self.open.append(id(node))
            self.known[id(node)] = self.compute(node)
            self.alive.append(node)
            self.open.pop()
        return self.known[id(node)]

    def compute(self, node):
        parts = []
        if '$ref' in node:
            target = self.documents.follow(node)
            if not isinstance(target, (Map, bool)):
                raise DescriptionError(node.where('$ref'), f'"{node["$ref"]}" is no schema')
            parts.append(self.view(target))
        for part in self.listed(node, 'allOf'):
            parts.append(self.view(part, node.where('allOf')))
        own = self.own(node)
        return self.merge(own, parts) if parts else own

    @staticmethod
    def listed(node, key):
        value = node.get(key, [])
        if not isinstance(value, List) and value != []:
            raise DescriptionError(node.where(key), 'a list is expected')
        return value

    # ---- the keywords of one schema, references and allOf apart

    def own(self, node):
        file = '' if node.file == self.documents.path else node.file
        made = View(node, file + node.at, component_name(node.at))
        made.attrs = {k: v for k, v in node.items() if k not in STRUCTURE and k != '$ref'}
        self.own_type(made, node)
        props = node.get('properties', {})
        if not isinstance(props, dict):
            raise DescriptionError(node.where('properties'), 'a mapping is expected')
        made.props = dict(props)
        made.required = [str(name) for name in self.listed(node, 'required')] if node.get('required') not in (True, False) else []
        made.additional = node.get('additionalProperties')
        if 'patternProperties' in node and made.additional in (None, False):
            made.additional = True
        made.items = node.get('items')
        if 'prefixItems' in node:
            made.items = True
        if '$recursiveRef' in node or '$dynamicRef' in node:
            made.problem = 'a dynamic reference'
        if not made.kinds and not made.problem:
            if made.props or made.additional is not None:
                made.kinds = {'object'}
            elif 'items' in node or 'prefixItems' in node:
                made.kinds = {'array'}
        if made.kinds and {'array', 'string'} == made.kinds and made.items is not None:
            text, many = made.copy(), made.copy()
            text.kinds, many.kinds = {'string'}, {'array'}
            made.texts = (text, many)
        choices = list(self.listed(node, 'oneOf')) + list(self.listed(node, 'anyOf'))
        if choices:
            if 'oneOf' in node and 'anyOf' in node:
                made.problem = 'oneOf beside anyOf'
            else:
                word = 'oneOf' if 'oneOf' in node else 'anyOf'
                made = self.choice(made, [self.view(c, node.where(word)) for c in choices], node)
        return made

    @staticmethod
    def own_type(made, node):
        kinds = node.get('type')
        if kinds is not None:
            kinds = [kinds] if isinstance(kinds, str) else kinds
            for kind in kinds if isinstance(kinds, list) else ['?']:
                if kind not in KINDS:
                    raise DescriptionError(node.where('type'), f'"{kind}" is no type; there are {", ".join(KINDS)}')
            made.kinds = set(kinds)
        values = None
        if 'const' in node:
            values = [node['const']]
        if 'enum' in node:
            values = node['enum']
            if not isinstance(values, list) or not values:
                raise DescriptionError(node.where('enum'), 'a list of values is expected')
        if values is not None:
            if None in values:
                made.nullable = True
            made.attrs['enum'] = values = [v for v in values if v is not None]
            if not kinds:
                names = {bool: 'boolean', str: 'string', int: 'integer', float: 'number'}
                made.kinds = {names.get(type(v), 'object') for v in values} or {'null'}
        if node.get('nullable') is True or node.get('x-nullable') is True:
            made.nullable = True
        if made.kinds and 'null' in made.kinds:
            made.nullable = True
            made.kinds = made.kinds - {'null'} or {'null'}
        if made.kinds and {'integer', 'number'} <= made.kinds:
            made.kinds = made.kinds - {'integer'}

    # ---- allOf, and $ref with siblings

    def merge(self, own, parts):
        solid = [part for part in parts if part.structural() or part.required]
        if len(solid) <= 1 and not own.structural() and not own.required:
            base = (solid or parts)[0]
            made = base.copy()
            for part in parts:
                if part is not base:
                    made.attrs.update(part.attrs)
            made.attrs.update(own.attrs)
            made.nullable = base.nullable or own.nullable
            if own.title and not made.title:
                made.title, made.key = own.title, own.key
            return made
        made = View(own.node, own.key, own.title)
        made.nullable = own.nullable or bool(solid) and all(part.nullable for part in solid)
        everything = parts + [own]
        for part in everything:
            self.absorb(made, part)
        made.additional = own.additional
        if len(parts) == 1 and own.additional is None:
            made.additional = parts[0].additional
        return made

    def absorb(self, made, part):
        if part.kinds:
            both = part.kinds if made.kinds is None else made.kinds & part.kinds
            if not both and made.kinds | part.kinds == {'integer', 'number'}:
                both = {'integer'}
            if not both:
                made.problem = 'allOf of different types'
            made.kinds = both or None
        enum = made.attrs.get('enum')
        made.attrs.update(part.attrs)
        if enum is not None and 'enum' in part.attrs:
            made.attrs['enum'] = [v for v in part.attrs['enum'] if v in enum] or part.attrs['enum']
        for name, node in part.props.items():
            held = made.props.get(name)
            if held is None or node is held or not self.structured(held):
                made.props[name] = node
            elif self.structured(node):
                made.props[name] = synthetic('allOf', [node, held])
        made.required = made.required + [name for name in part.required if name not in made.required]
        made.items = part.items if part.items is not None else made.items
        made.problem = made.problem or part.problem
        made.texts = made.texts or part.texts
        if part.branches:
            if made.branches:
                made.problem = 'allOf of several choices'
            made.branches, made.tag = part.branches, part.tag

    @staticmethod
    def structured(node):
        return isinstance(node, Map) and any(word in node for word in STRUCTURE + ('$ref',))

    # ---- oneOf and anyOf

    def choice(self, made, views, node):
        kept, seen = [], set()
        discriminator = node.get('discriminator')
        tag = discriminator.get('propertyName') if isinstance(discriminator, dict) else None
        for view in views:
            made.nullable = made.nullable or view.nullable or view.kinds == {'null'}
            if view.kinds == {'null'}:
                continue
            if not view.structural() and (view.required or 'not' in view.attrs):
                continue        # says which members go together, nothing of their types
            inner = view.branches if view.kind() == 'union' else [(view, None)]
            if view.kind() == 'union':
                tag = tag or view.tag
            for branch, values in inner:
                if branch.key not in seen:
                    seen.add(branch.key)
                    kept.append((branch, values or self.mapped(discriminator, branch, node)))
        plain = [view for view, _ in kept]
        if not kept:
            if not made.structural() and made.nullable:
                made.kinds = {'null'}
            return made
        if len(kept) == 1 and not made.props:
            only = plain[0].copy()
            only.attrs.update(made.attrs)
            only.nullable = made.nullable
            if made.title and not only.title:
                only.title, only.key = made.title, made.key
            return only
        kinds = [view.kind() for view in plain]
        if all(kind in ('object', 'flat') for kind in kinds) and all(view.props for view in plain):
            made.branches, made.tag = kept, tag
            made.kinds = {'object'}
            return made
        return self.simple_choice(made, plain, kinds)

    def mapped(self, discriminator, branch, node):
        """The values of the discriminator that choose this branch, where a mapping says so."""
        mapping = discriminator.get('mapping') if isinstance(discriminator, dict) else None
        if not isinstance(mapping, Map):
            return None
        values = []
        for value, ref in mapping.items():
            ref = str(ref)
            where = ref if '#' in ref or '/' in ref or '.' in ref else f'#/components/schemas/{ref}'
            if where.partition('#')[2] == branch.key.partition('#')[2]:
                values.append(value)
        return values or None

    def simple_choice(self, made, plain, kinds):
        strings = [view for view in plain if view.kind() == 'string']
        if len({view.get('format') == 'binary' for view in strings}) > 1:
            strings = []        # text and a file: no common type
        others = [view for view in plain if view not in strings]
        if not others:
            return self.same(made, strings, 'string')
        if all(kind in ('integer', 'number') for kind in kinds):
            return self.same(made, plain, 'number' if 'number' in kinds else 'integer')
        if all(kind == 'boolean' for kind in kinds):
            return self.same(made, plain, 'boolean')
        if strings and self.apart(others):
            made.texts = (self.same(View(made.node, made.key, None), strings, 'string'), *others)
            return made
        if not strings and len(others) > 1 and all(kind == 'object' and not view.props for kind, view in zip(kinds, plain)):
            made.kinds = {'object'}
            return made
        if any(kind == 'any' for kind in kinds):
            made.kinds = None
            return made
        made.problem = 'a choice of ' + ', '.join(dict.fromkeys({'flat': 'object', 'union': 'object', 'texts': 'list'}.get(k, k) for k in kinds))
        return made

    def apart(self, views):
        """Whether JSON tells which of these it is: by its kind, or by that of the first item of a list."""
        kinds = []
        for view in views:
            if view.kind() == 'array':
                view = self.view(True if view.items is None else view.items, view.where('items'))
                kinds.append(('array', self.json_kind(view)))
            else:
                kinds.append(self.json_kind(view))
        alone = len(views) == 1 and kinds[0] is not None
        return alone or None not in kinds and ('array', None) not in kinds and len(set(kinds)) == len(kinds)

    @staticmethod
    def json_kind(view):
        return {'integer': 'number', 'number': 'number', 'flat': 'object', 'union': 'object', 'object': 'object', 'string': 'string',
                'boolean': 'boolean', 'array': 'array'}.get(view.kind())

    @staticmethod
    def same(made, views, kind):
        """Several schemas of one simple type: their values together, and only constraints that all of them have."""
        made.kinds = {kind}
        if all('enum' in view.attrs for view in views):
            made.attrs.setdefault('enum', list(dict.fromkeys(v for view in views for v in view.attrs['enum'])))
        elif any('enum' in view.attrs for view in views):
            made.attrs.setdefault('enum', list(dict.fromkeys(v for view in views for v in view.attrs.get('enum', []))))
            made.attrs.pop('x-kz-sealed', None)
        for key in CONSTRAINTS:
            held = [view.attrs.get(key) for view in views]
            if held[0] is not None and all(value == held[0] for value in held):
                made.attrs.setdefault(key, held[0])
        if not made.title and len(views) == 1:
            made.title, made.key = views[0].title, views[0].key
        return made
