// A RabbitMQ server of our own, on loopback, in a folder of its own: TLS 1.2 with client certificates, SASL EXTERNAL, no
// password. It runs under this account, with a port mapper of its own, and ends with this process however that ends
// (sandbox/base/guarded.sh). It can be killed and started again on the same port and data, and stopped in its tracks.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findFreePort } from '../../base/ports.ts';
import { describeBroker, type Topology } from './definitions.ts';
import type { RabbitFiles } from './rabbit-files.ts';

const run = promisify(execFile);
const GUARD = join(import.meta.dirname, '..', '..', 'base', 'guarded.sh');
const NODE_NAME = 'hub-sante@localhost';
const STOP_MS = 15_000;
/** Only a hang reaches it, also on a busy machine. */
const START_MS = 120_000;
const MAPPER_POLL_MS = 20;
const SAID_LINES_MAX = 40;
const READY_LINE = /completed with \d+ plugins/;

export interface BrokerOptions extends Topology {
  readonly files: RabbitFiles;
  /** Made when absent; what it holds of an earlier start is found again. */
  readonly dir: string;
  /** 0 takes a free one, and keeps it. */
  readonly port: number;
  /** PEM files: of the server (with its intermediate), and of the authorities of its clients. */
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
}

export class Broker {
  readonly port: number;
  readonly #options: BrokerOptions;
  readonly #mapper: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;

  private constructor(options: BrokerOptions, port: number, mapper: ChildProcess, env: NodeJS.ProcessEnv) {
    this.#options = options;
    this.port = port;
    this.#mapper = mapper;
    this.#env = env;
  }

  /** Resolves when clients may connect. @throws Error with what the server said last when it does not start. */
  static async start(options: BrokerOptions): Promise<Broker> {
    const dir = resolve(options.dir);
    await mkdir(join(dir, 'log'), { recursive: true, mode: 0o700 });
    const port = options.port || (await findFreePort());
    const [mapperPort, distributionPort] = [await findFreePort(), await findFreePort()];
    await writeSettings(dir, port, options);
    const env = makeEnvironment(dir, mapperPort, distributionPort);
    const mapper = spawnGuarded(options.files.epmd, ['-port', `${mapperPort}`, '-address', '127.0.0.1'], env);
    const broker = new Broker(options, port, mapper, env);
    try {
      await untilListening(mapperPort);
      await broker.startAgain();
    } catch (cause) {
      await broker.kill();
      await end(mapper, 'SIGKILL');
      throw cause;
    }
    return broker;
  }

  /** After `kill`. */
  async startAgain(): Promise<void> {
    const server = spawnGuarded(this.#options.files.server, [], this.#env);
    this.#server = server;
    await untilReady(server);
  }

  /** At once and without a word to its clients. What it confirmed as persistent is on its disk. */
  async kill(): Promise<void> {
    if (this.#server !== undefined) await end(this.#server, 'SIGKILL');
  }

  /** It keeps its connections and answers nothing, as behind a cut network, until `resume`. */
  pause(): void {
    this.#server?.kill('SIGSTOP');
  }

  resume(): void {
    this.#server?.kill('SIGCONT');
  }

  /** What an operator of it can do: an order of `rabbitmqctl`; what that said. @throws Error when it refuses. */
  async operate(...order: string[]): Promise<string> {
    const { stdout } = await run(this.#options.files.control, ['--quiet', ...order], { env: this.#env });
    return stdout;
  }

  /** In order, then its port mapper. */
  async stop(): Promise<void> {
    this.resume();
    if (this.#server !== undefined) await end(this.#server, 'SIGTERM');
    await end(this.#mapper, 'SIGKILL');
  }
}

async function writeSettings(dir: string, port: number, options: BrokerOptions): Promise<void> {
  const { certFile, keyFile, caFile } = options.tls;
  const settings = [
    'listeners.tcp = none',
    `listeners.ssl.default = 127.0.0.1:${port}`,
    `ssl_options.cacertfile = ${resolve(caFile)}`,
    `ssl_options.certfile = ${resolve(certFile)}`,
    `ssl_options.keyfile = ${resolve(keyFile)}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = true',
    'ssl_options.versions.1 = tlsv1.2',
    'auth_mechanisms.1 = EXTERNAL',
    'ssl_cert_login_from = common_name',
    `default_vhost = ${options.vhost}`,
    `load_definitions = ${join(dir, 'definitions.json')}`,
    'log.file = false',
    'log.console = true',
    'log.console.level = error',
  ];
  const file = { mode: 0o600 };
  await writeFile(join(dir, 'rabbitmq.conf'), `${settings.join('\n')}\n`, file);
  await writeFile(join(dir, 'definitions.json'), JSON.stringify(describeBroker(options)), file);
  await writeFile(join(dir, 'enabled_plugins'), '[rabbitmq_auth_mechanism_ssl].\n', file);
}

function makeEnvironment(dir: string, mapperPort: number, distributionPort: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    // Erlang keeps the node's secret there.
    HOME: dir,
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: NODE_NAME,
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_PID_FILE: join(dir, 'pid'),
    RABBITMQ_DIST_PORT: String(distributionPort),
    // Its script then becomes the server, so that signals reach it; input is none all the same.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '-noinput -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
  };
}

function spawnGuarded(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(GUARD, args, {
    env: { ...env, PASSERELLE_GUARDED: program },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for the program that started it, which ends it in its turn.
    detached: true,
  });
}

/** A server that begins before its port mapper does not find it. */
async function untilListening(port: number): Promise<void> {
  const endMs = performance.now() + START_MS;
  for (;;) {
    const isOpen = await new Promise<boolean>((settle) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => settle(false));
      socket.once('connect', () => {
        socket.destroy();
        settle(true);
      });
    });
    if (isOpen) return;
    if (performance.now() > endMs) throw new Error('the port mapper of the broker did not start');
    await wait(MAPPER_POLL_MS);
  }
}

function untilReady(server: ChildProcess): Promise<void> {
  const said: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<void>((settle, reject) => {
    const fail = (what: string): void => reject(new Error(`the broker ${what}:\n${said.join('\n')}`));
    timer = setTimeout(() => fail('did not start'), START_MS);
    for (const stream of [server.stdout, server.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        if (said.length > SAID_LINES_MAX) said.shift();
        if (READY_LINE.test(line)) settle();
      });
    }
    server.once('error', reject);
    server.once('exit', (code) => fail(`ended with ${code}`));
  });
  return ready.finally(() => clearTimeout(timer));
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
