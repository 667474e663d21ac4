// Where RabbitMQ is on this machine. Nothing is started here.

import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export interface RabbitFiles {
  /** The server's own script; the one in the PATH asks for root and another account. */
  readonly server: string;
  /** What its operators speak with. */
  readonly control: string;
  /** Erlang's port mapper. */
  readonly epmd: string;
}

/** What a person or a test's report is told when `findRabbit` finds nothing. */
export const NO_RABBIT =
  'Hub Santé simulé : rabbitmq-server est absent de cette machine, INT_L02 reste éteint (apt-get install rabbitmq-server).';

const SERVER_FILES = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/rabbitmq/sbin/rabbitmq-server'];

/** Undefined when the server or Erlang is not installed. */
export function findRabbit(): RabbitFiles | undefined {
  const server = SERVER_FILES.find((file) => existsSync(file));
  const epmd = findInPath('epmd');
  return server === undefined || epmd === undefined || findInPath('erl') === undefined
    ? undefined
    : { server, control: join(dirname(server), 'rabbitmqctl'), epmd };
}

function findInPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}
