/**
 * Two people, each with a project and a clone, and one bare remote between them: a row here becomes a file, a commit, a file
 * there and a row there, and back. Nothing else connects the two.
 */
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import garden from "../../examples/garden/example.ts";
import type { Step } from "../git/repository.ts";
import { loadContent } from "../start/load.ts";
import { findContent } from "../start/project.ts";
import type { E2eOptions, Story } from "./case.ts";
import {
  commits,
  count,
  dies,
  git,
  markersIn,
  type Person,
  rapidly,
  rowOf,
  setRow,
  settleIn,
} from "./person.ts";

const CRITIC = "users/ada/parts/the-critic.md";
const NAVIGATOR = "users/bo/parts/the-navigator.md";
const MADE = "users/bo/parts/made-by-hand.md";
/**
 * Where a machine dies: before the merge is there, in the midst of the files, between merge and enqueue, after it. Each time
 * other documents are edited, as one that two programs rewrite by turns is what the breaker is for.
 */
const DEATHS: [Step, contested: string, other: string][] = [
  ["pending", "users/ada/parts/little-ada.md", "users/bo/parts/caretaker.md"],
  ["file", "users/ada/parts/night-watch.md", "users/bo/parts/frozen-one.md"],
  ["files", "users/ada/parts/old-soldier.md", "users/bo/parts/inner-teenager.md"],
  ["moved", "users/ada/parts/the-archivist.md", "users/bo/parts/the-accountant.md"],
  ["arrived", "users/ada/parts/the-comedian.md", "users/bo/parts/the-optimist.md"],
  ["enqueued", "users/ada/parts/the-firefighter.md", "users/bo/parts/the-procrastinator.md"],
];
const EDITS = 25;

export async function play({ progress, isShort = false }: E2eOptions): Promise<Story> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "frontrow-e2e-")));
  const people: Person[] = [];
  const broken: string[] = [];
  const promise = (isKept: boolean, what: string): boolean => {
    if (!isKept) broken.push(what);
    return isKept;
  };
  try {
    const remote = join(folder, "remote.git");
    await git(folder, "init", "--quiet", "--bare", "--initial-branch=main", remote);
    for (const name of ["ada", "bo"]) people.push(await settleIn(name, folder, remote));
    const [ada, bo] = people as [Person, Person];
    const cycles = async (...who: Person[]): Promise<void> => {
      for (const { machine } of who) await machine.cycle();
    };

    progress("ada's documents become files, commits, files and rows of bo's");
    const loaded = await loadContent(ada.project, await findContent(garden));
    await cycles(ada, bo);
    const rows = await count(bo.project);
    promise(rows === loaded, `${loaded} documents of ada's are ${rows} rows of bo's`);

    progress("a row there and back, a new file, a file that is removed");
    await setRow(ada, CRITIC, { charge: "0.25" });
    await cycles(ada, bo);
    const documentToRow = promise(
      (await rowOf(bo, CRITIC))?.charge === "0.25",
      "a row did not reach the other project's row",
    );
    await setRow(bo, CRITIC, { charge: "0.5" });
    await writeFile(join(bo.options.folder, MADE), "---\nname: By hand\nstatus: active\n---\nHere.\n");
    await rm(join(bo.options.folder, NAVIGATOR));
    await bo.machine.push([NAVIGATOR, MADE]);
    await cycles(bo, ada);
    const back = (await rowOf(ada, CRITIC))?.charge === "0.5" && (await rowOf(ada, MADE))?.name === "By hand";
    const rowBack = promise(back, "a row or a new file did not come back");
    promise((await rowOf(ada, NAVIGATOR)) === null, "a file that was removed is still a row");

    progress(`${EDITS} rapid edits of one file`);
    const before = await commits(ada);
    await rapidly(ada, CRITIC, EDITS);
    const rapid = (await commits(ada)) - before;
    promise(rapid === 1, `${EDITS} rapid edits made ${rapid} commits`);
    const author = await git(ada.options.folder, "log", "-1", "--format=%ae");
    promise(author === "ada@example.org", `the commit's author is ${author}, not the revision's`);

    progress("cycles without news");
    await cycles(bo, ada);
    const still = await commits(ada);
    for (let round = 0; round < 3; round++) await cycles(ada, bo);
    const circular = (await commits(ada)) + (await commits(bo)) - 2 * still;
    promise(circular === 0, `cycles without news made ${circular} commits`);

    progress("both edit the same documents while the other dies, at each step of a pull");
    const lost: string[] = [];
    const deaths = DEATHS.filter(([dieAt]) => !isShort || dieAt === "arrived");
    for (const [round, [dieAt, contested, other]] of deaths.entries()) {
      const [charge, name] = [`0.${round + 1}1`, `Both ${round}`];
      await setRow(ada, contested, { charge });
      await setRow(ada, other, { charge });
      await setRow(bo, contested, { name });
      await cycles(ada);
      promise((await dies(bo, dieAt)) === "SIGKILL", `a machine that was to die at "${dieAt}" lived`);
      await cycles(bo, ada);
      for (const person of people) {
        const [both, one] = [await rowOf(person, contested), await rowOf(person, other)];
        const has = both?.charge === charge && both.name === name && one?.charge === charge;
        if (!has) lost.push(`${person.name}, killed at "${dieAt}"`);
      }
    }
    promise(lost.length === 0, `edits are lost: ${lost.join("; ")}`);

    await cycles(ada, bo, ada, bo);
    const trees = await Promise.all(
      people.map(({ options }) => git(options.folder, "rev-parse", "HEAD^{tree}")),
    );
    const converged = promise(trees[0] === trees[1], "the clones differ");
    const markers = await markersIn(ada.options.folder);
    promise(markers === 0, `${markers} files hold conflict markers`);
    return {
      documents: loaded,
      document_to_row: documentToRow,
      row_back: rowBack,
      rapid_edits: EDITS,
      rapid_edit_commits: rapid,
      circular_commits: circular,
      deaths: deaths.length,
      lost_edits: lost.length,
      conflict_markers: markers,
      converged,
      commits: await commits(ada),
      broken,
    };
  } finally {
    for (const { project } of people) await project.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
