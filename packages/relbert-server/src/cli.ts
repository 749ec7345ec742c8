/** The command `relbert serve`: `relbert` loads it from this package. */
import {
  choice,
  command,
  flag,
  list,
  modelOptions,
  number,
  portNumber,
  Stopped,
  SUCCESS,
  text,
  UsageError,
  withDefault,
} from 'relbert/cli';
import { limitRanges, defaultLimits as most } from './limits.ts';
import { serve } from './serve.ts';
import { logLevels } from './server-options.ts';

const { model: _, ...encoderOptions } = modelOptions;

const serveCommand = command({
  name: 'serve',
  summary: 'answer over HTTP: embed, similarity, analogy, neighbours, mine, mapping, classify',
  description:
    'Answers JSON over HTTP: POST /v1/embed, /v1/similarity, /v1/analogy, /v1/mapping, with --index /v1/neighbours and /v1/mine, and with --classifier /v1/classify. GET /docs is a page to try it, /openapi.json the description, /health, /ready and /metrics are for who runs it. Ends on SIGTERM or Ctrl-C when what has come is answered.',
  options: {
    port: withDefault(number('<port>', '0: any free one', portNumber), 8000),
    host: withDefault(text('<address>', 'address to listen on; 0.0.0.0: all'), '127.0.0.1'),
    index: text('<index>', 'its folder, or postgres://user@host/database?table=NAME: for /v1/neighbours and /v1/mine'),
    classifier: text('<dir>', 'folder that relbert classify fit has written, for /v1/classify'),
    token: text('<token>', 'bearer token that /v1 asks for (better: the variable RELBERT_TOKEN)'),
    cors: list('<origin...>', 'origins of web pages that may ask; "*": any (default: none)'),
    rateLimit: number('<number>', 'requests a minute from one client (default: no limit)', limitRanges.rateLimit),
    trustProxy: flag('the client is whom X-Forwarded-For names last: behind a proxy that sets it'),
    queue: withDefault(
      number('<number>', 'requests in flight; further ones are answered 503', limitRanges.queue),
      most.queue,
    ),
    maxPairs: withDefault(number('<number>', 'pairs in a request', limitRanges.maxPairs), most.maxPairs),
    maxWord: withDefault(number('<characters>', 'length of a word', limitRanges.maxWord), most.maxWord),
    maxBody: withDefault(number('<bytes>', 'length of a body', limitRanges.maxBody), most.maxBody),
    timeout: withDefault(
      number('<seconds>', 'for a request to arrive, and to be answered', limitRanges.timeout),
      most.timeout,
    ),
    logLevel: withDefault(choice('<level>', 'what is logged on standard error, as JSON lines', logLevels), 'info'),
    model: text(
      '<model>',
      'folder, hub id, id@revision, or "embedded" (default: the model of the index, else "embedded")',
    ),
    ...encoderOptions,
  },
  examples: [
    'relbert serve',
    'relbert serve --index wordnet-index --port 8080 --host 0.0.0.0',
    `curl -s localhost:8000/v1/similarity -H 'content-type: application/json' -d '{"a":["Tokyo","Japan"],"b":["Paris","France"]}'`,
  ],
  async run(_, { logLevel, token = undefined, ...flags }, terminal) {
    const secret = token ?? terminal.env['RELBERT_TOKEN'];
    if (secret !== undefined && !/^[\x21-\x7e]+$/.test(secret)) {
      throw new UsageError('the token must be printable ASCII without spaces');
    }
    const { signal } = terminal;
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    try {
      await using server = await serve({ ...flags, token: secret, log: logLevel, signal });
      terminal.note(`listening on ${server.url}, with ${server.info.model}; ${server.url}/docs shows how to ask`);
      await stopped;
    } catch (error) {
      // A stop while the model loads ends as one later does.
      if (error !== signal.reason) throw error;
    }
    throw new Stopped(SUCCESS, 'stopped');
  },
});

export const commands = [serveCommand];
