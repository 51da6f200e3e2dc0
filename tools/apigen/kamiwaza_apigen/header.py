"""Writes the public header of a service: handle, constants, structs, typed functions. Deterministic; meant to be read."""

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


def member_words(field, request):
    """The documentation of one member as one flat text."""
    out = [stop(shorten(flat(field.doc), 600))] if field.doc else []
    if field.name != field.c_name and not field.has('KZ_FIELD_ALTERNATIVE'):
        out.append(f'Named "{flat(field.name)}" outside of C.')
    if field.has('KZ_FIELD_ALTERNATIVE'):
        out.append(f'"{flat(field.name)}" as a list: give one of the two.' if request else f'"{flat(field.name)}" where it is a list.')
    if field.has('KZ_FIELD_DEPRECATED'):
        out.append('Deprecated.')
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
            words.append('Exactly one of the pointers is given: the one that the tag names.')
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
    c = service.c_name
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
               f'    &kz_{c}_interface, {c_string(op.name)}, {hint}, sizeof({op.params.name}), {size}', '};']
    return ref + out + signature.split('\n') + ['{', f'    return {value};', '}']


def sizes_lines(service):
    c = service.c_name
    out = ['/* The structs of this header and their sizes, so that a plugin of another version knows what this program has. */',
           f'__attribute__((unused)) static const kz_struct_size kz_{c}_struct_sizes[] = {{']
    for struct in sorted(service.structs, key=lambda s: s.name):
        out.append(f'    {{ "{struct.name}", sizeof({struct.name}) }},')
    out += ['};', f'__attribute__((unused)) static const kz_interface kz_{c}_interface = {{',
            f'    "{service.name}", UINT64_C(0x{service.layout:016x}), kz_{c}_struct_sizes,',
            f'    sizeof(kz_{c}_struct_sizes) / sizeof(kz_{c}_struct_sizes[0])', '};']
    return out


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


def write_header(service):
    c = service.c_name
    guard = f'KAMIWAZA_SERVICE_{c.upper()}_H'
    about = f'{flat(service.name)}.h: {stop(service.title)}'
    if service.summary:
        about += ' ' + stop(service.summary)
    out = comment([about, f'Made by kamiwaza-apigen from {flat(service.source)}: change that instead.'])
    out += [f'#ifndef {guard}', f'#define {guard}', '', '#include <kamiwaza/kamiwaza.h>', '', 'KZ_BEGIN_DECLS', '']
    out += comment([f'A handle of the service "{service.name}".'])
    out += [f'typedef struct {service.handle} {service.handle};', '']
    for enum in service.enums:
        out += enum_lines(enum) + ['']
    types = [struct for struct in service.structs if not struct.params]
    out += [f'typedef struct {struct.name} {struct.name};' for struct in types] + [''] * bool(types)
    for struct in types:
        out += struct_lines(struct) + ['']
    for op in service.operations:
        op.params.summary = f'{op.function}()'
        out.append(f'typedef struct {op.params.name} {op.params.name};')
        out += struct_lines(op.params) + ['']
    out += sizes_lines(service) + [''] + accessor_lines(service)
    for hint, op in enumerate(service.operations):
        out += function_lines(service, op, hint) + ['']
        if op.paging:
            out += function_lines(service, op, hint, each=True) + ['']
    out += ['KZ_END_DECLS', '#endif', '']
    return '\n'.join(line.rstrip() for line in out)
