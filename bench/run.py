#!/usr/bin/env python3
"""Runs the benchmark and prints its table: run.py BUILD_FOLDER [--npm FOLDER] [--runs N] [--only WHAT] [--quick] [--check]
[--instructions]. Within a run the clients take turns, slice by slice (hand, ours, hand, ours ...), each slice a process of its
own; what a run says is the median of the ratios of its slices, so that what disturbs the machine for a while disturbs both."""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

STREAMS, CHUNKS, FILE = 1000, 100, 1 << 30
RUNS, NPM_SLICES = 5, 1
FAR = 2  # how far outside of its goal a ratio must be for --check to fail: a machine with other work varies


class Measure:
    """What is measured: the server's path, how many items a slice has and how many with --quick, slices of a run, and the rows
    of the table that come of one slice: name -> (title, unit, value of a result, goal)."""

    def __init__(self, name, path, count, quick, slices, rows, npm=False, external=False, curl=False, spread=False):
        self.name, self.path, self.count, self.quick, self.slices, self.rows = name, path, count, quick, slices, rows
        self.npm, self.external, self.curl, self.spread = npm, external, curl, spread


def cpu(scale):
    return lambda r: (r['user'] + r['system']) / r['n'] * scale


def wall(scale):
    return lambda r: r['wall'] / r['n'] * scale


MEASURES = [
    Measure('items', 'items/20000', 60000, 20000, 5, {
        'items': ('a stream item of 230 bytes', 'µs CPU', cpu(1e6), 0.6),
        'items wall': ('', 'µs', wall(1e6), None)}, npm=True),
    Measure('calls', 'call', 3000, 1000, 9, {
        'calls': ('a plain call', 'µs CPU', cpu(1e6), 1.1),
        'calls wall': ('', 'µs', wall(1e6), None),
        'calls peak': ('', 'MiB at most', lambda r: r.get('peak', 0) / 1024, None)}, npm=True),
    Measure('allocations', 'call', 1000, 500, 1, {
        'allocations': ('', 'allocations', lambda r: r['allocations'] / r['n'], None)}),
    Measure('threads', 'call', 8000, 4000, 9, {
        'threads': ('8 threads on one client', 'calls a second', lambda r: r['n'] / r['wall'], 0.95)}, spread=True),
    Measure('models', 'models/10000', 1, 1, 7, {
        'models': ('a list of 10,000 models', 'ms CPU', cpu(1e3), 0.6),
        'models wall': ('', 'ms', wall(1e3), None),
        'models memory': ('', 'MiB for it', lambda r: r['memory'] / 1024, 0.5)}),
    Measure('decode', 'models/10000', 3, 1, 7, {
        'decode': ('its text read, without the network', 'ms CPU', cpu(1e3), 0.7)}),
    Measure('embeddings', 'embeddings/2048x1536', 2048 * 1536, 2048 * 1536, 3, {
        'embeddings': ('embeddings of 2,048 × 1,536', 'ms CPU', lambda r: (r['user'] + r['system']) * 1e3, 0.5),
        'embeddings wall': ('', 'ms', lambda r: r['wall'] * 1e3, None),
        'embeddings memory': ('', 'MiB for it', lambda r: r['memory'] / 1024, None)}, npm=True),
    Measure('together', f'together/{STREAMS}/{CHUNKS}/20000', STREAMS, STREAMS, 3, {
        'together': (f'an item among {STREAMS:,} streams', 'µs CPU', cpu(1e6), 1.0),
        'together memory': ('', 'KiB a stream', lambda r: r['memory'] / STREAMS, 1.2)}, npm=True),
    Measure('latency', 'paced/4000/100', 4000, 2000, 3, {
        'latency': ('last byte of a chunk to its item', 'µs', lambda r: r['median'] / 1e3, None),
        'latency p99': ('', 'µs, 99th of 100', lambda r: r['p99'] / 1e3, None)}, npm=True),
    Measure('start', 'models/2', 10, 5, 9, {
        'start': ('start to the first answer', 'ms CPU', cpu(1e3), 1.25),
        'start wall': ('', 'ms', wall(1e3), 1.25),
        'rest': ('resident memory at rest', 'MiB', lambda r: r['memory'] / 1024, None)}, external=True),
    Measure('download', f'file/{FILE}', FILE, FILE // 8, 3, {
        'download': ('1 GiB to a file', 'MiB a second', lambda r: r['n'] / r['wall'] / (1 << 20), None),
        'download cpu': ('', 's CPU', cpu(FILE), None),
        'download peak': ('', 'MiB at most', lambda r: r.get('peak', 0) / 1024, None)}, external=True, curl=True),
]
MORE = {'rest': 1.0}  # goals that are not a ratio: what ours may have more of, in the row's unit
HIGHER = {'threads': 0.95, 'download': 0.98}  # goals where more is better; of the download against the curl command


