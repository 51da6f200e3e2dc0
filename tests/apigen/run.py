"""Proves kamiwaza-apigen, in TAP. cases/NAME holds a description (description.yaml or .json), a program test.c that includes
what is made of it and fails by its exit status, and perhaps `notices`: what standard error must hold. errors/*.yaml begin
with the line that is expected of them. Nothing is left behind and nothing is asked of a network."""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror']


class Failed(Exception):
    pass


def run(command, expect=0):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != expect:
        raise Failed(f'{" ".join(command)}\nexit {done.returncode}, not {expect}\n{done.stdout}{done.stderr}')
    return done


class Tests:
    def __init__(self, given):
        self.given = given
        self.here = os.path.dirname(os.path.realpath(__file__))
        self.include = os.path.join(given.source, 'include')
        self.count, self.failed = 0, 0

    def check(self, name, promise, *args):
        self.count += 1
        try:
            with tempfile.TemporaryDirectory() as folder:
                promise(folder, *args)
            print(f'ok {self.count} {name}')
        except Failed as failure:
            self.failed += 1
            print(f'not ok {self.count} {name}')
            for line in str(failure).splitlines()[:60]:
                print(f'# {line}')

    # ---- steps

    def generate(self, description, folder, service, *more):
        """Header and tables of a description; what was said on standard error."""
        return run([self.given.apigen, description, '--service', service, '--header', f'{folder}/kamiwaza/{service}.h', '--tables',
                    f'{folder}/tables.c', '--internal', f'{folder}/{service}-tables.h', '--man', folder, '--areas',
                    f'{folder}/kamiwaza/{service}', *more]).stderr

    def compile_c(self, folder, *sources, output):
        command = self.given.cc.split() + ['-std=c11', '-D_GNU_SOURCE', '-DKZ_BUILTIN_PLUGIN', f'-I{folder}', f'-I{self.include}',
                                           f'-I{self.here}', *WARNINGS]
        last = ['-o', output] if output else ['-fsyntax-only']
        run(command + list(sources) + last)

    def compile_cxx(self, folder, service):
        if self.given.cxx:
            source = f'{folder}/header.cpp'
            with open(source, 'w', encoding='utf-8') as stream:
                stream.write(f'#include <kamiwaza/{service}.h>\nint main() {{ return 0; }}\n')
            run([self.given.cxx, '-std=c++17', f'-I{folder}', f'-I{self.include}', *WARNINGS, '-fsyntax-only', source])

    # ---- promises

    def case(self, folder, name):
        source = os.path.join(self.here, 'cases', name)
        [description] = glob.glob(os.path.join(source, 'description.*'))
        said = self.generate(description, folder, 'probe')
        wanted = os.path.join(source, 'notices')
        if os.path.exists(wanted):
            with open(wanted, encoding='utf-8') as stream:
                expected = stream.read()
            if said.replace(source + '/', '') != expected:
                raise Failed(f'standard error:\n{said}expected:\n{expected}')
        elif said:
            raise Failed(f'standard error:\n{said}expected: nothing')
        program = f'{folder}/test'
        self.compile_c(folder, f'{source}/test.c', f'{folder}/tables.c', f'{self.given.source}/core/core_schemas.c', output=program)
        self.compile_cxx(folder, 'probe')
        run([program])

    def error(self, folder, path):
        with open(path, encoding='utf-8') as stream:
            expected = stream.readline()[1:].strip().replace('PATH', path)
        header = f'{folder}/kamiwaza/probe.h'
        said = run([self.given.apigen, path, '--service', 'probe', '--header', header], expect=1).stderr
        if said != f'{path}:{expected}\n':
            raise Failed(f'said:     {said}expected: {path}:{expected}')
        if os.path.exists(header):
            raise Failed('a header was written all the same')

    def deterministic(self, folder, description):
        texts = []
        for seed in ('1', '2'):
            os.environ['PYTHONHASHSEED'] = seed
            part = os.path.join(folder, seed)
            self.generate(description, part, 'probe')
            found = sorted(glob.glob(f'{part}/**/*', recursive=True))
            texts.append([open(each, encoding='utf-8').read() for each in found if os.path.isfile(each)])
        if texts[0] != texts[1] or len(texts[0]) != 4:
            raise Failed('two runs differ')

    def own_plugin(self, folder, path):
        service = os.path.basename(path)[:-5]
        said = self.generate(path, folder, service)
        if said:
            raise Failed(f'notices:\n{said}')
        self.compile_c(folder, f'{folder}/tables.c', output=None)
        self.compile_cxx(folder, service)

    def together(self, folder, paths):
        """The headers of all services clash in nothing."""
        with open(f'{folder}/all.c', 'w', encoding='utf-8') as stream:
            for path in paths:
                service = os.path.basename(path)[:-5]
                self.generate(path, folder, service)
                stream.write(f'#include <kamiwaza/{service}.h>\n')
            stream.write('int main(void)\n{\n    return 0;\n}\n')
        self.compile_c(folder, f'{folder}/all.c', output=None)

    def names_of_the_core(self, _):
        """Every identifier of the public headers is reserved."""
        sys.path.insert(0, os.path.join(self.given.source, 'tools', 'apigen'))
        sys.dont_write_bytecode = True
        from kamiwaza_apigen import names
        missing = set()
        for path in glob.glob(f'{self.include}/kamiwaza/*.h'):
            with open(path, encoding='utf-8') as stream:
                text = re.sub(r'/\*.*?\*/', '', stream.read(), flags=re.S)
            missing |= {word for word in re.findall(r'\bkz_[a-z0-9_]+\b', text) if not names.is_core(word)}
            missing |= {word for word in re.findall(r'\bKZ_[A-Z0-9_]+\b', text) if not word.startswith(names.CORE_MACROS)}
        if missing:
            raise Failed(f'not reserved: {", ".join(sorted(missing))}')

    def documented(self, _):
        """Every extension that is known is explained."""
        sys.path.insert(0, os.path.join(self.given.source, 'tools', 'apigen'))
        from kamiwaza_apigen.extensions import KNOWN
        with open(os.path.join(self.given.source, 'docs', 'apigen.md'), encoding='utf-8') as stream:
            text = stream.read()
        missing = [each for each in KNOWN if f'`{each}`' not in text]
        if missing:
            raise Failed(f'not explained: {", ".join(missing)}')

    def all(self):
        cases = sorted(os.listdir(os.path.join(self.here, 'cases')))
        for name in cases:
            self.check(f'/apigen/{name}', self.case, name)
        for path in sorted(glob.glob(os.path.join(self.here, 'errors', '*.yaml'))):
            self.check(f'/apigen/refuses/{os.path.basename(path)[:-5]}', self.error, path)
        plugins = sorted(each for each in glob.glob(f'{self.given.source}/plugins/*/*.yaml')
                         if os.path.basename(each)[:-5] == os.path.basename(os.path.dirname(each)))
        for path in plugins:
            self.check(f'/apigen/plugin-{os.path.basename(path)[:-5]}-compiles-without-a-notice', self.own_plugin, path)
        self.check('/apigen/headers-of-all-plugins-go-together', self.together, plugins)
        self.check('/apigen/two-runs-are-equal', self.deterministic, os.path.join(self.here, 'cases', 'names-clash', 'description.yaml'))
        self.check('/apigen/names-of-the-core-are-reserved', self.names_of_the_core)
        self.check('/apigen/every-extension-is-documented', self.documented)
        print(f'1..{self.count}')
        return 1 if self.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--apigen', required=True)
    parser.add_argument('--source', required=True, help='the root of the project')
    parser.add_argument('--cc', default='cc')
    parser.add_argument('--cxx')
    return Tests(parser.parse_args()).all()


sys.exit(main())
