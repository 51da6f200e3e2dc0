"""Writes the public header of a service: handle, constants, structs, typed functions. Deterministic; meant to be read."""

import re

from .model import Struct
from .text import c_string, comment, flat, paragraphs, sentence, shorten, stop

PLACE_WORDS = {'PATH': 'In the path', 'QUERY': 'In the query', 'HEADER': 'A header', 'COOKIE': 'A cookie',
               'BODY_WHOLE': 'The body', 'OPTION': 'Not sent'}


def _number(value):
    return str(int(value)) if float(value).is_integer() else repr(value)


def limits(check):
    """The constraints of a member in words."""
    out = []
    if check is None:
        return out
    low = f'{"more than" if "KZ_EXCLUSIVE_MINIMUM" in check.flags else "from"} {_number(check.minimum)}' if check.minimum is not None else ''
    high = f'{"less than" if "KZ_EXCLUSIVE_MAXIMUM" in check.flags else "up to"} {_number(check.maximum)}' if check.maximum is not None else ''
    if low or high:
        out.append(' '.join(each for each in (low, high) if each).capitalize() + '.')
    if 'KZ_HAS_MAX_LENGTH' in check.flags:
        out.append(f'{check.min_length} to {check.max_length} characters.')
    elif check.min_length:
        out.append('Not empty.' if check.min_length == 1 else f'At least {check.min_length} characters.')
    if 'KZ_HAS_MAX_ITEMS' in check.flags:
        out.append(f'{check.min_items} to {check.max_items} items.')
    elif check.min_items:
        out.append(f'At least {check.min_items} item{"s" if check.min_items > 1 else ""}.')
    if check.format:
        out.append(f'Format: {check.format}.')
    return out


def form_of(field):
    numbers = {'INT': 'a number', 'NUMBER': 'a number', 'BOOL': 'true or false'}
    if field.container != 'LIST':
        return numbers.get(field.type, 'an object')
    return {'INT': 'a list of numbers', 'NUMBER': 'a list of numbers', 'OBJECT': 'a list of objects', 'JSON': 'a list of other values',
            'UPLOAD': 'a list of files'}.get(field.type, 'a list')


def member_words(field, request):
    """The documentation of one member as one flat text."""
    out = [stop(shorten(flat(field.doc), 600))] if field.doc else []
    if field.name != field.c_name and not field.has('KZ_FIELD_ALTERNATIVE'):
        out.append(f'Named "{flat(field.name)}" outside of C.')
    if field.has('KZ_FIELD_ALTERNATIVE'):
        out.append(f'"{flat(field.name)}" as {form_of(field)}: give one of them.' if request else f'"{flat(field.name)}" where it is {form_of(field)}.')
    if field.has('KZ_FIELD_DEPRECATED'):
        out.append('Deprecated.')
    if field.sent:
        out.append(f'{flat(field.sent)} unless given.' if field.container == 'LIST' else f'"{flat(field.sent)}" unless given.')
    if request:
        if field.has('KZ_FIELD_READ_ONLY'):
            out.append('Set by the server, never sent.')
        if field.has('KZ_FIELD_REQUIRED'):
            out.append('Required.')
        if field.place in PLACE_WORDS:
            out.append(PLACE_WORDS[field.place] + '.')
    if field.enum:
        out.append(f'One of {field.enum.constants[0][0]} and so on.' if len(field.enum.constants) > 1 else f'{field.enum.constants[0][0]}.')
    out += limits(field.check)
    if field.fallback and len(field.fallback) < 80:
        out.append(f'Default: {flat(field.fallback)}.')
    if field.container == 'MAP':
        out.append('Names and values.')
    return ' '.join(out)


def struct_lines(struct):
    out = []
    if struct.params:
        out += comment([f'Arguments of {struct.summary}. Zero means "not given".'])
    else:
        words = paragraphs(struct.doc) or [stop(struct.summary or f'{flat(struct.title)}, of the description.')]
        words = [shorten(' '.join(words), 900)]
        if struct.shape == 'UNION':
            words.append('Exactly one of the pointers is given: the one that the tag names.' +
                         ' Another kind is given whole, as `extra`.' * struct.request)
        out += comment(words)
    out.append(f'struct {struct.name} {{')
    if struct.request:
        out.append('    kz_json extra;     /* further members, a JSON object; merged before the check */')
        out.append('    const void *from;  /* what to start from: a result of the same schema, or NULL */')
    for field in struct.fields:
        words = member_words(field, struct.request)
        line = f'    {field.declaration(struct.request)}'
        if field.container != 'ONE':
            line += f'\n    size_t n_{field.c_name};'
        short = f'{line}  /* {words} */' if words and '\n' not in line else ''
        if not words:
            out += line.split('\n')
        elif short and len(short) <= 100:
            out.append(short)
        else:
            out += comment([words], 4) + line.split('\n')
    out.append('};')
    return out


