"""Fuzzes kamiwaza-apigen, in TAP: descriptions that are known to be good are changed, as text and as trees, by a generator of
random numbers whose seed is said, so that a run can be repeated. Each gives C that compiles without a warning, or one line that says
file and place; never a traceback, never a file beside an error, and all of it in seconds. A description that breaks this is printed.

    apigen.py --source ROOT [--changes N] [--seed N] [--compile-every N] [DESCRIPTION...]"""

import argparse
import contextlib
import copy
import glob
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import yaml

WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror']
SECONDS = 20

ODD = [None, True, False, 0, -1, 1, 1.5, 10 ** 30, '', ' ', 'x', 'object', 'array', 'string', 'integer', 'null', 'uuid', '*', '%', '{}', '"', '\\',
       '*/', '??/', 'a\nb', '\u00e9', '#', '#/', '#/components', '#/components/schemas', '#/paths', 'other.yaml#/a', 'int', 'kz_x', 'x-kz-x',
       'application/json', 'text/event-stream', [], {}, [[]], [None], [{}], {'': {}}, {'$ref': '#'}, {'type': 'object'}, {'type': []},
       {'type': 'array'}, {'oneOf': []}, {'allOf': [{}]}, {'enum': []}, {'const': {}}, ['string', 'null'], 'a' * 300, 'default', 'while']


class Broken(Exception):
    pass


# ---- changes of trees

def places(tree):
    """Each container of a tree with each of its keys."""
    found, open_ones = [], [tree]
    while open_ones:
        one = open_ones.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], (dict, list)):
                open_ones.append(one[key])
    return found


def pointers(tree, at='#'):
    """A JSON pointer of each part."""
    yield at
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from pointers(value, f'{at}/{str(key).replace("~", "~0").replace("/", "~1")}')
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from pointers(value, f'{at}/{i}')


def change_tree(tree, chance):
    found = places(tree)
    if not found:
        return
    container, key = chance.choice(found)
    kind = chance.choice((0, 0, 1, 3, 3, 4, 4, 4, 5, 6, 7, 7))
    if kind == 0:
        del container[key]
    elif kind == 1:
        container[key] = copy.deepcopy(chance.choice(ODD))
    elif kind == 3 and isinstance(container, dict):
        other = chance.choice([k for _, k in found if isinstance(k, str)] + [str(each) for each in ODD])
        container[other] = container.pop(key)
    elif kind == 4:
        other, other_key = chance.choice(found)
        container[key] = copy.deepcopy(other[other_key])
    elif kind == 5:
        container[key] = {'$ref': chance.choice(list(pointers(tree)))}
    elif kind == 6 and isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    elif isinstance(container[key], str):
        text = container[key]
        at = chance.randrange(len(text) + 1)
        container[key] = text[:at] + chance.choice(['', '/', '{', '}', '.', '-', '_', '"', '\n', '*/', 'X', '9']) + text[at + chance.randrange(2):]
    else:
        container[key] = [container[key]]


# ---- changes of text

def change_text(text, chance):
    lines = text.split('\n')
    at = chance.randrange(len(lines))
    kind = chance.randrange(7)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[at])
    elif kind == 2:
        lines[at] = ' ' * chance.randrange(4) + lines[at]
    elif kind == 3:
        lines[at] = lines[at][chance.randrange(3):]
    elif kind == 4:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 5:
        del lines[at + 1:]
    else:
        place = chance.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:place] + chance.choice(list('\t:-[]{}#&*!|>\'"%@`,?0~\\') + ['\x00', '\u2028', '<<: ', '- ', '&a ', '*a']) + lines[at][place:]
    return '\n'.join(lines)


def changed(path, chance):
    """The text of a changed description, and how its file is to be named."""
    with open(path, encoding='utf-8') as stream:
        text = stream.read()
    if chance.randrange(3) == 0:
        for _ in range(chance.choice((1, 1, 2))):
            text = change_text(text, chance)
        return text, os.path.splitext(path)[1]
    tree = json.loads(text) if path.endswith('.json') else yaml.safe_load(text)
    tree = json.loads(json.dumps(tree, default=str))
    for _ in range(chance.choice((1, 1, 1, 1, 2, 3))):
        change_tree(tree, chance)
    return json.dumps(tree, indent=1), '.json'


