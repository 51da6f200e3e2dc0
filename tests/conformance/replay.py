#!/usr/bin/env python3
"""Plays recorded calls of the reference client against the command: a loopback server answers as recorded while the command
runs, and what travelled and came out is compared. Prints TAP."""
import base64
import email.parser
import email.policy
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
from urllib.parse import parse_qsl, unquote, urlsplit

KEY = 'key-for-tests'
EMPTY = (None, [], {}, '')


class Recorder(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, exchanges):
        super().__init__(('127.0.0.1', 0), Answerer)
        self.exchanges, self.seen, self.turns, self.guard = exchanges, [], {}, threading.Lock()

    def handle_error(self, request, client_address):
        pass

    def next_answer(self, seen):
        """The recorded answers of one verb and path come in turn; the last one stays."""
        with self.guard:
            self.seen.append(seen)
            key = (seen['method'], seen['path'])
            known = [e['response'] for e in self.exchanges
                     if (e['request']['method'], unquote(e['request']['path'])) == key]
            turn = self.turns.get(key, 0)
            self.turns[key] = turn + 1
        return known[min(turn, len(known) - 1)] if known else {'status': 404, 'json': {'detail': 'nothing recorded'}}


def parts_of(kind, body):
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(b'Content-Type: ' + kind.encode() + b'\r\n\r\n' + body)
    return [[part.get_param('name', header='content-disposition'), part.get_filename(), part.get_payload(decode=True).decode()]
            for part in message.iter_parts()]


