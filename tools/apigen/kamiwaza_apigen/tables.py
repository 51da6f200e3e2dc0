"""Writes the tables of a plugin (schemas, operations, descriptor) and the internal header for its flows."""

from .text import c_long_string, c_string, comment, flat, paragraphs, shorten


def _strings(name, values):
    items = ', '.join(c_string(value) for value in values)
    return f'static const char *const {name}[] = {{ {items}, NULL }};'


def _double(value):
    return '0' if value is None else repr(float(value))


def check_lines(name, check):
    out = []
    if check.values:
        out.append(_strings(f'{name}_values', check.values))
    out.append(f'static const kz_check {name} = {{')
    if check.flags:
        out.append(f'    .flags = {" | ".join(check.flags)},')
    if check.minimum is not None:
        out.append(f'    .minimum = {_double(check.minimum)},')
    if check.maximum is not None:
        out.append(f'    .maximum = {_double(check.maximum)},')
    for key in ('min_length', 'max_length', 'min_items', 'max_items'):
        if getattr(check, key):
            out.append(f'    .{key} = UINT64_C({getattr(check, key)}),')
    for key in ('pattern', 'format'):
        if getattr(check, key):
            out.append(f'    .{key} = {c_string(getattr(check, key))},')
    if check.values:
        out.append(f'    .values = {name}_values,')
    return out + ['};']


def field_lines(struct, index, field):
    base = f'{struct.name}_{field.c_name}'
    out = [f'    {{ .name = {c_string(field.name)},']
    if field.c_name != field.name:
        out.append(f'      .c_name = "{field.c_name}",')
    if field.aliases:
        out.append(f'      .aliases = aliases_{base},')
    place = f'      .offset = offsetof({struct.name}, {field.c_name}),'
    if field.container != 'ONE':
        place += f' .count_offset = offsetof({struct.name}, n_{field.c_name}),'
    out.append(place)
    kind = f'      .type = KZ_TYPE_{field.type},'
    if field.container != 'ONE':
        kind += f' .container = KZ_{field.container},'
    if field.place != 'BODY':
        kind += f' .place = KZ_IN_{field.place},'
    out.append(kind)
    if field.flags:
        out.append(f'      .flags = {" | ".join(field.flags)},')
    if field.struct:
        out.append(f'      .schema = &{field.struct.table()},')
    if field.check:
        out.append(f'      .check = &check_{base},')
    if field.sent:
        out.append(f'      .sent = {c_string(field.sent)},')
    if field.fallback:
        out.append(f'      .fallback = {c_long_string(field.fallback, 10)},')
    if field.summary:
        out.append(f'      .summary = {c_long_string(field.summary, 10)},')
    out[-1] = out[-1].rstrip(',') + ' },'
    return out


def schema_lines(service, struct):
    out = comment([f'{struct.name}' + (f': {flat(struct.title)}' if flat(struct.title) != struct.base else '')])
    for field in struct.fields:
        base = f'{struct.name}_{field.c_name}'
        if field.aliases:
            out.append(_strings(f'aliases_{base}', field.aliases))
        if field.check:
            out += check_lines(f'check_{base}', field.check)
    if struct.fields:
        out.append(f'static const kz_field fields_{struct.name}[] = {{')
        for index, field in enumerate(struct.fields):
            out += field_lines(struct, index, field)
        order = sorted(range(len(struct.fields)), key=lambda i: (struct.fields[i].name.encode(), i))
        numbers = [str(i) for i in order]
        rows = [', '.join(numbers[i:i + 24]) for i in range(0, len(numbers), 24)]
        out += ['};', f'static const uint16_t by_name_{struct.name}[] = {{ ' + ',\n    '.join(rows) + ' };']
    out += [f'const kz_schema {struct.table()} = {{', f'    .name = "{struct.name}",', f'    .title = {c_string(flat(struct.title))},',
            f'    .layout = UINT64_C(0x{service.layout:016x}),', f'    .size = sizeof({struct.name}),']
    if struct.fields:
        out.append(f'    .n_fields = {len(struct.fields)},')
    if struct.shape != 'OBJECT':
        out.append(f'    .shape = KZ_SHAPE_{struct.shape},')
    if struct.request:
        out.append('    .request = 1,')
    if struct.sealed:
        out.append('    .sealed = 1,')
    if struct.request:
        out += [f'    .extra_offset = offsetof({struct.name}, extra),', f'    .from_offset = offsetof({struct.name}, from),']
    if struct.tag:
        out.append(f'    .tag = {c_string(struct.tag)},')
    if struct.fields:
        out += [f'    .fields = fields_{struct.name},', f'    .by_name = by_name_{struct.name},']
    if struct.summary:
        out.append(f'    .summary = {c_long_string(flat(struct.summary), 8)},')
    return out + ['};', '']


def operation_parts(service, op):
    """What an operation points to."""
    out = []
    name = f'{service.c_name}_{op.c_name}'
    if op.aliases:
        out.append(_strings(f'aliases_of_{name}', op.aliases))
    if op.paging:
        moved = 'cursor' if op.paging['cursor'] else 'offset'
        out.append(f'static const kz_paging paging_of_{name} = {{ .{moved} = {c_string(op.paging[moved])}, '
                   f'.limit = {c_string(op.paging["limit"])}, .page_size = {op.paging["size"]} }};')
    return out