def spawn(arguments, environment):
    """A process from its start to its end: (its output, CPU seconds, wall seconds)."""
    reading, writing = os.pipe()
    began = time.monotonic()
    pid = os.posix_spawnp(arguments[0], arguments, environment, file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)])
    os.close(writing)
    with os.fdopen(reading) as output:
        text = output.read()
    _, status, usage = os.wait4(pid, 0)
    took = time.monotonic() - began
    if status:
        sys.exit(f'{" ".join(arguments)} failed')
    return text, usage.ru_utime, usage.ru_stime, took


def say(what):
    """How far it is, to whoever watches."""
    if sys.stderr.isatty():
        print(f'\r{what:<40}\r', end='', file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = os.path.join(options.folder, 'bench')
        self.sides = {side: [os.path.join(self.folder, f'bench-{side}')] for side in ('hand', 'ours')}
        self.sides['curl'] = ['curl', '--silent', '--fail', '--output']
        if options.npm and shutil.which('node'):
            os.environ['BENCH_NPM'] = options.npm
            self.sides['npm'] = ['node', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'openai.mjs')]
        for name in list(os.environ):
            if name.startswith('KAMIWAZA_') or name.lower().endswith('_proxy'):
                del os.environ[name]
        self.cpus = os.sched_getaffinity(0)
        self.rows = {}  # row -> side -> values of all slices, row -> 'ratio' -> one for each run

    def start_server(self):
        self.server = subprocess.Popen([os.path.join(self.folder, 'bench-server')], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
        if len(self.cpus) > 1:
            os.sched_setaffinity(self.server.pid, {max(self.cpus)})
        self.url = 'http://127.0.0.1:' + self.server.stdout.readline().strip()

    def stop_server(self):
        self.server.stdin.close()
        self.server.wait(10)

    def sides_of(self, measure):
        return [s for s in ('hand', 'ours', 'curl', 'npm')
                if s in self.sides and (s != 'npm' or measure.npm) and (s != 'curl' or measure.curl)]

    def slice(self, measure, side, count):
        """One process, or for what is measured from the outside and takes no time, several."""
        url = f'{self.url}/{measure.path.replace(str(FILE), str(count))}'
        environment = dict(os.environ)
        name, times = measure.name, 1
        if name == 'allocations':
            name, environment['LD_PRELOAD'] = 'calls', os.path.join(self.folder, 'bench-allocations.so')
        if name == 'start':
            times, count = count, 1
        target = None
        if name == 'download':
            target = environment['BENCH_FILE'] = os.path.join(self.target_folder(), f'bench-{os.getpid()}')
        command = [*self.sides[side], target, url] if side == 'curl' else [*self.sides[side], name, url, str(count)]
        spread = measure.spread or len(self.cpus) == 1
        os.sched_setaffinity(0, self.cpus if spread else self.cpus - {max(self.cpus)})
        runs = [spawn(command, environment) for _ in range(times)]
        if target:
            os.unlink(target)
        result = json.loads(runs[0][0]) if runs[0][0] else {'n': count}
        if measure.external:
            result.update(n=result['n'] * times, user=sum(r[1] for r in runs), system=sum(r[2] for r in runs),
                          wall=sum(r[3] for r in runs))
        return result

    @staticmethod
    def target_folder():
        """Memory rather than a disk, where there is room: what is measured is the client."""
        shared = '/dev/shm'
        return shared if os.path.isdir(shared) and shutil.disk_usage(shared).free > 2 * FILE else os.environ.get('TMPDIR', '/tmp')

    def run(self, measure, number):
        quick = self.options.quick
        count, ratios = measure.quick if quick else measure.count, {}
        for i in range(3 if quick and measure.slices > 1 else measure.slices):
            got = {}
            sides = self.sides_of(measure)
            for side in sides if i % 2 == 0 else reversed(sides):  # nobody is always the first
                if side == 'npm' and (number or i >= NPM_SLICES):
                    continue
                say(f'{measure.name} {number + 1}.{i + 1} {side}')
                got[side] = self.slice(measure, side, count)
            for row, (_, _, value, _) in measure.rows.items():
                values = {side: value(result) for side, result in got.items()}
                for side, v in values.items():
                    self.rows.setdefault(row, {}).setdefault(side, []).append(v)
                for other in ('hand', 'curl'):
                    if values.get(other):
                        ratios.setdefault((row, other), []).append(
                            values['ours'] - values[other] if row in MORE else values['ours'] / values[other])
        for (row, other), values in ratios.items():
            self.rows[row].setdefault('ratio ' + other, []).append(statistics.median(values))

    def all(self):
        chosen = [m for m in MEASURES if not self.options.only or m.name in self.options.only]
        self.start_server()
        try:
            for measure in chosen:
                if measure.path.split('/')[0] in ('embeddings', 'models'):  # the server makes its answer now
                    urllib.request.urlopen(f'{self.url}/{measure.path}/').read()
                for number in range(1 if self.options.quick else self.options.runs):
                    self.run(measure, number)
            say('')
        finally:
            self.stop_server()
        return chosen


def number(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.2f}'


def spread(values, sign=''):
    return ' '.join(f'{v:{sign}.2f}' for v in (min(values), statistics.median(values), max(values)))


def goal_of(row, goal):
    if row in MORE:
        return f'≤ {MORE[row]:+.2f}'
    return f'≥ {HIGHER[row]:.2f}' if row in HIGHER else '' if goal is None else f'≤ {goal:.2f}'


def print_table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for i, line in enumerate(lines):
        print('| ' + ' | '.join(c.ljust(w) if j < 2 else c.rjust(w) for j, (c, w) in enumerate(zip(line, widths))) + ' |')
        if not i:
            print('|' + '|'.join('-' * (w + 1) + (':' if j > 1 else '-') for j, w in enumerate(widths)) + '|')


def table(bench, chosen):
    npm = 'npm' in bench.sides and any(m.npm for m in chosen)
    lines = [['', 'unit', 'hand', 'ours', 'ours : hand, min med max', 'goal', *(['npm', 'npm : ours'] if npm else [])]]
    for measure in chosen:
        for row, (title, unit, _, goal) in measure.rows.items():
            values = bench.rows[row]
            middle = {side: statistics.median(v) for side, v in values.items() if v}
            line = [title, unit, number(middle['hand']), number(middle['ours']),
                    spread(values['ratio hand'], '+' if row in MORE else ''), '' if row == 'download' else goal_of(row, goal)]
            if npm:
                line += [number(middle['npm']), f"{middle['npm'] / middle['ours']:.1f}"] if 'npm' in middle else ['', '']
            lines.append(line)
            if 'ratio curl' in values:
                lines.append(['— against the command curl', unit, number(middle['curl']), number(middle['ours']),
                              spread(values['ratio curl']), goal_of(row, goal), *(['', ''] if npm else [])])
    print_table(lines)


def far_outside(bench, chosen):
    """The rows whose ratio misses its goal by far."""
    for measure in chosen:
        for row, (_, _, _, goal) in measure.rows.items():
            ratio = statistics.median(bench.rows[row]['ratio curl' if row == 'download' else 'ratio hand'])
            if row in MORE and ratio > MORE[row] * FAR:
                yield f'{row}: {ratio:+.2f}, far above its goal of {MORE[row]:+.2f}'
            if row in HIGHER and ratio < HIGHER[row] / FAR:
                yield f'{row}: {ratio:.2f}, far below its goal of {HIGHER[row]:.2f}'
            if row not in HIGHER and goal and ratio > goal * FAR:
                yield f'{row}: {ratio:.2f}, far above its goal of {goal:.2f}'


# What callgrind counts: title, WHAT of each side, the server's path, and two counts whose difference is what is looked at.
COUNTED = [
    ('a stream item of 230 bytes', ('hand', 'items'), ('ours', 'items'), 'items/2000', 4000, 12000),
    ('a plain call', ('hand', 'calls'), ('ours', 'calls'), 'call', 200, 1200),
    ('a list of 1,000 models', ('hand', 'models'), ('ours', 'models'), 'models/1000', 2, 12),
    ('its text read, without the network', ('hand', 'decode'), ('ours', 'decode'), 'models/1000', 2, 12),
    ('a call with a token in force : without', ('ours', 'unsigned'), ('ours', 'authorised'), 'call', 200, 1200),
    ('a call with a token in force : the same header by hand', ('ours', 'headed'), ('ours', 'authorised'), 'call', 200, 1200),
]


def instructions(bench, side, path, low, high):
    """Instructions of one item, in user space."""
    def count(n):
        command = ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', *bench.sides[side[0]], side[1],
                   f'{bench.url}/{path}', str(n)]
        said = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
        return int(re.search(r'Collected : (\d+)', said).group(1))
    return (count(high) - count(low)) / (high - low)