def enum_lines(enum):
    out = comment([stop(flat(enum.summary)) if enum.summary else f'Values of {enum.base}.'])
    return out + [f'#define {macro} {c_string(value)}' for macro, value in enum.constants]


def returns(op):
    if op.answer == 'NOTHING':
        return 'Returns true when done, false with the slot filled.'
    if op.streams():
        return (f'Returns a stream whose items are {op.result.name}, to be released with kz_stream_close(), or NULL with the slot '
                'filled.')
    return f'Returns a {op.result.name}, to be released with kz_free(), or NULL with the slot filled.'


def operation_words(op):
    words = [shorten(stop(flat(op.summary)), 300)]
    rest = [part for part in paragraphs(op.description) if part != flat(op.summary)]
    if rest and rest[0].startswith(flat(op.summary)):
        rest[0] = rest[0][len(flat(op.summary)):].lstrip(' .')
    words += [shorten(stop(part), 1200) for part in rest if part]
    facts = []
    facts.append(f'{op.method} {op.path}' if op.method else 'A flow of several requests.')
    if op.aliases:
        facts.append(f'By name also: {", ".join(flat(a) for a in op.aliases)}.')
    words.append(facts)
    needed = [f.c_name for f in op.params.fields if f.has('KZ_FIELD_REQUIRED') and not f.has('KZ_FIELD_ALTERNATIVE')]
    text = f'`params` is borrowed until the function returns; required: {", ".join(needed)}. ' if needed else \
        '`params` is borrowed until the function returns; NULL gives none. '
    text += returns(op)
    if 'KZ_OP_DEPRECATED' in op.flags:
        text += ' Deprecated.'
    if 'KZ_OP_NO_AUTH' in op.flags:
        text += ' Sent without credentials.'
    text += ' Errors: those of kz_call().'
    if op.statuses:
        text += ' The server names ' + ', '.join(f'{code} ({flat(why).rstrip(".")})' if why else code for code, why in op.statuses) + '.'
    words.append(text)
    return words


def function_lines(service, op, hint, each=False):
    if each:
        kind, call, name = 'kz_stream *', 'kz_call_stream', f'{op.function}_each'
        item = op.result.fields[0].struct
        out = comment([f'{stop(shorten(flat(op.summary), 300))} Asks for page after page and streams the items '
                       f'({item.name if item else "the values"}).', [f'{op.method} {op.path}'],
                       'Returns a stream, to be released with kz_stream_close(), or NULL with the slot filled. Errors: those of '
                       'kz_call_stream().'])
    else:
        out = comment(operation_words(op))
        name = op.function
        if op.answer == 'NOTHING':
            kind, call = 'bool ', 'kz_call_bool'
        elif op.streams():
            kind, call = 'kz_stream *', 'kz_call_stream'
        else:
            kind, call = f'{op.result.name} *', 'kz_call'
    size = f'sizeof({op.result.name})' if op.result else '0'
    signature = f'static inline {kind}{name}({service.handle} *service, const {op.params.name} *params, kz_error **error)'
    if len(signature) > 120:
        signature = signature.replace(', const ', ',\n    const ')
    value = f'{call}(service, &{op.function}_op, params, error)'
    if call == 'kz_call':
        value = f'({kind.strip()}){value}'
    ref = []
    if not each:
        ref = [f'/* {op.name}, for kz_call_all(), kz_call_stream() and the like. */',
               f'__attribute__((unused)) static const kz_op_ref {op.function}_op = {{',
               f'    &{interface_of(service, op.area)}, {c_string(op.name)}, {hint}, sizeof({op.params.name}), {size}', '};']
    return ref + out + signature.split('\n') + ['{', f'    return {value};', '}']


def interface_of(service, area=None):
    return f'kz_{service.c_name}_{area}_interface' if area else f'kz_{service.c_name}_interface'


def sizes_lines(service, structs, area=None):
    name = interface_of(service, area)
    sizes = name.replace('_interface', '_struct_sizes')
    out = ['/* The structs of this header and their sizes, so that a plugin of another version knows what this program has. */',
           f'__attribute__((unused)) static const kz_struct_size {sizes}[] = {{']
    for struct in sorted(structs, key=lambda s: s.name):
        out.append(f'    {{ "{struct.name}", sizeof({struct.name}) }},')
    return out + ['};', f'__attribute__((unused)) static const kz_interface {name} = {{',
                  f'    "{service.name}", UINT64_C(0x{service.layout:016x}), {sizes},',
                  f'    sizeof({sizes}) / sizeof({sizes}[0])', '};']


