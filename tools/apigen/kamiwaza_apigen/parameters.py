"""The arguments of an operation: its parameters and the members of its body become one struct. Called by operations.py."""

from .errors import DescriptionError
from .load import Map
from .model import Struct
from .resolve import View
from .types import SCALARS

PLACES = {'path': 'PATH', 'query': 'QUERY', 'header': 'HEADER', 'cookie': 'COOKIE'}
STYLES = {'path': 'simple', 'header': 'simple', 'query': 'form', 'cookie': 'form'}
# Headers that OpenAPI says are described elsewhere.
IGNORED_HEADERS = ('accept', 'content-type', 'authorization')
KEPT = ('description', 'deprecated', 'default')


class Parameters:
    def __init__(self, types, documents, notices):
        self.types, self.resolver = types, types.resolver
        self.documents, self.notices = documents, notices

    def collect(self, item, node):
        """The parameters of a path and of one of its operations, the latter winning; in order of declaration."""
        found = {}
        for holder in (item, node):
            listed = holder.get('parameters', [])
            if not isinstance(listed, list):
                raise DescriptionError(holder.where('parameters'), 'a list is expected')
            for i, each in enumerate(listed):
                each = self.documents.solid(each, listed.where(i))
                name, place = each.get('name'), each.get('in')
                if not isinstance(name, str) or not name:
                    raise DescriptionError(each.where(), 'a parameter has a name')
                if place not in PLACES:
                    raise DescriptionError(each.where('in'), f'a parameter is in path, query, header or cookie, not "{place}"')
                if place == 'header' and name.lower() in IGNORED_HEADERS:
                    continue
                found[(name, place)] = each
        return list(found.values())

    def check_path(self, path, params, where):
        """Each {name} of the path has a parameter, and each path parameter a {name}."""
        named = [part.partition('}') for part in path.split('{')[1:]]
        if any(not close for _, close, _ in named):
            raise DescriptionError(where, 'a { without its }')
        names = [name for name, _, _ in named]
        declared = [each['name'] for each in params if each['in'] == 'path']
        for name in names:
            if name not in declared:
                raise DescriptionError(where, f'the path has {{{name}}}, but no parameter of that name is in path')
        for each in params:
            if each['in'] == 'path' and each['name'] not in names:
                raise DescriptionError(each.where('name'), f'the path has no {{{each["name"]}}}')

    def struct(self, base, params, body, place='BODY'):
        """The params struct. `body`: (view, multipart or form, required) with members to be flattened, or a whole body."""
        made = Struct(f'params:{base}', base + '_params', True, base + '_params', params=True, fixed=True)
        self.types.structs[(made.key, True)] = made
        scope = self.types.member_scope(True)
        todo = [(self.since(each), self.parameter_adder(each)) for each in params]
        if body:
            view, upload, required, whole = body
            if whole:
                todo.append((0, lambda: self.whole(view, upload, required, base, scope)))
            else:
                made.sealed = view.additional is False
                for name, node in view.props.items():
                    todo.append((self.types.since(node), self.member_adder(name, node, view, upload, required, place)))
        todo.sort(key=lambda pair: pair[0])
        for _, add in todo:
            made.fields += add(base, scope) if add.__code__.co_argcount == 2 else add()
        return made

    @staticmethod
    def since(node):
        schema = node.get('schema')
        value = node.get('x-kz-since', schema.get('x-kz-since', 0) if isinstance(schema, Map) else 0)
        if not isinstance(value, int) or isinstance(value, bool):
            raise DescriptionError(node.where('x-kz-since'), 'x-kz-since is a whole number')
        return value

    def member_adder(self, name, node, view, upload, required, place):
        def add(base, scope):
            needed = required and name in view.required
            return self.types.fields(name, node, needed, True, base, scope, view.where(), place, upload)
        return add

    def whole(self, view, upload, required, base, scope):
        if view.kind() == 'texts':
            self.types.give_up(view, 'a string or a list as the whole body')
            view = self.anything(view)
        field = self.types.field('body', view, required, True, base, scope, 'BODY_WHOLE', upload)
        return [field]

    # ---- one parameter

    def parameter_adder(self, node):
        return lambda base, scope: self.parameter(node, base, scope)

    def parameter(self, node, base, scope):
        place = node['in']
        view = self.schema_of(node)
        style = node.get('style', STYLES[place])
        explode = node.get('explode', style == 'form')
        view = self.expressible(node, view, style, place)
        required = node.get('required') is True or place == 'path'
        [field] = self.types.view_fields(node['name'], view, required, True, base, scope, PLACES[place])
        if field.container == 'LIST' and explode is True and place in ('query', 'cookie'):
            field.flags.append('KZ_FIELD_EXPLODE')
        return [field]

    def schema_of(self, node):
        content = node.get('content')
        if isinstance(content, Map) and content:
            self.notices.add(node.where('content'), 'a parameter that is a document of its own: kz_json')
            view = self.anything(View(node, node.at, None))
        elif 'schema' in node:
            view = self.resolver.view(node['schema'], node.where('schema')).copy()
        else:
            view = View(node, node.at, None)
            view.kinds = {'string'}
        for key, value in node.items():
            if key in KEPT or key.startswith('x-kz-'):
                view.attrs[key] = value
        return view

    def expressible(self, node, view, style, place):
        """Scalars and lists of scalars travel outside of bodies; the rest as JSON text, with a notice."""
        kind = view.kind()
        if kind == 'texts':     # one string is a list of one
            many = next((each for each in view.texts if each.kind() == 'array'), view.texts[0]).copy()
            many.attrs = {**many.attrs, **{k: v for k, v in view.attrs.items() if k != 'enum'}}
            view, kind = many, many.kind()
        if kind == 'array':
            item = self.resolver.view(True if view.items is None else view.items, view.where('items'))
            if style not in ('form', 'simple'):
                self.notices.add(node.where(), f'the style {style}: a string that the caller joins')
                made = self.anything(view)
                made.kinds = {'string'}
                return made
            if item.kind() in SCALARS:
                return view
        elif kind in SCALARS or kind == 'any':
            return view
        elif style == 'deepObject' and place == 'query' and kind == 'object' and not view.props and isinstance(view.additional, Map):
            return view
        self.notices.add(node.where(), 'a parameter that is more than a value or a list of values: kz_json, sent as JSON text')
        return self.anything(view)

    @staticmethod
    def anything(view):
        """A view of the same place that says nothing of the type."""
        made = View(view.node, view.key, None)
        made.attrs = {k: v for k, v in view.attrs.items() if k in KEPT or k.startswith('x-kz-') and k != 'x-kz-name'}
        made.nullable = view.nullable
        return made
