#!/usr/bin/env python3
"""A provider that somebody else wrote (examples/auth-hmac) is built from what is installed alone, loaded, used, and refused when it
does not fit. Arguments: the build folder, the source folder. Prints TAP."""
import glob
import hashlib
import hmac
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

BUILD, SOURCE = sys.argv[1:3]
SECRET = 'open-sesame-3141592653'


class Platform(http.server.BaseHTTPRequestHandler):
    """Answers requests whose signature is right, and says what is wrong with others."""
    seen = []

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        digest = hashlib.sha256(body).hexdigest()
        text = '\n'.join([self.command, self.path, self.headers.get('X-Date', ''), digest])
        due = 'HMAC key=us, signature=' + hmac.new(SECRET.encode(), text.encode(), 'sha256').hexdigest()
        good = self.headers.get('Authorization') == due and self.headers.get('X-Content-SHA256') == digest
        self.seen.append((self.command, self.path, good, body))
        answer = json.dumps([] if good else {'detail': 'the signature does not fit'}).encode()
        self.send_response(200 if good else 401)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = answer


class Run:
    def __init__(self, folder):
        self.number = self.failures = 0
        self.folder = folder
        self.install()
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Platform)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def check(self, good, what, output=''):
        self.number += 1
        self.failures += not good
        print(f'{"ok" if good else "not ok"} {self.number} {what}')
        if not good:
            print(''.join(f'# {line}\n' for line in output.splitlines()))

    def install(self):
        subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet'], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, 'DESTDIR': self.folder + '/root'})
        find = lambda name: glob.glob(f'{self.folder}/root/**/{name}', recursive=True)[0]
        self.library = os.path.dirname(find('libkamiwaza.so.1'))
        self.command = find('bin/kamiwaza')
        self.plugins = os.path.dirname(find('models.so'))
        self.pkg_config = {'PKG_CONFIG_PATH': os.path.dirname(find('kamiwaza.pc')), 'PKG_CONFIG_SYSROOT_DIR': self.folder + '/root'}

    def build(self, name, *options):
        """Builds a copy of the plugin's project; returns the file and what was said."""
        source = f'{self.folder}/{name}'
        shutil.copytree(SOURCE + '/examples/auth-hmac', source)
        said = ''
        for words in (['meson', 'setup', 'out', '--werror', *options], ['ninja', '-C', 'out']):
            step = subprocess.run(words, cwd=source, capture_output=True, text=True, env={**os.environ, **self.pkg_config})
            said += step.stdout + step.stderr
            if step.returncode:
                break
        return source + '/out/auth-hmac.so', said

    def kamiwaza(self, *words, plugins, **settings):
        environment = {key: value for key, value in os.environ.items() if not key.startswith('KAMIWAZA_')}
        environment |= {'LD_LIBRARY_PATH': self.library, 'XDG_CONFIG_HOME': self.folder, 'XDG_STATE_HOME': self.folder,
                        'KAMIWAZA_PLUGIN_PATH': f'{plugins}:{self.plugins}', 'KAMIWAZA_AUTH': 'hmac',
                        'KAMIWAZA_BASE_URL': f'http://127.0.0.1:{self.server.server_port}', **settings}
        return subprocess.run([self.command, *words], env=environment, capture_output=True, text=True)


def used(run, folder):
    right = {'KAMIWAZA_AUTH_KEY_ID': 'us', 'KAMIWAZA_AUTH_SECRET': SECRET}
    called = run.kamiwaza('--verbose', 'call', 'models.list', '{"load_files": true}', plugins=folder, **right)
    run.check(called.returncode == 0 and Platform.seen[-1][2], 'a request is signed, with its query', called.stderr)
    run.check(SECRET not in called.stderr + called.stdout and 'signature=' not in called.stderr, 'no log shows the secret', called.stderr)
    posted = run.kamiwaza('call', 'models.search', '{"query": "stories"}', plugins=folder, **right)
    run.check(Platform.seen[-1][0] == 'POST' and Platform.seen[-1][2] and b'stories' in Platform.seen[-1][3],
              'the digest of a body is signed', posted.stderr)
    wrong = run.kamiwaza('call', 'models.list', plugins=folder, KAMIWAZA_AUTH_KEY_ID='us', KAMIWAZA_AUTH_SECRET='another')
    run.check(wrong.returncode == 5 and 'the signature does not fit' in wrong.stderr, 'a wrong secret is the server\'s word', wrong.stderr)
    before = len(Platform.seen)
    lacking = run.kamiwaza('call', 'models.list', plugins=folder, KAMIWAZA_AUTH_KEY_ID='us')
    run.check('needs the setting auth_secret' in lacking.stderr and len(Platform.seen) == before,
              'a missing setting is named before anything is sent', lacking.stderr)
    shown = run.kamiwaza('config', 'auth_secret', plugins=folder, **right)
    run.check('***' in shown.stdout and SECRET not in shown.stdout, 'its secret is masked where settings are shown', shown.stdout + shown.stderr)
    listed = run.kamiwaza('plugins', '--check', plugins=folder, **right)
    run.check('auth-hmac' in listed.stdout, 'it is listed among the plugins', listed.stdout + listed.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        run = Run(folder)
        plugin, said = run.build('right')
        run.check(os.path.exists(plugin), 'builds from the installed files alone, without a warning', said)
        if os.path.exists(plugin):
            used(run, os.path.dirname(plugin))
        plugin, said = run.build('wrong', '-Dc_args=-DAUTH_HMAC_ABI=99')
        refused = run.kamiwaza('call', 'models.list', plugins=os.path.dirname(plugin))
        run.check('was built for plugin ABI 99.0' in refused.stderr and '"class":"plugin' in refused.stderr.replace('": "', '":"'),
                  'is refused when its ABI major is another', said + refused.stderr)
        print(f'1..{run.number}')
        sys.exit(run.failures > 0)


main()