def accessor_lines(service):
    c, handle = service.c_name, service.handle
    if '.' in service.name:     # an extension: its operations go with the handle of the service that it extends
        return []
    return comment([f'The service "{service.name}" of a client: one for all callers, its plugin is loaded the first time. Borrowed from '
                    'the client. Errors: PLUGIN_*, ARGUMENT, STATE, NO_MEMORY.']) + [
        f'static inline {handle} *kz_client_{c}(kz_client *client, kz_error **error)', '{',
        f'    return ({handle} *)kz_client_service(client, "{service.name}", error);', '}', ''] + comment(
        ['A handle of the same service with other options, to be released with kz_service_free(). Errors: ARGUMENT, NO_MEMORY.']) + [
        f'static inline {handle} *{handle}_with_options({handle} *service, const kz_call_options *options, kz_error **error)', '{',
        f'    return ({handle} *)kz_service_with_options(service, options, error);', '}', '']


def opening(service, name, about, includes):
    guard = f'KAMIWAZA_SERVICE_{re.sub("[^A-Z0-9]", "_", name.upper())}_H'
    out = comment([about, f'Made by kamiwaza-apigen from {flat(service.source)}: change that instead.'])
    return out + [f'#ifndef {guard}', f'#define {guard}', ''] + [f'#include <{each}>' for each in includes] + ['']


def closing(out):
    return '\n'.join(line.rstrip() for line in out + ['#endif', ''])


def about_service(service):
    text = f'{flat(service.name)}.h: {stop(service.title)}'
    return text + ' ' + stop(service.summary) if service.summary else text


def handle_lines(service):
    return comment([f'A handle of the service "{service.name}".']) + [f'typedef struct {service.handle} {service.handle};', '']


def type_lines(enums, structs):
    out = []
    for enum in enums:
        out += enum_lines(enum) + ['']
    out += [f'typedef struct {struct.name} {struct.name};' for struct in structs] + [''] * bool(structs)
    for struct in structs:
        out += struct_lines(struct) + ['']
    return out


def params_lines(service, area=None):
    out = []
    for op in service.operations:
        if area not in (None, op.area) or op.params in service.operations_before(op):
            continue
        op.params.summary = f'{op.function}()'
        out += [f'typedef struct {op.params.name} {op.params.name};'] + struct_lines(op.params) + ['']
    return out


def functions(service, area=None):
    out = []
    for hint, op in enumerate(service.operations):
        if area in (None, op.area):
            out += function_lines(service, op, hint) + ['']
            if op.paging:
                out += function_lines(service, op, hint, each=True) + ['']
    return out


def write_header(service):
    if service.areas:
        out = opening(service, service.c_name, about_service(service), [f'kamiwaza/{service.name}/{area}.h' for area in
                      service.areas + ['functions'] * bool(service.functions)])
        return closing(out)
    out = opening(service, service.c_name, about_service(service), ['kamiwaza/kamiwaza.h']) + ['KZ_BEGIN_DECLS', '']
    if service.schemas:
        return closing(out + type_lines(service.enums, service.structs) + ['KZ_END_DECLS'])
    out += handle_lines(service) + type_lines(service.enums, [struct for struct in service.structs if not struct.params])
    out += params_lines(service) + sizes_lines(service, service.structs) + [''] + accessor_lines(service) + functions(service)
    return closing(out + ['KZ_END_DECLS'])


# ---- a header for each area, and one for what several have

def reached(struct, seen):
    """The structs that a struct leads to, itself included."""
    if isinstance(struct, Struct) and struct not in seen:
        seen[struct] = None
        for field in struct.fields:
            if field.struct:
                reached(field.struct, seen)
    return seen


def write_areas(service):
    """(area, text) of each header; "common" is what the others include."""
    users, enum_users, mine = {}, {}, {area: {} for area in service.areas}
    for op in service.operations:
        for root in (op.params, op.result):
            reached(root, mine[op.area])
    for area, structs in mine.items():
        for struct in structs:
            users.setdefault(struct, []).append(area)
            for field in struct.fields:
                if field.enum:
                    enum_users.setdefault(id(field.enum), set()).add(area)
    def those(area):
        fits = (lambda areas: len(areas) > 1) if area is None else (lambda areas: list(areas) == [area])
        return ([enum for enum in service.enums if fits(enum_users.get(id(enum), ()))],
                [struct for struct in service.structs if not struct.params and fits(users.get(struct, ()))])
    common = opening(service, f'{service.c_name}_common', f'{service.name}/common.h: what several areas of the service have.',
                     ['kamiwaza/kamiwaza.h']) + ['KZ_BEGIN_DECLS', '']
    common += handle_lines(service) + type_lines(*those(None)) + accessor_lines(service)
    yield 'common', closing(common + ['KZ_END_DECLS'])
    for area in service.areas:
        out = opening(service, f'{service.c_name}_{area}', f'{service.name}/{area}.h: {stop(service.title)} The area {area}.',
                      [f'kamiwaza/{service.name}/common.h']) + ['KZ_BEGIN_DECLS', '']
        out += type_lines(*those(area)) + params_lines(service, area) + sizes_lines(service, mine[area], area) + ['']
        yield area, closing(out + functions(service, area) + ['KZ_END_DECLS'])
