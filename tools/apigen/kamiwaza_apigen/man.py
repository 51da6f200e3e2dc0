"""Writes one manual page per service (section 3): how to reach it, each operation with its verb, path and arguments."""

from .header import limits, returns
from .text import flat, paragraphs, shorten, stop


def roff(text):
    """Text that roff shows as it is."""
    text = flat(text).replace('\\', '\\e').replace('-', '\\-')
    return '\\&' + text if text[:1] in ".'" else text


def argument_lines(field):
    out = ['.TP', f'.RI "{roff(field.declaration(True).rsplit(field.c_name, 1)[0]).strip()} " {roff(field.c_name)}']
    words = [stop(shorten(flat(field.summary), 300))] if field.summary else []
    if field.has('KZ_FIELD_REQUIRED'):
        words.append('Required.')
    if field.name != field.c_name:
        words.append(f'Named "{field.name}" outside of C.')
    if field.check and field.check.values:
        shown = ', '.join(f'"{value}"' for value in field.check.values[:12])
        words.append(f'Known values: {shown}{" and more" if len(field.check.values) > 12 else ""}.')
    words += limits(field.check)
    if field.fallback and len(field.fallback) < 60:
        words.append(f'Default: {field.fallback}.')
    return out + [roff(' '.join(words)) if words else '\\&']


def operation_lines(service, op):
    if op.answer == 'NOTHING':
        kind = 'bool '
    else:
        kind = 'kz_stream *' if op.streams() else f'{op.result.name} *'
    out = [f'.SS "{roff(op.name)}"', '.nf', f'.BI "{roff(kind)}{op.function}({service.handle} *" service ", const {op.params.name} *" params ,',
           '.BI "    kz_error **" error );', '.fi', '.PP', roff(stop(shorten(flat(op.summary), 400)))]
    for part in paragraphs(op.description):
        if part != flat(op.summary):
            out += ['.PP', roff(shorten(part, 1500))]
    out += ['.PP', f'.B {op.method} {roff(op.path)}' if op.method else 'A flow of several requests.']
    if op.aliases:
        out += ['.PP', roff(f'By name also: {", ".join(op.aliases)}.')]
    if op.params.fields:
        out += ['.PP', 'Arguments:']
        for field in op.params.fields:
            out += argument_lines(field)
    out += ['.PP', roff(returns(op))]
    if op.paging:
        out += ['.PP', f'.BR {op.function}_each ()', 'streams the items of all pages.']
    return out


def write_man(service):
    title = f'kamiwaza-{service.name}'
    first = shorten(flat(service.summary or service.title), 120).rstrip('.')
    out = [f'.TH {roff(title.upper())} 3 "" "{roff(service.title)} {roff(service.version)}" "libkamiwaza"', '.SH NAME',
           f'{roff(title)} \\- {roff(first)}', '.SH SYNOPSIS', '.nf', f'.B #include <kamiwaza/{roff(service.name)}.h>', '.PP',
           f'.BI "{service.handle} *kz_client_{service.c_name}(kz_client *" client ", kz_error **" error );', '.fi', '.SH DESCRIPTION',
           roff(stop(service.summary or service.title)), '.PP',
           roff('Each function takes a handle of the service, a struct of arguments (members that are zero are not given; NULL gives '
                'none) and a slot for the error; what it returns is released with kz_free(), streams with kz_stream_close().'),
           '.SH OPERATIONS']
    for op in service.operations:
        out += operation_lines(service, op)
    out += ['.SH "SEE ALSO"', '.BR kamiwaza (1)', '']
    return '\n'.join(out)
