// A worker with terminus, on Node. What it does is what `bench-work` does for the others.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTerminus } from '@godaddy/terminus'

const kind = process.env.BENCH_WORK
const [host, port] = process.env.BENCH_ADDRESS.split(':')

function block (milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

async function work () {
  if (kind === 'rude') {
    for (;;) {
      await sleep(10)
      block(400)
    }
  } else if (kind === 'blocked') {
    await sleep(1000)
    block(3_600_000)
  } else if (kind === 'dead') {
    await new Promise(() => {})
  }
}

const server = createServer((_, response) => response.writeHead(404).end())
createTerminus(server, {
  healthChecks: { '/health': async () => {} },
  beforeShutdown: async () => { if (kind === 'late') await sleep(500) },
  useExit0: true
})
server.listen(Number(port), host, work)
