#!/usr/bin/env python3
"""Runs the benchmark and prints its table: run.py BUILD_FOLDER [--npm FOLDER] [--rounds N] [--only WHAT] [--quick]. The clients
take turns (hand, ours, hand, ours ...), each run a process of its own; figures are medians over the rounds, ratios medians of
the ratios within each round, so that what disturbs the machine for a while disturbs both."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import urllib.request

STREAMS, CHUNKS = 1000, 100


class Measure:
    def __init__(self, name, title, path, count, quick, unit='µs CPU', scale=1e6):
        self.name, self.title, self.path, self.count, self.quick = name, title, path, count, quick
        self.unit, self.scale = unit, scale


MEASURES = [
    Measure('items', 'stream item', 'items/20000', 200000, 20000),
    Measure('calls', 'plain call', 'call', 10000, 1000),
    Measure('embeddings', 'embeddings, 2,048 × 1,536 numbers', 'embeddings/2048x1536', 2048 * 1536, 2048 * 1536, 'ms CPU', 1e3),
    Measure('together', f'item of {STREAMS:,} streams at once', f'together/{STREAMS}/{CHUNKS}/20000', STREAMS, STREAMS),
    Measure('latency', 'last byte of a chunk to item', 'paced/4000/100', 4000, 2000),
]
GOALS = {'items': 0.6, 'calls': 1.1, 'embeddings': 0.5, 'together': 1.0, 'memory': 1.2}


def run(command, measure, url, quick, cpus):
    count = measure.quick if quick else measure.count
    pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    done = subprocess.run([*command, measure.name, f'{url}/{measure.path}', str(count)], stdout=subprocess.PIPE, text=True,
                          timeout=600, preexec_fn=pin)
    if done.returncode:
        sys.exit(f'{" ".join(command)} {measure.name} failed')
    return json.loads(done.stdout)


def figures(measure, result):
    """What one run says: name of the row -> (value, unit)."""
    cpu = result['user'] + result['system']
    if measure.name == 'latency':
        return {'latency': result['median'] / 1e3, 'latency p99': result['p99'] / 1e3}
    if measure.name == 'embeddings':
        return {'embeddings': cpu * 1e3, 'embeddings wall': result['wall'] * 1e3, 'embeddings memory': result['memory'] / 1024}
    rows = {measure.name: cpu / result['n'] * 1e6}
    if measure.name == 'together':
        rows['memory'] = result['memory'] / STREAMS
    else:
        rows[measure.name + ' wall'] = result['wall'] / result['n'] * 1e6
    return rows


TITLES = {
    'items': ('a stream item of 230 bytes', 'µs CPU'), 'items wall': ('', 'µs'),
    'calls': ('a plain call', 'µs CPU'), 'calls wall': ('', 'µs'),
    'embeddings': ('embeddings of 2,048 × 1,536', 'ms CPU'), 'embeddings wall': ('', 'ms'), 'embeddings memory': ('', 'MiB at most'),
    'together': (f'an item among {STREAMS:,} streams', 'µs CPU'), 'memory': ('', 'KiB a stream'),
    'latency': ('last byte of a chunk to its item', 'µs'), 'latency p99': ('', 'µs, 99th of 100'),
}


def median_ratio(a, b):
    return statistics.median(x / y for x, y in zip(a, b))


def number(value):
    return f'{value:.2f}' if value < 100 else f'{value:,.0f}'


def table(rows, sides):
    columns = ['', 'unit', *sides, 'ours : hand', 'goal', *(['npm : ours'] if 'npm' in sides else [])]
    lines = [columns]
    for row, values in rows.items():
        title, unit = TITLES[row]
        line = [title, unit, *(number(statistics.median(values[s])) if s in values else '' for s in sides)]
        line.append(f"{median_ratio(values['ours'], values['hand']):.2f}")
        line.append(f'≤ {GOALS[row]:.2f}' if row in GOALS else '')
        if 'npm' in sides:
            line.append(f"{statistics.median(values['npm']) / statistics.median(values['ours']):.1f}" if 'npm' in values else '')
        lines.append(line)
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for i, line in enumerate(lines):
        print('| ' + ' | '.join(c.ljust(w) if j < 2 else c.rjust(w) for j, (c, w) in enumerate(zip(line, widths))) + ' |')
        if not i:
            print('|' + '|'.join('-' * (w + 1) + (':' if j > 1 else '-') for j, w in enumerate(widths)) + '|')


def noise(rows):
    """How far apart the runs of the hand-written client lie: half the distance of the quartiles, of the median."""
    worst = []
    for row in ('items', 'calls', 'embeddings', 'together'):
        values = rows.get(row, {}).get('hand', [])
        if len(values) >= 4:
            low, middle, high = statistics.quantiles(values, n=4)
            worst.append(f'{row} ±{(high - low) / 2 / middle * 100:.1f} %')
    return ', '.join(worst)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder')
    parser.add_argument('--npm', help='folder with node_modules/openai')
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--only', action='append')
    parser.add_argument('--quick', action='store_true', help='few and short runs, to see that it works')
    options = parser.parse_args()
    bench = os.path.join(options.folder, 'bench')
    sides = {'hand': [os.path.join(bench, 'bench-hand')], 'ours': [os.path.join(bench, 'bench-ours')]}
    if options.npm and shutil.which('node'):
        os.environ['BENCH_NPM'] = options.npm
        sides['npm'] = ['node', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'openai.mjs')]
    rounds = 1 if options.quick else options.rounds
    cpus = sorted(os.sched_getaffinity(0))
    for name in list(os.environ):
        if name.startswith('KAMIWAZA_') or name.lower().endswith('_proxy'):
            del os.environ[name]

    server = subprocess.Popen([os.path.join(bench, 'bench-server')], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if len(cpus) > 1:
        os.sched_setaffinity(server.pid, {cpus[-1]})
    url = 'http://127.0.0.1:' + server.stdout.readline().strip()
    rows = {}
    try:
        for measure in MEASURES:
            if options.only and measure.name not in options.only:
                continue
            if measure.name == 'embeddings':  # the server makes its answer now
                urllib.request.urlopen(f'{url}/{measure.path}/').read()
            for i in range(rounds):
                for side, command in sides.items():
                    if side == 'npm' and i >= 3:
                        continue
                    print(f'\r{measure.name} {i + 1}/{rounds} {side}   ', end='', file=sys.stderr, flush=True)
                    result = run(command, measure, url, options.quick, set(cpus[:-1]) if len(cpus) > 1 else None)
                    for row, value in figures(measure, result).items():
                        rows.setdefault(row, {}).setdefault(side, []).append(value)
        print('\r' + ' ' * 40 + '\r', end='', file=sys.stderr)
    finally:
        server.stdin.close()
        server.wait(10)
    table(rows, sides)
    if not options.quick:
        print(f'\n{rounds} rounds, medians. Spread of the hand-written runs (half the distance of the quartiles): {noise(rows)}.')
        print(f'Load of the machine at the end: {os.getloadavg()[0]:.2f} on {len(cpus)} processors.')


main()