def count_instructions(bench):
    lines = [['', 'unit', 'hand', 'ours', 'ratio']]
    bench.start_server()
    try:
        for title, first, second, path, low, high in COUNTED:
            say(title)
            a, b = (instructions(bench, side, path, low, high) for side in (first, second))
            lines.append([title, 'instructions', number(a), number(b), f'{b / a:.3f}'])
        say('')
    finally:
        bench.stop_server()
    print_table(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder')
    parser.add_argument('--npm', help='folder with node_modules/openai')
    parser.add_argument('--runs', type=int, default=RUNS)
    parser.add_argument('--only', action='append', choices=[m.name for m in MEASURES])
    parser.add_argument('--quick', action='store_true', help='one short run of each')
    parser.add_argument('--check', action='store_true', help='fails where a ratio is far outside of its goal')
    parser.add_argument('--instructions', action='store_true', help='counts instructions instead, by valgrind: the same each time')
    options = parser.parse_args()
    bench = Bench(options)
    if options.instructions:
        return count_instructions(bench)
    chosen = bench.all()
    table(bench, chosen)
    if not options.quick:
        print(f'\n{options.runs} runs. Load of the machine at the end: {os.getloadavg()[0]:.2f} on {len(bench.cpus)} processors.')
    wrong = list(far_outside(bench, chosen)) if options.check else []
    print('\n'.join(wrong), file=sys.stderr, end='\n' if wrong else '')
    return bool(wrong)


if __name__ == '__main__':
    sys.exit(main())
