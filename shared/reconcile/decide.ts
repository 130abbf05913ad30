/** The decision table for one store and one document, as facts in and a name out. Nothing here knows what a text is. */

export interface Facts {
  /** Whether hub and store ever agreed. */
  base: boolean;
  /** Against the base. Without a base whatever is there has `changed`. */
  hub: "absent" | "same" | "changed";
  replica: "absent" | "same" | "changed" | "unknown" | "invalid";
  /** Whether hub and replica say the same. */
  agree: boolean;
}

export type Decision =
  /** Nothing to do here. */
  | "nothing"
  /** Both are gone: only the base is left to forget. */
  | "forget"
  /** They say the same already: only the base moves. */
  | "adopt"
  /** The store's news goes into the hub. */
  | "create-in-hub"
  | "write-hub"
  | "tombstone"
  /** The hub's news goes to the store. */
  | "create-in-store"
  | "write-store"
  | "delete-in-store"
  /** Both have news. */
  | "merge"
  | "delete-against-edit"
  /** The replica could not be read: never write. */
  | "defer"
  /** The replica is no document: nothing is written anywhere. */
  | "quarantine";

/** Decides what one store's side of one document asks for. */
export function decide({ base, hub, replica, agree }: Facts): Decision {
  if (replica === "unknown") return "defer";
  if (replica === "invalid") return "quarantine";
  if (!base) {
    if (hub === "absent") return replica === "absent" ? "nothing" : "create-in-hub";
    if (replica === "absent") return "create-in-store";
    return agree ? "adopt" : "merge";
  }
  if (hub === "absent") {
    if (replica === "absent") return "forget";
    return replica === "same" ? "delete-in-store" : "delete-against-edit";
  }
  if (replica === "absent") return hub === "same" ? "tombstone" : "delete-against-edit";
  if (replica === "same") return hub === "same" ? "nothing" : "write-store";
  if (hub === "same") return "write-hub";
  return agree ? "adopt" : "merge";
}