def copy_others(path, folder):
    """What a description may refer to."""
    for other in glob.glob(os.path.join(os.path.dirname(path), '*.*')):
        if os.path.isfile(other) and other != path:
            shutil.copy(other, folder)


# ---- what must hold

def too_long(*_):
    raise Broken(f'it took more than {SECONDS} seconds')


class Fuzzer:
    def __init__(self, given):
        self.given = given
        self.chance = random.Random()
        sys.path.insert(0, os.path.join(given.source, 'tools', 'apigen'))
        sys.dont_write_bytecode = True
        from kamiwaza_apigen.program import main
        self.main = main
        signal.signal(signal.SIGALRM, too_long)
        self.refused, self.made, self.compiled, self.all_made = 0, 0, 0, 0

    def generate(self, path, folder):
        """What the program returns and says."""
        out, said = io.StringIO(), io.StringIO()
        signal.alarm(SECONDS)
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(out):
                status = self.main([path, '--service', 'probe', '--header', f'{folder}/kamiwaza/probe.h', '--tables', f'{folder}/tables.c',
                                    '--internal', f'{folder}/probe-tables.h', '--man', folder, '--areas', f'{folder}/kamiwaza/probe'])
        except Exception:
            raise Broken(traceback.format_exc()) from None
        finally:
            signal.alarm(0)
        if out.getvalue():
            raise Broken(f'standard output: {out.getvalue()}')
        return status, said.getvalue()

    def compile(self, folder):
        command = self.given.cc.split() + ['-std=c11', '-D_GNU_SOURCE', '-DKZ_BUILTIN_PLUGIN', f'-I{folder}',
                                           f'-I{self.given.source}/include', *WARNINGS, '-fsyntax-only', f'{folder}/tables.c']
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(done.stderr)
        self.compiled += 1

    def one(self, text, ending, folder):
        path = os.path.join(folder, 'description' + ending)
        with open(path, 'w', encoding='utf-8', errors='surrogatepass', newline='') as stream:
            stream.write(text)
        status, said = self.generate(path, folder)
        tables = os.path.exists(f'{folder}/tables.c')
        if status == 0:
            self.made += 1
            self.all_made += 1
            if not tables:
                raise Broken('no tables were written')
            if self.all_made % self.given.compile_every == 0:
                self.compile(folder)
        else:
            self.refused += 1
            if status != 1 or not re.fullmatch(r'[^\n]+: [^\n]+\n', said):
                raise Broken(f'status {status}, said: {said}')
            if tables:
                raise Broken('tables were written all the same')

    def description(self, path):
        """False when a change of it breaks what must hold."""
        self.refused, self.made, self.compiled = 0, 0, 0
        for number in range(self.given.changes):
            seed = f'{self.given.seed}/{number}'
            self.chance.seed(seed)
            text, ending = changed(path, self.chance)
            try:
                with tempfile.TemporaryDirectory() as folder:
                    copy_others(path, folder)
                    self.one(text, ending, folder)
            except Broken as failure:
                for line in [f'seed {seed}', *str(failure).splitlines()[-40:], *text.splitlines()]:
                    print(f'# {line}')
                return False
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--source', required=True, help='the root of the project')
    parser.add_argument('--cc', default='cc')
    parser.add_argument('--changes', type=int, default=50, help='how many of each description')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--compile-every', type=int, default=5, help='compile every n-th of what is made')
    parser.add_argument('descriptions', nargs='*')
    given = parser.parse_args()
    paths = given.descriptions or sorted(glob.glob(f'{given.source}/tests/apigen/cases/*/description.*') +
                                         [f'{given.source}/plugins/serving/serving.yaml', f'{given.source}/tests/kinds/kinds.yaml'])
    fuzzer = Fuzzer(given)
    failed = False
    for count, path in enumerate(paths, 1):
        fine = fuzzer.description(path)
        failed |= not fine
        print(f'{"ok" if fine else "not ok"} {count} {os.path.relpath(path, given.source)}: {fuzzer.refused} refused, {fuzzer.made} made, '
              f'{fuzzer.compiled} compiled', flush=True)
    print(f'1..{len(paths)}')
    return failed


if __name__ == '__main__':
    sys.exit(main())