class Answerer(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        url = urlsplit(self.path)
        seen = {'method': self.command, 'path': unquote(url.path.removeprefix('/api')), 'auth': self.headers.get('Authorization'),
                'query': sorted((k, v.lower() if v in ('True', 'False') else v) for k, v in parse_qsl(url.query, True)),
                'json': None, 'multipart': None, 'form': None,
                'headers': {k.lower(): v for k, v in self.headers.items() if k.lower().startswith('x-')}}
        kind = self.headers.get('Content-Type') or ''
        if kind.startswith('multipart/'):
            seen['multipart'] = parts_of(kind, body)
        elif kind == 'application/x-www-form-urlencoded':
            seen['form'] = sorted(parse_qsl(body.decode(), True))
        elif body:
            seen['json'] = json.loads(body)
        answer = self.server.next_answer(seen)
        if 'chunks' in answer:
            return self.stream(answer)
        text = answer['text'].encode() if 'text' in answer else b'' if answer.get('json') is None \
            else json.dumps(answer['json']).encode()
        self.send_response(answer['status'])
        self.send_header('Content-Type', answer.get('type', 'application/json'))
        for name, value in answer.get('headers', {}).items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def stream(self, answer):
        self.send_response(answer['status'])
        self.send_header('Content-Type', answer['type'])
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for chunk in map(base64.b64decode, answer['chunks']):
            self.wfile.write(b'%x\r\n%s\r\n' % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b'0\r\n\r\n')

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer


def differs(want, got, strict, at='value'):
    """Why `got` does not say what `want` says, or None. What is empty may be left out; `strict` allows nothing more."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key, value in want.items():
            if key not in got or got[key] is None:
                # What the server assumes by itself need not travel.
                if value in EMPTY or strict and value in (False, 0, 1, 100, 'localhost'):
                    continue
                return f'{at}.{key} is missing'
            problem = differs(value, got[key], strict, f'{at}.{key}')
            if problem:
                return problem
        more = [key for key in got if strict and key not in want and got[key] not in EMPTY]
        return f'{at} has {more} besides' if more else None
    if isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            return f'{at} has {len(got)} items, not {len(want)}'
        return next(filter(None, (differs(a, b, strict, f'{at}[{i}]') for i, (a, b) in enumerate(zip(want, got)))), None)
    if want is None and not strict:
        return None
    if isinstance(want, float) and isinstance(got, (int, float)):
        return None if abs(want - got) < 1e-9 else f'{at} is {got}, not {want}'
    return None if want == got else f'{at} is {got!r}, not {want!r}'


def request_differs(want, got):
    if (want['method'], unquote(want['path'])) != (got['method'], got['path']):
        return f'{got["method"]} {got["path"]} instead of {want["method"]} {want["path"]}'
    if want.get('auth') != got['auth']:
        return f'the credentials are {got["auth"]}'
    query = sorted((k, v.lower() if v in ('True', 'False') else v) for k, v in want['query'])
    query = [each for each in query if each[1] != 'false' or each in got['query']]
    if query != [each for each in got['query'] if each in query or each[1] != 'false']:
        return f'the query is {got["query"]}, not {query}'
    lacking = [name for name, value in want.get('headers', {}).items() if got['headers'].get(name) != value]
    if lacking:
        return f'the headers {lacking} are {[got["headers"].get(name) for name in lacking]}'
    if sorted(map(tuple, want.get('form') or [])) != (got['form'] or []):
        return f'the form is {got["form"]}, not {want.get("form")}'
    parts = [[part['name'], part['filename'], part['text']] for part in want.get('multipart') or []]
    if sorted(parts, key=str) != sorted(got['multipart'] or [], key=str):
        return f'the parts are {got["multipart"]}, not {parts}'
    return differs(want.get('json') or {}, got['json'] or {}, True, 'body')


def order_of(request):
    body = {k: v for k, v in (request.get('json') or {}).items() if isinstance(v, str)}
    return json.dumps([unquote(request['path']), body], sort_keys=True)


def output_of(run, want):
    text = run.stdout.decode()
    try:
        value = json.loads(text) if text.strip() else None
    except ValueError:
        value = [json.loads(line) for line in text.splitlines()]
    return [] if isinstance(want, list) and value is None else [value] if isinstance(want, list) and not isinstance(value, list) else value


def play(vector, command, plugins):
    server = Recorder(vector['exchanges'])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with tempfile.TemporaryDirectory() as home:
        env = {k: v for k, v in os.environ.items() if not k.startswith(('KAMIWAZA_', 'http_proxy', 'HTTP_PROXY'))}
        env.update(KAMIWAZA_BASE_URL=f'http://127.0.0.1:{server.server_port}/api', KAMIWAZA_API_KEY=KEY,
                   KAMIWAZA_OPENAI_BASE_URL=f'http://127.0.0.1:{server.server_port}/api/v1', KAMIWAZA_MAX_RETRIES=str(vector.get('retries', 0)),
                   KAMIWAZA_PLUGIN_PATH=plugins, HOME=home, XDG_CONFIG_HOME=home)
        run = subprocess.run([command, 'call', f'{vector["service"]}.{vector["method"]}', json.dumps(vector['args'])], env=env,
                             capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    server.shutdown()
    server.server_close()
    if KEY.encode() in run.stdout + run.stderr:
        return 'the API key was printed'
    if 'error' in vector:
        if run.returncode == 0:
            return 'it succeeded'
        error = json.loads(run.stderr.decode().strip().splitlines()[-1])['error']
        if error['class'] not in vector['error']['class'] or not error['message']:
            return f'the error is {error}'
        for name in ('status', 'code', 'param', 'type', 'request_id'):
            if vector['error'].get(name) is not None and str(error.get(name)) != str(vector['error'][name]):
                return f'{name} of the error is {error.get(name)}, not {vector["error"][name]}'
        if 'before_error' in vector:
            return differs(vector['before_error'], output_of(run, vector['before_error']), False, 'items')
        return 'something was sent' if not vector['exchanges'] and server.seen else None
    if run.returncode:
        return run.stderr.decode().strip()
    want, got = [e['request'] for e in vector['exchanges']], server.seen
    if len(want) > 1:
        want, got = [r for r in want if r['method'] != 'GET'], [r for r in got if r['method'] != 'GET']
    if len(want) > 1:  # what is asked for at once may arrive in any order
        want.sort(key=lambda r: order_of(r))
        got.sort(key=lambda r: order_of(r))
    if len(want) != len(got):
        return f'{len(got)} requests instead of {len(want)}'
    for recorded, sent in zip(want, got):
        problem = request_differs(recorded, sent)
        if problem:
            return problem
    if isinstance(vector['result'], dict) and '$bytes' in vector['result']:
        return None if run.stdout == base64.b64decode(vector['result']['$bytes']) else 'the bytes are others'
    return differs(vector['result'], output_of(run, vector['result']), False, 'result')


def main():
    command, plugins, *files = sys.argv[1:]
    vectors = [vector for name in files for vector in json.load(open(name, encoding='utf-8'))]
    print(f'1..{len(vectors)}')
    for number, vector in enumerate(vectors, 1):
        try:
            problem = play(vector, command, plugins)
        except Exception as failure:  # whatever goes wrong is this vector's result
            problem = repr(failure)
        print(f'{"not ok" if problem else "ok"} {number} {vector["id"]}', flush=True)
        if problem:
            print(f'# {problem[:500]}')


main()
