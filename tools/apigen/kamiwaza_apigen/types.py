"""Schemas to structs and members. Called by operations.py for params and results; collects the structs and enumerations
that are reached, and names them once all are known (a schema may be reached from requests and from results)."""

import json

from . import names
from .checks import check_of, fallback_of
from .errors import DescriptionError
from .load import Map
from .model import CORE_STRUCTS, Enum, Field, Struct
from .resolve import View, synthetic
from .text import sentence

MOST_VALUES = 3     # of the member that tells kinds apart, in one kind: old and new names of it
SCALARS = {'string': 'STRING', 'integer': 'INT', 'number': 'NUMBER', 'boolean': 'BOOL'}


class Types:
    def __init__(self, resolver, notices, service, prefix):
        self.resolver, self.notices = resolver, notices
        self.service, self.prefix = service, prefix
        self.structs = {}
        self.enums = {}

    # ---- which C type a value has

    def give_up(self, view, problem=None):
        self.notices.add(view.where(), f'{problem or view.problem} has no C type: kz_json')

    def value(self, view, request, base, upload=False):
        """(type, container, struct, item view or None) of one value."""
        kind = view.kind()
        if kind in ('string', 'any') and upload and self.binary(view):
            return 'UPLOAD', 'ONE', None, None
        if kind in SCALARS:
            return SCALARS[kind], 'ONE', None, None
        if kind == 'array':
            return self.list_value(view, request, base, upload)
        if kind == 'object' and not view.props:
            return self.map_value(view)
        if kind in ('object', 'flat'):
            return 'OBJECT', 'ONE', self.object_struct(view, request, base), None
        if kind == 'union':
            struct = self.union_struct(view, request, base)
            return ('OBJECT', 'ONE', struct, None) if struct else ('JSON', 'ONE', None, None)
        if kind == 'mixed':
            self.give_up(view, view.problem or 'a choice of ' + ', '.join(sorted(view.kinds)))
        elif kind == 'texts':
            self.give_up(view, 'a string or a list in this place')
        return 'JSON', 'ONE', None, None

    @staticmethod
    def binary(view):
        if view.get('format') == 'binary':
            return True
        return 'contentMediaType' in view.attrs and 'contentEncoding' not in view.attrs

    def list_value(self, view, request, base, upload):
        item = self.resolver.view(True if view.items is None else view.items, view.where('items'))
        kind = item.kind()
        if kind == 'array' or kind == 'texts' or kind == 'object' and not item.props:
            return 'JSON', 'LIST', None, None
        type_, container, struct, _ = self.value(item, request, base + '_item' if not item.title else base, upload)
        if type_ == 'NUMBER' and item.get('format') == 'float':
            type_ = 'FLOAT'
        return type_, 'LIST' if container == 'ONE' else container, struct, item

    def map_value(self, view):
        if not isinstance(view.additional, Map) or not view.additional:
            return 'JSON', 'ONE', None, None
        value = self.resolver.view(view.additional)
        if not value.structural():
            return 'JSON', 'ONE', None, None
        return 'STRING' if value.kind() == 'string' and not value.nullable else 'JSON', 'MAP', None, None

    # ---- structs

    def start(self, view, request, base, shape='OBJECT'):
        own = view.get('x-kz-name')
        if own is not None:
            if not isinstance(own, str) or not own.startswith('kz_') or not names.is_identifier(own):
                raise DescriptionError(view.where('x-kz-name'), f'x-kz-name is a C name that begins with kz_, not "{own}"')
            if names.is_core(own):
                raise DescriptionError(view.where('x-kz-name'), f'"{own}" is a name of the core')
            base = own[3:]
        elif view.title:
            base = self.prefix + names.type_base(view.title)
        struct = Struct(view.key, base, request, view.title or view.get('title') or base, shape, fixed=own is not None)
        struct.summary = sentence(view.get('description') or view.get('summary') or view.get('title'))
        struct.doc = view.get('description')
        struct.sealed = view.additional is False
        return struct

    def object_struct(self, view, request, base):
        key = (view.key, request)
        if key not in self.structs:
            if view.kind() == 'flat':
                view = self.flatten(view)
            struct = self.structs[key] = self.start(view, request, base)
            struct.fields = self.members(view, request, struct.base)
        return self.structs[key]

    def flatten(self, view):
        """One object with the members of all branches."""
        made = View(view.node, view.key, view.title)
        made.attrs, made.nullable, made.kinds = view.attrs, view.nullable, {'object'}
        found = {name: [node] for name, node in view.props.items()}
        common = None
        for branch, _ in view.branches:
            branch = self.flatten(branch) if branch.kind() == 'flat' else branch
            for name, node in branch.props.items():
                held = found.setdefault(name, [])
                if node not in held or isinstance(node, bool):
                    held.append(node)
            common = set(branch.required) if common is None else common & set(branch.required)
        made.props = {name: nodes[0] if len(nodes) == 1 else synthetic('anyOf', nodes) for name, nodes in found.items()}
        made.required = view.required + [name for name in made.props if name in (common or ())]
        made.additional = view.additional
        return made

    def union_struct(self, view, request, base):
        """The tag and a pointer per kind; None where the branches cannot be told apart."""
        key = (view.key, request)
        if key in self.structs:
            return self.structs[key]
        tag, branches = self.tagged(view)
        if not branches:
            self.give_up(view, 'a choice of objects without a member that tells them apart')
            return None
        struct = self.structs[key] = self.start(view, request, base, 'UNION')
        struct.tag = tag
        scope = self.member_scope(request)
        tag_field = Field(tag, scope.pick(names.member(tag)), 'STRING', summary='Says which kind it is.')
        tag_field.flags.append('KZ_FIELD_REQUIRED')
        struct.fields = [tag_field]
        for branch, value in branches:
            inner = self.object_struct(branch, request, f'{struct.base}_{names.snake(value).lstrip("_")}')
            c_name = scope.pick(names.member(names.snake(value)), names.snake(value) + '_')
            field = Field(value, c_name, 'OBJECT', struct=inner, summary=sentence(branch.get('description')))
            field.doc = branch.get('description') or f'Given where `{tag}` is "{value}".'
            struct.fields.append(field)
        return struct

    def tagged(self, view):
        """(tag, [(branch, value)]): by the discriminator, else by a member that has values of its own in every branch."""
        candidates = [view.tag] if view.tag else list(view.branches[0][0].props)
        for tag in candidates:
            found = []
            for branch, mapped in view.branches:
                values = self.constants(branch, tag)
                if not values and view.tag:
                    values = mapped or ([branch.title] if branch.title and tag in branch.props else [])
                elif view.tag and mapped:
                    values = mapped
                found += [(branch, value) for value in values]
                if not values:
                    break
            else:
                if len({value for _, value in found}) == len(found):
                    return tag, found
        return None, None

    def constants(self, branch, tag):
        node = branch.props.get(tag)
        if not isinstance(node, Map):
            return []
        view = self.resolver.view(node)
        values = view.get('enum') or []
        if view.kind() != 'string' or not all(isinstance(value, str) and value for value in values):
            return []
        return values if len(values) <= MOST_VALUES else []

    # ---- members

    @staticmethod
    def member_scope(request):
        return names.Scope(('extra', 'from') if request else ())

    def members(self, view, request, base):
        scope, fields = self.member_scope(request), []
        ordered = sorted(view.props.items(), key=lambda item: self.since(item[1]))
        for name, node in ordered:
            fields += self.fields(name, node, name in view.required, request, base, scope, view.where())
        return fields

    @staticmethod
    def since(node):
        value = node.get('x-kz-since', 0) if isinstance(node, Map) else 0
        if not isinstance(value, int) or isinstance(value, bool):
            raise DescriptionError(node.where('x-kz-since'), 'x-kz-since is a whole number')
        return value

    def fields(self, name, node, required, request, base, scope, where, place='BODY', upload=False):
        return self.view_fields(name, self.resolver.view(node, where), required, request, base, scope, place, upload)

    def view_fields(self, name, view, required, request, base, scope, place='BODY', upload=False):
        """The member for one value; several for a string or something else."""
        if view.kind() != 'texts':
            return [self.field(name, view, required, request, base, scope, place, upload)]
        fields = []
        for each in view.texts:
            form = each.copy()
            form.attrs = {**each.attrs, **{k: v for k, v in view.attrs.items() if k != 'enum' or not fields}}
            form.nullable = view.nullable
            c_name = fields[0].c_name + self.suffix(form, len(fields)) if fields else None
            fields.append(self.field(name, form, required, request, base, scope, place, upload, c_name))
        for field in fields[1:]:
            field.flags.append('KZ_FIELD_ALTERNATIVE')
            field.fallback = None
        return fields

    def suffix(self, view, number):
        """What the name of a further form of a member ends in."""
        kind = view.kind()
        if kind != 'array':
            return {'integer': '_number', 'number': '_number', 'boolean': '_bool'}.get(kind, '_object')
        if number == 1:
            return '_list'
        item = self.resolver.view(True if view.items is None else view.items, view.where('items')).kind()
        return {'integer': '_numbers', 'number': '_numbers', 'boolean': '_bools', 'string': '_strings', 'array': '_lists'}.get(
            item, '_objects')

    def field(self, name, view, required, request, base, scope, place, upload=False, c_name=None):
        inner = f'{base}_{names.snake(name).lstrip("_")}'
        type_, container, struct, item = self.value(view, request, inner, upload)
        own = view.get('x-kz-c-name')
        if own is not None and c_name is None:
            if not isinstance(own, str) or not names.is_identifier(own):
                raise DescriptionError(view.where('x-kz-c-name'), f'"{own}" is no C name')
        wanted = c_name or own or names.member(name)
        needs = (lambda n: [n, 'n_' + n]) if container != 'ONE' else (lambda n: [n])
        picked = scope.pick(wanted, wanted + '_', f'{place.lower()}_{wanted}', needs=needs)
        field = Field(name, picked, type_, container, place, struct=struct)
        scalar = item if item is not None and container == 'LIST' else view
        field.check = check_of(scalar, type_, self.notices, view if container == 'LIST' else None)
        if type_ == 'STRING' and container != 'MAP':
            field.enum = self.enum(scalar, inner)
        field.fallback = fallback_of(view)
        field.doc = view.get('description')
        field.summary = sentence(view.get('description'))
        field.aliases = self.aliases(view)
        field.sent = self.sent(view, field) if request else None
        if request and picked != name and names.member(name) != picked and picked not in field.aliases and c_name is None:
            field.aliases.append(picked)
        self.flag(field, view, required, request)
        if view.get('x-kz-place') is not None:
            if view.get('x-kz-place') != 'option':
                raise DescriptionError(view.where('x-kz-place'), 'x-kz-place is "option"')
            field.place = 'OPTION'
        return field

    @staticmethod
    def sent(view, field):
        value = view.get('x-kz-send')
        if value is None:
            return None
        if field.type == 'STRING' and field.container == 'ONE' and isinstance(value, str):
            return value
        if field.type == 'STRING' and field.container == 'LIST' and isinstance(value, list) and all(isinstance(each, str) for each in value):
            return json.dumps(value)
        raise DescriptionError(view.where('x-kz-send'), 'x-kz-send is the text, or the list of texts, that is sent where the program gives none')

    @staticmethod
    def flag(field, view, required, request):
        read_only = view.get('readOnly') is True
        if required and not (request and read_only):
            field.flags.append('KZ_FIELD_REQUIRED')
        if view.nullable:
            field.flags.append('KZ_FIELD_NULLABLE')
        if view.get('deprecated') is True:
            field.flags.append('KZ_FIELD_DEPRECATED')
        if request and read_only:
            field.flags.append('KZ_FIELD_READ_ONLY')
        if view.get('format') == 'password' or view.get('x-kz-secret') is True:
            field.flags.append('KZ_FIELD_SECRET')

    @staticmethod
    def aliases(view):
        value = view.get('x-kz-aliases', [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise DescriptionError(view.where('x-kz-aliases'), 'a list of names is expected')
        return list(value)

    def enum(self, view, base):
        values = view.get('enum')
        if not values or not all(isinstance(value, str) for value in values):
            return None
        if view.key not in self.enums:
            own = view.get('x-kz-name')
            base = own[3:] if own else self.prefix + names.type_base(view.title) if view.title else base
            self.enums[view.key] = Enum(base, list(dict.fromkeys(values)), sentence(view.get('description')))
        return self.enums[view.key]

    # ---- results

    def result(self, view, base):
        """The root type of a JSON answer."""
        if view.get('x-kz-list') is not None:
            return self.described_list(view, base)
        type_, container, struct, _ = self.value(view, False, base)
        if container == 'LIST':
            return self.list_struct(view, type_, struct, base)
        if container == 'MAP':
            return self.value_struct(view, type_, base)
        if struct:
            return struct
        return CORE_STRUCTS[{'STRING': 'string_value', 'INT': 'int_value', 'NUMBER': 'number_value', 'BOOL': 'bool_value'}.get(
            type_, 'json_value')]

    def list_struct(self, view, type_, item, base):
        if type_ == 'STRING':
            return CORE_STRUCTS['string_list']
        kind = {'INT': 'int', 'NUMBER': 'number', 'BOOL': 'bool', 'JSON': 'json'}.get(type_)
        key = (f'list:{kind or item.key}', False)
        if key not in self.structs:
            list_base = item.base + '_list' if item else f'{self.service}_{kind}_list'
            plain = view.copy()
            plain.title = None
            if item:
                plain.attrs = {k: v for k, v in view.attrs.items() if k == 'x-kz-name'}
            struct = self.structs[key] = self.start(plain, False, list_base, 'LIST')
            struct.title = struct.base
            struct.summary = f'A list of kz_{item.base}.' if item else 'A list of values.'
            struct.doc = None
            fields = [Field('items', 'items', type_, 'LIST', struct=item, summary='The items, in the order of the server.')]
            for name, text in (('total', 'How many there are in all, where the server says so.'),
                               ('page', 'Which page this is, where the server says so.'),
                               ('per_page', 'How many a page holds, where the server says so.')):
                fields.append(Field(name, name, 'INT', summary=text))
            for field in fields:
                field.doc = field.summary
            struct.fields = fields
        return self.structs[key]

    def described_list(self, view, base):
        """An object that is a list: one member holds the items, and comes first; the others tell of them."""
        member = view.get('x-kz-list')
        if view.kind() != 'object' or member not in view.props:
            raise DescriptionError(view.where('x-kz-list'), 'x-kz-list names the member of the object that holds the items')
        type_, container, item, _ = self.value(self.resolver.view(view.props[member]), False, base)
        if container != 'LIST' or type_ not in ('OBJECT', 'JSON'):
            raise DescriptionError(view.where('x-kz-list'), f'"{member}" is no list of objects')
        key = (f'list:{item.key if item else "json"}:{member}', False)
        if key not in self.structs:
            plain = view.copy()
            plain.title = None
            struct = self.structs[key] = self.start(plain, False, item.base + '_list' if item else f'{self.service}_json_list', 'LIST')
            struct.title = struct.base
            struct.doc = struct.summary = f'A list of kz_{item.base}.' if item else 'A list of values.'
            scope = self.member_scope(False)
            words = 'The items, in the order of the server.'
            struct.fields = [Field(member, scope.pick('items'), type_, 'LIST', struct=item, summary=words, doc=words)]
            for name, node in view.props.items():
                if name != member:
                    struct.fields += self.fields(name, node, False, False, struct.base, scope, view.where())
        return self.structs[key]

    def value_struct(self, view, type_, base):
        key = (f'value:{view.key}', False)
        if key not in self.structs:
            struct = self.structs[key] = self.start(view, False, base, 'VALUE')
            field = Field('value', 'value', type_, 'MAP', summary='The members, by name.', doc='The members, by name.')
            struct.fields = [field]
        return self.structs[key]

    # ---- names, once everything is known

    def name_all(self, scope, macros):
        """Gives each struct and each constant its C name; names of functions are in `scope` already."""
        results = {s.base for s in self.structs.values() if not s.request}
        order = sorted(self.structs.values(), key=lambda s: (not s.fixed, s.request))
        for struct in order:
            if struct.name:
                continue
            tail = '_input' if struct.request and struct.base in results else ''
            name = f'kz_{struct.base}{tail}'
            other = f'kz_{self.service}_{struct.base}{tail}'
            candidates = [other] if names.is_core(name) else [name, other]
            struct.name = scope.pick(*[each for each in candidates if not names.is_core(each)] or [name + '_'])
        for enum in self.enums.values():
            enum.constants = []
            for value in enum.values:
                part = names.macro_part(value)
                name = f'KZ_{enum.base.upper()}_{part}'
                if name.startswith(names.CORE_MACROS):
                    name = f'KZ_{self.service.upper()}_{enum.base.upper()}_{part}'
                enum.constants.append((macros.pick(name), value))
