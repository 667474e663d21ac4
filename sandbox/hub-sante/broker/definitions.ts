// What Hub Santé's broker holds: exchanges, queues and rights, as the file of definitions that RabbitMQ loads when it
// starts. Clients publish to `hubsante` under their own id and read their own three queues; they may declare nothing.
// The dispatcher reads what all of them publish and puts it into the recipient's queue. Pure: no I/O.

/** Name of the account, and CN of the certificate, of the dispatcher. */
export const DISPATCHER_ID = 'dispatcher';
export const CLIENT_EXCHANGE = 'hubsante';
export const DISTRIBUTION_EXCHANGE = 'distribution';
export const DISPATCH_QUEUE = 'dispatch';
/** What expired in a client's queue, or was rejected there. */
export const DEAD_LETTER_QUEUE = 'dispatch.dlq';
const DEAD_LETTER_EXCHANGE = 'distribution.dlx';

export const QUEUE_KINDS = ['message', 'ack', 'info'] as const;
export type QueueKind = (typeof QUEUE_KINDS)[number];

export interface Topology {
  /** One per version of the models at the real Hub; `/` for the default one. */
  readonly vhost: string;
  /** Client ids, `fr.health.…`. */
  readonly clients: readonly string[];
  /** How long a client's queue keeps a message at most, milliseconds. */
  readonly queueTtlMs: number;
}

/** The value of `load_definitions`. */
export function describeBroker({ vhost, clients, queueTtlMs }: Topology): object {
  const durable = { vhost, durable: true, auto_delete: false };
  const exchange = (name: string, type: string) => ({
    ...durable,
    name,
    type,
    internal: false,
    arguments: {},
  });
  const queue = (name: string, more: object = {}) => ({ ...durable, name, arguments: more });
  const bind = (source: string, destination: string, key: string) => ({
    source,
    vhost,
    destination,
    destination_type: 'queue',
    routing_key: key,
    arguments: {},
  });
  const own = clients.flatMap((client) => QUEUE_KINDS.map((kind) => `${client}.${kind}`));
  const limits = { 'x-message-ttl': queueTtlMs, 'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE };
  return {
    vhosts: [{ name: vhost }],
    // Nobody has a password: the certificate is the account.
    users: [DISPATCHER_ID, ...clients].map((name) => ({ name, password_hash: '', tags: '' })),
    permissions: [
      {
        user: DISPATCHER_ID,
        vhost,
        configure: '^$',
        write: exactly([DISTRIBUTION_EXCHANGE]),
        read: exactly([DISPATCH_QUEUE, DEAD_LETTER_QUEUE]),
      },
      ...clients.map((user) => ({
        user,
        vhost,
        configure: '^$',
        write: exactly([CLIENT_EXCHANGE]),
        read: exactly(QUEUE_KINDS.map((kind) => `${user}.${kind}`)),
      })),
    ],
    topic_permissions: clients.map((user) => ({
      user,
      vhost,
      exchange: CLIENT_EXCHANGE,
      write: exactly([user]),
      read: '^$',
    })),
    exchanges: [
      exchange(CLIENT_EXCHANGE, 'topic'),
      exchange(DISTRIBUTION_EXCHANGE, 'direct'),
      exchange(DEAD_LETTER_EXCHANGE, 'fanout'),
    ],
    queues: [queue(DISPATCH_QUEUE), queue(DEAD_LETTER_QUEUE), ...own.map((name) => queue(name, limits))],
    bindings: [
      bind(CLIENT_EXCHANGE, DISPATCH_QUEUE, '#'),
      bind(DEAD_LETTER_EXCHANGE, DEAD_LETTER_QUEUE, ''),
      ...own.map((name) => bind(DISTRIBUTION_EXCHANGE, name, name)),
    ],
  };
}

/** A regular expression of RabbitMQ for these names and no other. */
const exactly = (names: readonly string[]): string =>
  `^(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})$`;
