// A small web server on this machine, for the examples that download something.
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Future } from 'nogil/concurrent/futures';
import { Thread } from 'nogil/threading';
import { paced } from './pace.mts';

/** A picture of one pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');

/** The server's thread: answers `/picture-<n>.gif` after n tenths of a second, anything else with 404. */
export async function serve(address: Future<string>): Promise<void> {
  const server = createServer((request, response) => {
    const picture = /^\/picture-(\d+)\.gif$/.exec(request.url ?? '');
    if (picture === null) response.writeHead(404).end();
    else
      setTimeout(
        () => response.writeHead(200, { 'content-type': 'image/gif' }).end(PIXEL),
        paced(Number(picture[1]) / 10) * 1000,
      );
  });
  server.listen(0, '127.0.0.1', () => {
    address.set_result(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  await new Promise((resolve) => server.once('close', resolve));
}

/** Starts it in a daemon thread of its own, so that the main thread may block, and ends with the process. */
export function start_web_server(): string {
  const address = new Future<string>();
  new Thread({ target: serve, args: [address], daemon: true }).start();
  return address.result();
}
