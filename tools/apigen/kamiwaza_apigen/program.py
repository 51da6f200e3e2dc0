"""The command: reads the options, runs the steps, writes the files. Nothing is written when the description is wrong."""

import argparse
import os
import re
import sys

from . import names
from .errors import DescriptionError, Notices
from .extensions import check_extensions
from .header import write_areas, write_header
from .man import write_man
from .operations import make_service
from .resolve import Documents, Resolver
from .tables import write_internal, write_tables
from .types import Types


def options(arguments):
    parser = argparse.ArgumentParser(
        prog='kamiwaza-apigen', description='Turns an OpenAPI 3.0 or 3.1 description (YAML or JSON) into a service of libkamiwaza: '
        'a header, the tables of its plugin, a manual page.')
    parser.add_argument('input', metavar='DESCRIPTION')
    parser.add_argument('--service', metavar='NAME', help='name of the service; else what x-kz-service says')
    parser.add_argument('--header', metavar='FILE', help='the public header, such as kamiwaza/NAME.h')
    parser.add_argument('--areas', metavar='DIR', help='a folder for the headers of areas, such as kamiwaza/NAME')
    parser.add_argument('--tables', metavar='FILE', help='the tables of the plugin, C')
    parser.add_argument('--internal', metavar='FILE', help='the header that the tables and hand-written flows include')
    parser.add_argument('--man', metavar='DIR', help='a folder for kamiwaza-NAME.3')
    parser.add_argument('--name-prefix', metavar='PREFIX', default='', help='begins the C names of schemas, such as acme_')
    parser.add_argument('--quiet', action='store_true', help='no notices')
    return parser.parse_args(arguments)


def service_name(given, root, path):
    name = given if given is not None else root.get('x-kz-service')
    if not isinstance(name, str):
        raise DescriptionError(f'{path}:1: #', 'the service has no name: give --service or x-kz-service')
    where = '--service' if given is not None else root.where('x-kz-service')
    if not re.fullmatch(r'[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)?', name):
        raise DescriptionError(where, f'"{name}" is no name of a service: a-z, 0-9 and -, an extension NAME.NAME')
    c_name = 'kz_' + re.sub(r'[-.]', '_', name)
    if names.is_core(c_name) or names.is_core(c_name + '_'):
        raise DescriptionError(where, f'"{name}" would clash with names of the core')
    return name


def check_version(root):
    version = root.get('openapi')
    if not isinstance(version, str) or not re.match(r'3\.[012](\.|$)', version):
        what = f'"{version}"' if version is not None else 'not given'
        raise DescriptionError(root.where('openapi') if version is not None else root.where(),
                               f'an OpenAPI description of version 3.0 or 3.1 is expected; `openapi` is {what}')


def include_name(path, service):
    """How the header is included: from its folder `kamiwaza` on."""
    parts = path.replace('\\', '/').split('/')
    return '/'.join(parts[-2:]) if len(parts) > 1 and parts[-2] == 'kamiwaza' else f'kamiwaza/{service}.h'


def save(path, text):
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with open(path, 'w', encoding='utf-8', newline='\n') as stream:
        stream.write(text)


def generate(given, notices):
    documents = Documents(given.input)
    check_version(documents.root)
    for tree in list(documents.files.values()):
        check_extensions(tree)
    name = service_name(given.service, documents.root, given.input)
    prefix = given.name_prefix or documents.root.get('x-kz-type-prefix', '')
    if prefix and (not isinstance(prefix, str) or not re.fullmatch(r'[a-z][a-z0-9_]*', prefix)):
        raise DescriptionError('--name-prefix' if given.name_prefix else documents.root.where('x-kz-type-prefix'), 'a-z, 0-9 and _')
    types = Types(Resolver(documents), notices, re.sub(r'[-.]', '_', name), prefix)
    return make_service(documents, types, notices, name)


def main(arguments=None):
    given = options(arguments)
    sys.setrecursionlimit(20000)
    notices = Notices()
    try:
        service = generate(given, notices)
        header = include_name(given.header or '', service.name)
        internal = given.internal or f'{service.name}-tables.h'
        for path, make in ((given.header, lambda: write_header(service)),
                           (given.internal, lambda: write_internal(service, header)),
                           (given.tables, lambda: write_tables(service, header, os.path.basename(internal))),
                           (os.path.join(given.man, f'kamiwaza-{service.name}.3') if given.man else None, lambda: write_man(service))):
            if path:
                save(path, make())
        if given.areas and service.areas:
            for area, text in write_areas(service):
                save(os.path.join(given.areas, f'{area}.h'), text)
    except DescriptionError as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as failure:
        print(f'{failure.filename}: {failure.strerror}', file=sys.stderr)
        return 1
    if not given.quiet:
        for line in notices.lines:
            print(line, file=sys.stderr)
    return 0
