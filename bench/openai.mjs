// openai.mjs: the same with the npm package `openai`, which scripts/bench --npm installs into its build folder:
// node openai.mjs WHAT URL COUNT.
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const folder = process.env.BENCH_NPM;
const require = createRequire(path.join(folder, 'package.json'));
const { default: OpenAI } = await import(pathToFileURL(require.resolve('openai')).href);
const [what, url, text] = process.argv.slice(2);
const count = Number(text);
const client = new OpenAI({ baseURL: url, apiKey: 'sk-1234567890abcdefghijklmnopqrstuvwxyz1234567890ab' });
const request = {
  model: 'gpt-3.5-turbo',
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Say "hello" and tell what you can do.' },
  ],
  temperature: 0.2,
};

let sink = 0, received = 0n, begun;
const delays = [];
const use = (value) => { if (value != null) sink += typeof value === 'string' ? value.length : 1; };
const memory = (name) => Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${name}:\\s*(\\d+)`))[1]);
const begin = () => { begun = { memory: memory('VmRSS'), wall: process.hrtime.bigint(), cpu: process.cpuUsage() }; };
function end(n) {
  const cpu = process.cpuUsage(begun.cpu), wall = process.hrtime.bigint() - begun.wall;
  delays.sort((a, b) => a - b);
  console.log(JSON.stringify({ n, user: cpu.user / 1e6, system: cpu.system / 1e6, wall: Number(wall) / 1e9,
    memory: memory('VmHWM') - begun.memory, median: delays[delays.length >> 1] ?? 0,
    p99: delays[Math.floor(delays.length * 0.99)] ?? 0, sink }));
}

async function stream(timed) {
  let n = 0;
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
    use(chunk.id); use(chunk.created); use(chunk.model);
    const choice = chunk.choices[0];
    use(choice.index); use(choice.finish_reason); use(choice.delta.content);
    n++;
    if (timed) delays.push(Number(process.hrtime.bigint() - received));
  }
  return n;
}

async function call() {
  const reply = await client.chat.completions.create(request);
  use(reply.id); use(reply.created); use(reply.model);
  use(reply.choices[0].finish_reason); use(reply.choices[0].message.role); use(reply.choices[0].message.content);
  use(reply.usage.prompt_tokens); use(reply.usage.completion_tokens); use(reply.usage.total_tokens);
}

const measures = {
  async items() {
    await stream();
    begin();
    let n = 0;
    while (n < count) n += await stream();
    end(n);
  },
  async calls() {
    for (let i = 0; i < 100; i++) await call();
    begin();
    for (let i = 0; i < count; i++) await call();
    end(count);
  },
  async embeddings() {
    begin();
    const reply = await client.embeddings.create({ model: request.model, input: ['the quick brown fox'], encoding_format: 'float' });
    let n = 0;
    for (const row of reply.data) { use(row.embedding.at(-1)); n += row.embedding.length; }
    end(n);
  },
  async latency() {
    const push = net.Socket.prototype.push; // called with what came, before anybody else sees it
    net.Socket.prototype.push = function (...args) { received = process.hrtime.bigint(); return push.apply(this, args); };
    begin();
    end(await stream(true));
  },
  async together() {
    begin();
    const counts = await Promise.all(Array.from({ length: count }, () => stream()));
    end(counts.reduce((a, b) => a + b, 0));
  },
};
await measures[what]();
