import { clsx } from "clsx";
import { useId } from "react";
import type { Field } from "../../design/useForm";

/** One of a few decisions, each with what it does. */
export function Verdict({
  name,
  value,
  error,
  onChange,
  label,
  isLabelShown,
  missing,
  choices,
}: Field<string> & {
  label: string;
  /** Where no heading says it already. */
  isLabelShown?: boolean;
  /** What is said when nothing was chosen. */
  missing: string;
  choices: readonly { value: string; name: string; help: string }[];
}) {
  const id = useId();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className={isLabelShown ? "mb-1.5 font-medium" : "sr-only"}>{label}</legend>
      {choices.map((choice) => (
        <div
          key={choice.value}
          className={clsx(
            "flex gap-3 rounded-md border p-3",
            value === choice.value ? "border-ink bg-sunken" : error ? "border-bad" : "border-edge",
          )}
        >
          <input
            id={`${id}-${choice.value}`}
            type="radio"
            name={name}
            value={choice.value}
            checked={value === choice.value}
            aria-describedby={`${id}-${choice.value}-help`}
            className="mt-0.5 size-5 shrink-0 cursor-pointer accent-ink"
            onChange={() => onChange(choice.value)}
          />
          <div className="flex flex-col">
            <label htmlFor={`${id}-${choice.value}`} className="font-medium">
              {choice.name}
            </label>
            <span id={`${id}-${choice.value}-help`} className="text-sm text-muted">
              {choice.help}
            </span>
          </div>
        </div>
      ))}
      {error && (
        <p role="alert" tabIndex={-1} data-problem className="text-sm text-bad">
          {missing}
        </p>
      )}
    </fieldset>
  );
}

/** The comment as it will be read, in the question whether it shall be so. */
export function Quoted({ text }: { text: string }) {
  if (!text.trim()) return null;
  return (
    <p className="mt-3 border-l-2 border-line pl-3 wrap-anywhere whitespace-pre-line text-muted">
      {text.trim()}
    </p>
  );
}