def operation_lines(service, op):
    name = f'{service.c_name}_{op.c_name}'
    out = [f'    {{ .name = {c_string(op.name)},']
    if op.aliases:
        out.append(f'      .aliases = aliases_of_{name},')
    if op.method:
        out.append(f'      .method = "{op.method}", .path = {c_string(op.path)},')
    out.append(f'      .params = &{op.params.table()},')
    if op.result:
        out.append(f'      .result = &{op.result.table()},')
    for key in ('body_name', 'base_setting', 'content_type', 'stream', 'text'):
        if getattr(op, key):
            out.append(f'      .{key} = {c_string(getattr(op, key))},')
    if op.body != 'NONE':
        out.append(f'      .body = KZ_BODY_{op.body},')
    out.append(f'      .answer = KZ_ANSWER_{op.answer},')
    if op.flags:
        out.append(f'      .flags = {" | ".join(op.flags)},')
    if op.flow:
        out.append(f'      .flow = {op.flow},')
    if op.paging:
        out.append(f'      .paging = &paging_of_{name},')
    out.append(f'      .summary = {c_long_string(shorten(op.summary, 400), 10)},')
    description = shorten('\n\n'.join(paragraphs(op.description)), 2500) if op.description else None
    if description and description != op.summary:
        out.append(f'      .description = {c_long_string(description, 10)},')
    out[-1] = out[-1].rstrip(',') + ' },'
    return out


def write_tables(service, header_name, internal_name):
    c = service.c_name
    what = (f'The tables of the documents "{service.name}", for kz_result_read() and the like.' if service.schemas else
            f'The tables of the service "{service.name}": what its operations send and what comes back, for the core to execute.')
    out = comment([f'{what} Made by kamiwaza-apigen from {flat(service.source)}: change that instead.'])
    out += [f'#include "{internal_name}"', '', '#include <stddef.h>', '']
    for struct in service.structs:
        out += schema_lines(service, struct)
    if service.schemas:
        return '\n'.join(line.rstrip() for line in out)
    for op in service.operations:
        out += operation_parts(service, op)
    out += ['', f'static const kz_operation kzt_{c}_operations[] = {{']
    for op in service.operations:
        out += operation_lines(service, op)
    out += ['};', '', f'static const kz_service_vtable kzt_{c}_vtable = {{', '    .size = sizeof(kz_service_vtable),',
            f'    .layout = UINT64_C(0x{service.layout:016x}),', f'    .operations = kzt_{c}_operations,',
            f'    .n_operations = {len(service.operations)},', f'    .title = {c_string(service.title)},']
    if service.summary:
        out.append(f'    .summary = {c_long_string(service.summary, 8)},')
    if service.state:
        out += [f'    .create = {service.state[0]},', f'    .destroy = {service.state[1]},']
    if service.locate:
        out += [f'    .locate = {service.locate[0]},', f'    .locate_by = {c_string(service.locate[1])},']
    if service.functions:
        out.append(f'    .functions = &{service.functions},')
    out += ['};', '', f'KZ_PLUGIN({c}) = {{', '    .abi_major = KZ_ABI_MAJOR,', '    .abi_minor = KZ_ABI_MINOR,',
            '    .size = sizeof(kz_plugin_descriptor),', '    .kind = KZ_PLUGIN_SERVICE,', f'    .name = "{service.name}",',
            f'    .version = {c_string(service.version)},', f'    .vtable = &kzt_{c}_vtable,', '};', '']
    return '\n'.join(line.rstrip() for line in out)


def write_internal(service, header_name):
    c = service.c_name
    guard = f'KZP_{c.upper()}_TABLES_H'
    what = (f'The tables of the documents "{service.name}", for kz_result_read() and the like.' if service.schemas else
            f'For the flows of the service "{service.name}": the tables of its structs, for kz_result_new() and the like, and the '
            'functions that the description expects to be written by hand.')
    out = comment([f'{what} Made by kamiwaza-apigen from {flat(service.source)}.'])
    out += [f'#ifndef {guard}', f'#define {guard}', '', f'#include <{header_name}>', '#include <kamiwaza/plugin.h>'] + ([f'#include <kamiwaza/{service.name}/functions.h>'] if service.functions else []) + ['',
            '#pragma GCC visibility push(hidden)', '']
    out += [f'extern const kz_schema {struct.table()};' for struct in service.structs] + ['']
    if service.state:
        out += comment(['The state of the service for one client: kz_service_vtable says how.'])
        out += [f'void *{service.state[0]}(kz_service *service, kz_error **error);', f'void {service.state[1]}(void *state);', '']
    if service.locate:
        out += comment(['Finds the server of a call: kz_locate says how.'])
        out += [f'kz_step {service.locate[0]}(kz_locate *step, kz_error **error);', '']
    if service.functions:
        out += comment(['What programs get by kz_service_function().']) + [f'extern const struct kz_{c}_functions {service.functions};', '']
    for op in service.operations:
        if op.flow:
            what = f'{op.result.name}' if op.result and not op.streams() else 'a stream of ' + op.result.name if op.result else 'any pointer that is not NULL'
            out += comment([f'{op.name}: {shorten(flat(op.summary), 200)} `params` is a {op.params.name}; returns {what}.'])
            out += [f'void *{op.flow}(kz_service *service, const void *params, kz_error **error);', '']
    out += ['#pragma GCC visibility pop', '#endif', '']
    return '\n'.join(line.rstrip() for line in out)
