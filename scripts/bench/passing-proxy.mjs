// The least that a gateway could do: writes one row, then passes a request on as it is. Arguments: where to, and the database.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createDatabase } from '@fermata/database';

const [target, databaseUrl] = process.argv.slice(2);
const database = createDatabase({ url: databaseUrl, poolSize: 1 });
await database.$executeRawUnsafe('CREATE TABLE IF NOT EXISTS "passed_call" ("at" TIMESTAMPTZ NOT NULL, "model" TEXT)');
const insert = { name: 'pass', text: 'INSERT INTO "passed_call" VALUES (clock_timestamp(), $1)' };

const server = createServer(async (asked, answer) => {
  const body = await buffer(asked);
  await database.ask(insert, [JSON.parse(body.toString()).model]);
  const headers = { ...asked.headers, host: new URL(target).host };
  const passed = request(target + asked.url, { method: asked.method, headers });
  passed.end(body);
  const [response] = await once(passed, 'response');
  answer.writeHead(response.statusCode, response.headers);
  response.pipe(answer);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
