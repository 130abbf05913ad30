import { test } from "node:test";
import { startGarden } from "./garden.ts";

test("x", async () => {
  const g = await startGarden();
  await g.upload("users/a/parts/b.md", "---\nname: A\nstatus: active\n---\n");
  console.log(JSON.stringify(await g.drain()));
  await g.upload("users/a/parts/b.md", "---\nname: B\nstatus: active\n---\n");
  console.log(JSON.stringify(await g.drain()));
  try {
    console.log(
      await g.sql.query(
        `select f.* from frontrow.collections c, frontrow.flows_of(c, '{"path":"users/a/parts/b.md","expect":{"revision":1,"bucket":"x","table":"y"},"row":{"op":"put","set":{"name":"x"},"clear":[],"body":null},"object":null}') as f`,
      ),
    );
  } catch (e) {
    console.log(e);
  }
  try {
    console.log(
      await g.sql.query(
        `select frontrow.count_turns(c, '{"path":"users/a/parts/b.md","expect":{"revision":1,"bucket":"x","table":"y"},"row":{"op":"put","set":{"name":"x"},"clear":[],"body":null},"object":null}') as f from frontrow.collections c`,
      ),
    );
  } catch (e) {
    console.log(e);
  }
  await g.stop();
});
