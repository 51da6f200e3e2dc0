"""Paths and flows to operations. Called by the program; asks parameters.py for the params struct and types.py for the
result, and names functions, structs and constants at the end."""

import re
from dataclasses import replace

from . import names
from .content import ANSWERS, answer_of, body_of, media
from .errors import DescriptionError
from .load import List, Map
from .model import CORE_STRUCTS, Operation, Service
from .parameters import Parameters
from .text import flat, sentence

VERBS = ('get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace')
RETRY = {'always': 'KZ_OP_RETRY_ALWAYS', 'idempotent': 'KZ_OP_IDEMPOTENT'}


def text_of(node, key):
    value = node.get(key)
    if value is not None and not isinstance(value, str):
        raise DescriptionError(node.where(key), 'a text is expected')
    return value


def flag_of(node, key):
    value = node.get(key, False)
    if not isinstance(value, bool):
        raise DescriptionError(node.where(key), 'true or false is expected')
    return value


class Operations:
    def __init__(self, documents, types, notices, service):
        self.documents, self.types, self.notices = documents, types, notices
        self.parameters = Parameters(types, documents, notices)
        self.service = service
        self.seen = {}
        self.c_names = names.Scope()

    def all(self):
        root = self.documents.root
        paths = root.get('paths', {})
        if not isinstance(paths, dict):
            raise DescriptionError(root.where('paths'), 'a mapping of paths is expected')
        made = []
        for path, item in paths.items():
            if path.startswith('x-'):
                continue
            if not path.startswith('/'):
                raise DescriptionError(paths.where(path), 'a path begins with /')
            item = self.documents.solid(item, paths.where(path))
            for verb in [key for key in item if key in VERBS]:
                if not isinstance(item[verb], Map):
                    raise DescriptionError(item.where(verb), 'an operation is a mapping')
                made += self.request(path, item, verb, item[verb], paths.where(path))
        flows = root.get('x-kz-operations', [])
        if not isinstance(flows, list):
            raise DescriptionError(root.where('x-kz-operations'), 'a list of operations is expected')
        for i, node in enumerate(flows):
            if not isinstance(node, Map):
                raise DescriptionError(flows.where(i), 'an operation is a mapping')
            made.append(self.flow(node))
        if not made:
            raise DescriptionError(root.where('paths'), 'the description has no operations')
        return made

    # ---- what both kinds have

    def begin(self, node, missing):
        given = text_of(node, 'operationId')
        if not given and missing is None:
            raise DescriptionError(node.where(), 'an operation of x-kz-operations has an operationId')
        if given:
            if given in self.seen:
                raise DescriptionError(node.where('operationId'), f'the operationId "{given}" is used twice; first in {self.seen[given]}')
            self.seen[given] = node.where('operationId')
        parts = [names.snake(part) for part in (given or missing).split('.') if part.strip('_')]
        name = '.'.join(parts) or 'x'
        c_name = self.c_names.pick(name.replace('.', '_'))
        if c_name != name.replace('.', '_'):
            name = c_name
        made = Operation(name, c_name)
        made.aliases = self.strings(node, 'x-kz-aliases')
        if given and given != name and given not in made.aliases:
            made.aliases.append(given)
        made.description = text_of(node, 'description')
        made.summary = flat(text_of(node, 'summary')) or sentence(made.description) or name.replace('_', ' ').replace('.', ' ')
        if flag_of(node, 'x-kz-blocking'):
            made.flags.append('KZ_OP_BLOCKING')
        if flag_of(node, 'deprecated'):
            made.flags.append('KZ_OP_DEPRECATED')
        retry = node.get('x-kz-retry')
        if retry is not None:
            if retry not in RETRY:
                raise DescriptionError(node.where('x-kz-retry'), 'x-kz-retry is "always" or "idempotent"')
            made.flags.append(RETRY[retry])
        made.body_name = text_of(node, 'x-kz-body-name')
        made.base_setting = text_of(node, 'x-kz-base')
        if node.get('x-kz-form') is not None:
            if node['x-kz-form'] != 'brackets':
                raise DescriptionError(node.where('x-kz-form'), 'x-kz-form is "brackets"')
            made.flags.append('KZ_OP_BRACKETS')
        made.area = self.area(node)
        return made

    def area(self, node):
        areas, tags = self.documents.root.get('x-kz-areas'), self.strings(node, 'tags')
        if areas is None:
            return None
        if not tags or tags[0] not in areas:
            raise DescriptionError(node.where('tags'), 'the first tag of an operation is one of x-kz-areas')
        return tags[0]

    @staticmethod
    def strings(node, key):
        value = node.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise DescriptionError(node.where(key), 'a list of names is expected')
        return list(value)

    def flow_name(self, made):
        return f'kzp_{self.service}_{made.c_name}'

    # ---- one request

    def request(self, path, item, verb, node, where):
        missing = verb + '_' + re.sub(r'[{}]', '', path)
        made = self.begin(node, missing)
        made.method, made.path = verb.upper(), path
        params = self.parameters.collect(item, node)
        self.parameters.check_path(path, params, where)
        body = self.body(made, node)
        made.params = self.parameters.struct(f'{self.service}_{made.c_name}', params, body)
        self.params_name(made, node)
        security = node.get('security', self.documents.root.get('security'))
        if isinstance(security, List) and not security:
            made.flags.append('KZ_OP_NO_AUTH')
        if flag_of(node, 'x-kz-flow'):
            made.flow = self.flow_name(made)
        self.answer(made, node)
        self.text(made, node)
        self.paging(made, node)
        return [made] + self.streamed(made, node)

    @staticmethod
    def params_name(made, node):
        own = text_of(node, 'x-kz-params')
        if own is None:
            return
        if not own.startswith('kz_') or not names.is_identifier(own) or names.is_core(own):
            raise DescriptionError(node.where('x-kz-params'), f'x-kz-params is a C name that begins with kz_ and is none of the core, not "{own}"')
        made.params.base = own[3:]

    @staticmethod
    def text(made, node):
        made.text = text_of(node, 'x-kz-text')
        if made.text is not None and not any(
                f.name == made.text and f.type == 'STRING' and f.container == 'ONE' for f in getattr(made.result, 'fields', [])):
            raise DescriptionError(node.where('x-kz-text'), f'"{made.text}" is no string of the answer')

    def streamed(self, made, node):
        """The sibling that answers with a stream, of an operation that one of its arguments makes answer so."""
        member = text_of(node, 'x-kz-stream')
        if member is None:
            return []
        if not any(f.name == member and f.type == 'BOOL' and f.container == 'ONE' for f in made.params.fields):
            raise DescriptionError(node.where('x-kz-stream'), f'"{member}" is no boolean argument of the operation')
        made.stream = member
        twin = replace(made, name=made.name + '_stream', aliases=[], text=None, flags=list(made.flags), paging=None,
                       c_name=self.c_names.pick(made.c_name + '_stream'), statuses=list(made.statuses))
        if made.flow:
            twin.flow = self.flow_name(twin)
        responses = [self.documents.solid(each, '') for status, each in node.get('responses', {}).items() if status[:1] == '2']
        kinds = [kind for each in responses for kind in media(each, each.where('content')) if answer_of(kind[0]) == 'EVENTS']
        if not kinds or made.answer == 'EVENTS':
            raise DescriptionError(node.where('x-kz-stream'), 'the operation answers text/event-stream and something else')
        twin.answer = 'EVENTS'
        value = kinds[0][1]
        twin.result = self.result('EVENTS', value.get('itemSchema', value.get('schema')), value.where('schema'), twin)
        return [twin]

    def body(self, made, node):
        """What Parameters.struct() wants to know of the body, or None."""
        if node.get('requestBody') is None:
            return None
        body = self.documents.solid(node['requestBody'], node.where('requestBody'))
        kinds = media(body, body.where('content'))
        if not kinds:
            return None
        content_type, value = kinds[0]
        if len(kinds) > 1:
            self.notices.add(body.where('content'), f'the body is sent as {content_type}, the first of several')
        made.body, made.content_type = body_of(content_type)
        required = body.get('required') is True
        view = self.types.resolver.view(value.get('schema', True), value.where('schema'))
        upload = made.body in ('MULTIPART', 'FORM')
        if made.body == 'BYTES':
            view = self.parameters.anything(view)
            view.kinds, view.attrs['format'] = {'string'}, 'binary'
            return view, True, required, True
        if view.kind() == 'flat':
            view = self.types.flatten(view)
        if view.kind() == 'object' and view.props:
            return view, upload, required, False
        if upload:
            self.notices.add(body.where('content'), f'{content_type} of something that has no members: sent as JSON')
            made.body = 'JSON'
        view = view.copy()
        if made.body_name:
            view.attrs['x-kz-aliases'] = list(view.get('x-kz-aliases', [])) + [made.body_name]
        return view, False, required, True

    # ---- the answer

    def answer(self, made, node):
        responses = node.get('responses', {})
        if not isinstance(responses, dict):
            raise DescriptionError(node.where('responses'), 'a mapping of answers is expected')
        good = []
        for status, response in responses.items():
            if status.startswith('x-'):
                continue
            response = self.documents.solid(response, responses.where(status))
            if status[:1] == '2':
                good.append(response)
            elif status != 'default':
                made.statuses.append((status, sentence(response.get('description')) or ''))
        if not good and 'default' in responses:
            good = [self.documents.solid(responses['default'], responses.where('default'))]
        wanted = self.wanted(node)
        kinds = next((found for found in (media(each, each.where('content')) for each in good) if found), [])
        self.choose(made, kinds, wanted, node)

    @staticmethod
    def wanted(node):
        word = node.get('x-kz-answer')
        if word is not None and word not in ANSWERS:
            raise DescriptionError(node.where('x-kz-answer'), f'x-kz-answer is one of {", ".join(ANSWERS)}')
        return ANSWERS.get(word)

    def choose(self, made, kinds, wanted, node):
        fit = [(name, value) for name, value in kinds if wanted in (None, answer_of(name))]
        if not fit and (not wanted or wanted == 'NOTHING' or not kinds):
            made.answer = wanted or 'NOTHING'
            made.result = self.result(made.answer, None, '', made)
            return
        name, value = (fit or kinds)[0]
        if not wanted and len(kinds) > 1 and 'x-kz-stream' not in node:
            others = [other for other, _ in kinds[1:] if answer_of(other) != answer_of(name)]
            if others:
                self.notices.add(node.where('responses'), f'the answer is taken as {name}; {", ".join(others)} is not')
        made.answer = wanted or answer_of(name)
        schema = value.get('itemSchema', value.get('schema'))
        where = value.where('schema')
        if made.answer == 'JSON' and not wanted and schema is not None and '*' in name:
            view = self.types.resolver.view(schema, where)
            made.answer = 'BYTES' if self.types.binary(view) else 'JSON'
        made.result = self.result(made.answer, schema, where, made)

    def result(self, answer, schema, where, made):
        if answer == 'NOTHING':
            return None
        if answer in ('BYTES', 'CHUNKS'):
            return CORE_STRUCTS['bytes']
        if answer == 'TEXT':
            return CORE_STRUCTS['string_value']
        base = f'{self.service}_{made.c_name}_result'
        view = self.types.resolver.view(True if schema is None else schema, where)
        return self.types.result(view, base)

    def paging(self, made, node):
        value = node.get('x-kz-paging')
        if value is None:
            return
        if not isinstance(value, Map) or set(value) - {'offset', 'cursor', 'limit', 'page-size'} or 'limit' not in value or (
                ('offset' in value) == ('cursor' in value)):
            raise DescriptionError(node.where('x-kz-paging'), 'x-kz-paging has limit, offset or cursor, and page-size')
        for key, kind in (('offset', 'INT'), ('cursor', 'STRING'), ('limit', 'INT')):
            fit = {field.name for field in made.params.fields if field.type == kind and field.container == 'ONE'}
            if key in value and value[key] not in fit:
                what = 'a string' if kind == 'STRING' else 'an integer'
                raise DescriptionError(value.where(key), f'"{value[key]}" is no argument of the operation that is {what}')
        size = value.get('page-size', 100)
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise DescriptionError(value.where('page-size'), 'page-size is a whole number from 1')
        if made.answer != 'JSON' or getattr(made.result, 'shape', None) != 'LIST':
            raise DescriptionError(node.where('x-kz-paging'), 'only an operation that answers a list of objects has pages')
        made.paging = {'offset': value.get('offset'), 'cursor': value.get('cursor'), 'limit': value['limit'], 'size': size}

    # ---- a flow that is no single request

    def flow(self, node):
        made = self.begin(node, None)
        made.flow = self.flow_name(made)
        view = self.types.resolver.view(node.get('params', True), node.where('params'))
        if view.kind() == 'flat':
            view = self.types.flatten(view)
        if 'params' in node and not (view.kind() == 'object'):
            raise DescriptionError(node.where('params'), 'params is an object with properties')
        body = (view, True, True, False) if view.props else None
        made.params = self.parameters.struct(f'{self.service}_{made.c_name}', [], body, 'OPTION')
        wanted = self.wanted(node)
        made.answer = wanted or ('JSON' if 'result' in node else 'NOTHING')
        made.result = self.result(made.answer, node.get('result'), node.where('result'), made)
        return made


