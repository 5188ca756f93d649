import { clsx } from "clsx";
import { Check } from "lucide-react";
import { useFormats } from "../i18n/format";
import { Icon } from "./Icon";

/** Long work or a goal, with numbers: «413 из 1 000»; without them where nobody can say how long it takes. */
export function Progress({
  label,
  value,
  max = 1,
  of = "",
  note,
}: {
  label: string;
  value?: number;
  max?: number;
  of?: string;
  /** Other words than the two numbers, for example «41 %». */
  note?: string;
}) {
  const { count } = useFormats();
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex justify-between gap-4">
        <span className="min-w-0">{label}</span>
        {value !== undefined && (
          <span className="whitespace-nowrap tabular-nums">
            {note ?? `${count(value)} ${of} ${count(max)}`}
          </span>
        )}
      </div>
      <progress
        value={value}
        max={max}
        aria-label={label}
        className="h-2 w-full appearance-none overflow-hidden indeterminate:animate-pulse rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
      />
    </div>
  );
}

/** Where the reader is on a way of several steps. `current` counts from 0; past the last means all done. */
export function Steps({
  label,
  steps,
  current,
}: {
  label: string;
  steps: readonly string[];
  current: number;
}) {
  return (
    <ol aria-label={label} className="flex flex-wrap gap-x-6 gap-y-2">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={index === current ? "step" : undefined}
          className={clsx("flex items-center gap-2", index > current && "text-muted")}
        >
          <span
            className={clsx(
              "grid size-6 place-items-center rounded-full border text-sm tabular-nums",
              index === current ? "border-ink bg-ink font-semibold text-paper" : "border-edge",
            )}
          >
            {index < current ? <Icon of={Check} size={14} /> : index + 1}
          </span>
          <span className={clsx(index === current && "font-semibold")}>{step}</span>
        </li>
      ))}
    </ol>
  );
}
