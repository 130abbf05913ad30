/** The collections a function was built with, bound to what is registered. */
import type { ResolvedConfig } from "../shared/collections/mod.ts";
import type { Hub } from "../shared/hub/hub.ts";
import { type Binding, bind } from "../shared/sync/binding.ts";

/** What is registered changes rarely; a warm isolate asks again after `believe` milliseconds. */
export function rememberBindings(hub: Pick<Hub, "registered">, config: ResolvedConfig, believe: number) {
  let known: { at: number; bindings: Promise<Map<string, Binding>> } | null = null;
  return async (): Promise<Map<string, Binding>> => {
    if (known === null || performance.now() - known.at > believe) {
      known = {
        at: performance.now(),
        bindings: hub.registered().then((registered) => bind(config, registered)),
      };
    }
    try {
      return await known.bindings;
    } catch (error) {
      known = null;
      throw error;
    }
  };
}
