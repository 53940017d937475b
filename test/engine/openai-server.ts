import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { startStub } from './harness.ts'

let stub: Awaited<ReturnType<typeof startStub>> | undefined

/** To be called after each test. */
export async function stopServing(): Promise<void> {
  await stub?.stop()
  stub = undefined
}

export type Answer = (response: ServerResponse) => unknown
export type Json = Record<string, unknown>

/** A provider that answers so at its first, second, … request; gives what it was asked. */
export async function serve(...answers: readonly Answer[]) {
  const bodies: Json[] = []
  stub = await startStub((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      bodies.push(JSON.parse(body) as Json)
      void answers[bodies.length - 1]?.(response)
    })
  })
  return { ...stub, bodies }
}

/** An event stream in packets of their own. */
export const packets =
  (...parts: readonly (string | Uint8Array)[]): Answer =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of parts) {
      response.write(part)
      await pause(5)
    }
    response.end()
  }

export const json =
  (body: unknown): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  }

export const event = (body: unknown): string => `data: ${JSON.stringify(body)}\n\n`
export const piece = (delta: Json): string => event({ choices: [{ index: 0, delta }] })
export const stop = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
export const done = 'data: [DONE]\n\n'
export const whole = (message: Json, more: Json = {}): Answer =>
  json({ choices: [{ index: 0, message, finish_reason: 'stop' }], ...more })

/** Packets for events, each of which is one. */
export const pieces = (...deltas: readonly Json[]): Answer =>
  packets(...deltas.map(piece), stop, done)