def fnv(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return value


def documents_of(root, types, service):
    """A struct for each schema of the description: to read and to write, without a service."""
    for key in ('paths', 'x-kz-operations'):
        if root.get(key):
            raise DescriptionError(root.where(key), 'a description of schemas alone (x-kz-schemas) has no operations')
    components = root.get('components', {})
    schemas = components.get('schemas') if isinstance(components, Map) else None
    if not isinstance(schemas, Map) or not schemas:
        raise DescriptionError(root.where('x-kz-schemas'), 'there are no schemas in components')
    for name in schemas:
        types.result(types.resolver.view(schemas[name], schemas.where(name)), f'{service}_{name}')


def make_service(documents, types, notices, name):
    """The whole service, everything named."""
    root = documents.root
    info = root.get('info') if isinstance(root.get('info'), dict) else {}
    c_name = re.sub(r'[-.]', '_', name)
    service = Service(name, c_name, flat(info.get('title')) or name, flat(info.get('summary')) or sentence(info.get('description')),
                      flat(info.get('version')) or '0', documents.path.replace('\\', '/').rsplit('/', 1)[-1])
    service.handle = 'kz_' + re.sub('-', '_', name.partition('.')[0])
    state = root.get('x-kz-state')
    if state is not None:
        if not isinstance(state, Map) or not all(names.is_identifier(state.get(key)) for key in ('create', 'destroy')):
            raise DescriptionError(root.where('x-kz-state'), 'x-kz-state names two C functions: create, destroy')
        service.state = (state['create'], state['destroy'])
    locate = root.get('x-kz-locate')
    if locate is not None:
        if not isinstance(locate, Map) or not names.is_identifier(locate.get('function')) or not isinstance(locate.get('by'), str):
            raise DescriptionError(root.where('x-kz-locate'), 'x-kz-locate names a C function, and the argument by which it finds the server')
        service.locate = (locate['function'], locate['by'])
    service.functions = root.get('x-kz-functions')
    if service.functions is not None and not names.is_identifier(service.functions):
        raise DescriptionError(root.where('x-kz-functions'), 'x-kz-functions names a C constant')
    areas = root.get('x-kz-areas', [])
    if not isinstance(areas, List) and areas or not all(isinstance(each, str) and re.fullmatch('[a-z][a-z0-9_]*', each) for each in areas):
        raise DescriptionError(root.where('x-kz-areas'), 'a list of names is expected: a-z, 0-9 and _')
    service.areas = list(areas)
    service.schemas = root.get('x-kz-schemas', False)
    if service.schemas:
        documents_of(root, types, c_name)
    else:
        service.operations = Operations(documents, types, notices, c_name).all()
    for i, area in enumerate(service.areas):
        if not any(made.area == area for made in service.operations):
            raise DescriptionError(areas.where(i), f'no operation has the area "{area}" as its first tag')
    prefix = f'kz_{c_name}'
    scope = names.Scope([service.handle, f'kz_client_{c_name}', f'{prefix}_with_options', f'{prefix}_interface',
                         f'{prefix}_struct_sizes'])
    for made in service.operations:
        function = f'{prefix}_{made.c_name}'
        made.function = scope.pick(function, function + '_', needs=lambda n, m=made: [n, n + '_op'] + [n + '_each'] * bool(m.paging))
    types.name_all(scope, names.Scope())
    service.structs, service.enums = list(types.structs.values()), list(types.enums.values())
    service.layout = fnv(''.join(f'{s.name}:{s.size()}\n' for s in sorted(service.structs, key=lambda s: s.name)))
    return service
