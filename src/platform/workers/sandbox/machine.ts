import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core'

/** A QuickJS of its own memory. It is thrown away, never disposed: `dispose` may abort. */
export interface Machine {
  readonly context: QuickJSContext
  /** Bytes the memory has grown to. */
  used(): number
}

export type Boot = (memoryBytes: number) => Promise<Machine>

const page = 65_536
/** What the module declares as its least: it links with no smaller memory. */
const initialPages = 256
const maxStackBytes = 256 * 1024

/** Compiles QuickJS once; each call of the result makes a machine with its own capped memory. */
export async function createBoot(): Promise<Boot> {
  const file = import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
  const wasmModule = await WebAssembly.compile(await readFile(fileURLToPath(file)))
  const variant: QuickJSSyncVariant = {
    type: 'sync',
    importFFI: async () => (await import('@jitl/quickjs-wasmfile-release-sync/ffi')).QuickJSFFI,
    importModuleLoader: () => import('@jitl/quickjs-wasmfile-release-sync/emscripten-module'),
  }
  return async (memoryBytes) => {
    const maximum = Math.max(initialPages, Math.floor(memoryBytes / page))
    const wasmMemory = new WebAssembly.Memory({ initial: initialPages, maximum })
    // Missing from the types, known to Emscripten: it must not write to our log.
    const emscriptenModule: object = { print: ignore, printErr: ignore }
    const quickjs = await newQuickJSWASMModuleFromVariant(
      newVariant(variant, { wasmModule, wasmMemory, emscriptenModule }),
    )
    const runtime = quickjs.newRuntime({ maxStackSizeBytes: maxStackBytes })
    return { context: runtime.newContext(), used: () => wasmMemory.buffer.byteLength }
  }
}

function ignore(): void {}
