/** The garden's table, as examples/garden/schema.sql makes it. */
import type { TableSpec } from "./table.ts";

const oneOf =
  (...allowed: string[]) =>
  (value: unknown) =>
    allowed.includes(value as string);
const isNotEmpty = (value: unknown) => value !== "";

export function gardenTable(): TableSpec {
  return {
    name: "parts",
    key: ["user_id", "slug"],
    softDelete: true,
    columns: [
      {
        name: "user_id",
        type: "text",
        notNull: true,
        check: { constraint: "parts_user_id_check", holds: isNotEmpty },
      },
      {
        name: "slug",
        type: "text",
        notNull: true,
        check: { constraint: "parts_slug_check", holds: isNotEmpty },
      },
      {
        name: "name",
        type: "text",
        notNull: true,
        check: {
          constraint: "parts_name_check",
          holds: (value) => value.length >= 1 && [...value].length <= 80,
        },
      },
      {
        name: "status",
        type: "enum",
        labels: ["emerging", "active", "resting", "retired"],
        notNull: true,
        default: "emerging",
      },
      {
        name: "category",
        type: "text",
        check: {
          constraint: "parts_category_check",
          holds: oneOf("manager", "firefighter", "exile", "guide"),
        },
      },
      { name: "tags", type: "text[]" },
      {
        name: "charge",
        type: "numeric",
        check: { constraint: "parts_charge_check", holds: (value) => Math.abs(Number(value)) <= 1 },
      },
      { name: "last_active", type: "timestamptz" },
      { name: "notes", type: "jsonb" },
      { name: "body", type: "text", notNull: true, default: "" },
    ],
  };
}
