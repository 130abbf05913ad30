/** A program beside Frontrow that saves every file again in its own way as soon as it sees another's save. */
import type { Scene } from "./scene.ts";
import { isDocument } from "./texts.ts";
import { rewritten } from "./world.ts";

export class Peers {
  readonly #saved = new Map<string, string>();
  #isOn = true;

  stop(): void {
    this.#isOn = false;
  }

  /** Answers whether it had something to do. */
  async act(scene: Scene): Promise<boolean> {
    const { arena, ledger, world } = scene;
    if (!this.#isOn || world.peer === "none") return false;
    let isActive = false;
    for (const path of scene.paths) {
      const text = await arena.files.text(path);
      if (text === null || !isDocument(text) || text === this.#saved.get(path)) continue;
      const saved = rewritten(world.peer, text);
      this.#saved.set(path, saved);
      if (saved === text) continue;
      isActive = true;
      scene.coverage.note("peer", world.peer);
      await arena.files.write([{ op: "put", path, text: saved }]);
      ledger.rewrite([{ path, before: text, after: saved }]);
    }
    return isActive;
  }
}
