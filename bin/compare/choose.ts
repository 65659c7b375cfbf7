import type { Plan } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { unknownName } from "../../core/kit/index.ts";

/** The models to ask, in the order named, else all that are present. @throws SluiceError SLUICE_USAGE */
export function chooseModels(plan: Plan, named: readonly string[] = []): string[] {
  const models = plan.instances.filter(({ plugin }) => plugin.manifest.kind === "model");
  const present = models.filter(({ absent }) => absent === undefined).map(({ id }) => id);
  for (const id of named) {
    if (present.includes(id)) continue;
    const reason = models.find((model) => model.id === id)?.absent;
    const none = "`sluice models list` says why; give another profile with -p.";
    if (reason === undefined)
      throw unknownName({ code: "SLUICE_USAGE", what: "model", said: id, known: present, where: plan.file, none });
    throw new SluiceError("SLUICE_USAGE", `${id} is absent: ${reason}`, {
      cure: present.length === 0 ? none : `Set what it needs, or name one of ${present.join(", ")}.`,
    });
  }
  const chosen = named.length === 0 ? present : [...new Set(named)];
  if (chosen.length > 0) return chosen;
  throw new SluiceError("SLUICE_USAGE", `no model of ${plan.file} is present`, {
    cure: "`sluice models list` says why; give another profile with -p.",
  });
}
