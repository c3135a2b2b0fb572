// A worker with terminus, on Node. It does the same work as `bench-work`.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTerminus } from '@godaddy/terminus'

const kind = process.env.BENCH_WORK
const [host, port] = process.env.BENCH_ADDRESS.split(':')

function block (milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

async function work () {
  if (kind === 'blocking_task') {
    for (;;) {
      await sleep(10)
      block(400)
    }
  } else if (kind === 'blocked_threads') {
    await sleep(1000)
    block(3_600_000)
  } else if (kind === 'deadlock') {
    await new Promise(() => {})
  }
}

const server = createServer((_, response) => response.writeHead(404).end())
createTerminus(server, {
  healthChecks: { '/health': async () => {} },
  beforeShutdown: async () => { if (kind === 'slow_stop') await sleep(500) },
  useExit0: true
})
server.listen(Number(port), host, work)
