// AMQP 0-9-1 over a socket that the relay has dialled and proved itself (relay/vendor/dial.ts). amqplib's own `connect`
// dials as well, and begins to speak before anybody could judge what the server shows beyond OpenSSL's word; so its
// connection is made here by hand. Called by broker.ts. docs/decisions/0018-amqplib.md.

import type { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { type ChannelModel, credentials } from 'amqplib';
// Not exported by the package, whose version is exact in package.json; test/integration/hub-sante runs all of it. By their
// paths, so that `npm run build` takes them along.
// @ts-expect-error They have no types.
import models from '../../node_modules/amqplib/lib/channel_model.js';
// @ts-expect-error
import connections from '../../node_modules/amqplib/lib/connection.js';
import { VERSION } from '../../shared/version.ts';

/** Of the fields of connection.tune-ok; RabbitMQ's own default. */
const FRAME_BYTES_MAX = 131_072;
/** One to publish, one to consume, one more while the first is opened again. */
const CHANNELS_MAX = 8;

interface Connection extends EventEmitter {
  open(fields: object, done: (error: Error | null) => void): void;
}

const { Connection: AmqpConnection } = connections as {
  readonly Connection: new (socket: TLSSocket) => Connection;
};
const { ChannelModel: Model } = models as {
  readonly ChannelModel: new (connection: Connection) => ChannelModel;
};

/**
 * Opens the virtual host as whom the socket's certificate says (SASL EXTERNAL). The model's `error` and `close` are the
 * caller's to hear, from the moment it has it. Rejects with amqplib's error, and leaves the socket to the caller.
 */
export function openAmqp(
  socket: TLSSocket,
  { vhost, heartbeatS }: { readonly vhost: string; readonly heartbeatS: number },
): Promise<ChannelModel> {
  const { promise, resolve, reject } = Promise.withResolvers<ChannelModel>();
  const connection = new AmqpConnection(socket);
  const external = credentials.external();
  const fields = {
    clientProperties: {
      product: 'passerelle-relay',
      version: VERSION.number,
      capabilities: {
        publisher_confirms: true,
        'basic.nack': true,
        consumer_cancel_notify: true,
        'connection.blocked': true,
        // A refusal is said, and not only a closed socket.
        authentication_failure_close: true,
      },
    },
    mechanism: external.mechanism,
    response: external.response(),
    locale: 'en_US',
    channelMax: CHANNELS_MAX,
    frameMax: FRAME_BYTES_MAX,
    maxFrameSize: FRAME_BYTES_MAX,
    heartbeat: heartbeatS,
    virtualHost: vhost,
    capabilities: '',
    insist: 0,
  };
  connection.open(fields, (error) => (error === null ? resolve(new Model(connection)) : reject(error)));
  return promise;
}
