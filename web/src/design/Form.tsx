import { clsx } from "clsx";
import { ChevronDown, Eye, EyeOff } from "lucide-react";
import { useId, useState, type ComponentProps, type ReactNode } from "react";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { fieldErrorTexts } from "../i18n/errors";
import { IconButton } from "./Button";
import { Icon } from "./Icon";
import { Problem, type Explanations } from "./Notice";
import type { Field, FormState } from "./useForm";

/** A form, with what is wrong said above it. See useForm. */
export function Form({
  form,
  className,
  explain,
  children,
}: {
  form: FormState;
  className?: string;
  explain?: Explanations;
  children: ReactNode;
}) {
  const t = useTexts(common);
  const mistakes = Object.keys(form.errors).length;
  return (
    <form {...form.props} className={clsx("flex flex-col gap-5", className)}>
      {form.problem && (
        <div tabIndex={-1} data-problem className="focus-visible:rounded-md">
          <Problem error={form.problem} explain={explain} />
        </div>
      )}
      {mistakes > 1 && (
        <p role="alert" className="text-bad">
          {t.mistakes(mistakes)}
        </p>
      )}
      {children}
    </form>
  );
}

type Common = {
  label: string;
  /** Below the field: what is wanted and why. */
  help?: ReactNode;
  optional?: boolean;
  /** It narrows what is shown and sends nothing: neither required nor worth calling optional. */
  filter?: boolean;
  /** The label stands beside it, where height is dear. */
  beside?: boolean;
  /** This field's own words for an error code. */
  explain?: Partial<Record<string, string>>;
};

const control =
  "w-full rounded-md border bg-raised px-3 text-ink placeholder:text-muted focus-visible:rounded-md focus-visible:outline-offset-0 disabled:bg-sunken disabled:text-muted";

function edge(error: string | undefined) {
  return error ? "border-bad" : "border-edge";
}

/** Label above, help and error below; gives the ids that tie them together. */
function Labelled({
  label,
  help,
  optional,
  filter,
  beside,
  explain,
  error,
  children,
}: Common & {
  error: string | undefined;
  children: (control: {
    id: string;
    "aria-invalid": true | undefined;
    "aria-describedby": string | undefined;
    "aria-required": true | undefined;
  }) => ReactNode;
}) {
  const t = useTexts(common);
  const texts: Partial<Record<string, string>> = useTexts(fieldErrorTexts);
  const id = useId();
  const errorText = error === undefined ? undefined : (explain?.[error] ?? texts[error] ?? texts.invalid);
  const described = [errorText && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ");
  return (
    <div
      className={beside ? "flex items-center gap-3 [&>div]:min-w-0 [&>div]:flex-1" : "flex flex-col gap-1.5"}
    >
      <label htmlFor={id} className={beside ? "text-sm text-muted" : "font-medium"}>
        {label}
        {optional && <span className="font-normal text-muted"> · {t.optional}</span>}
      </label>
      {children({
        id,
        "aria-invalid": errorText ? true : undefined,
        "aria-describedby": described || undefined,
        "aria-required": optional || filter ? undefined : true,
      })}
      {errorText && (
        <p id={`${id}-error`} className="text-sm text-bad">
          {errorText}
        </p>
      )}
      {help && (
        <p id={`${id}-help`} className="text-sm text-muted">
          {help}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Common &
  Field<string> &
  Pick<
    ComponentProps<"input">,
    | "type"
    | "autoComplete"
    | "inputMode"
    | "maxLength"
    | "placeholder"
    | "disabled"
    | "readOnly"
    | "spellCheck"
    | "autoCapitalize"
  > & {
    /** Shown inside the frame before the text, for example the beginning of an address. */
    prefix?: string;
    /** Digits of one width: numbers, codes. */
    digits?: boolean;
  };

export function TextField({
  label,
  help,
  optional,
  filter,
  explain,
  error,
  onChange,
  prefix,
  digits,
  ...input
}: TextFieldProps) {
  return (
    <Labelled label={label} help={help} optional={optional} filter={filter} explain={explain} error={error}>
      {(ids) =>
        prefix ? (
          <div
            className={clsx(
              control,
              edge(error),
              "flex items-center focus-within:outline-2 focus-within:outline-focus",
            )}
          >
            <span className="shrink-0 text-muted" aria-hidden>
              {prefix}
            </span>
            <input
              {...ids}
              {...input}
              className={clsx("h-11 min-w-0 flex-1 bg-transparent outline-none", digits && "tabular-nums")}
              onChange={(event) => onChange(event.target.value)}
            />
          </div>
        ) : (
          <input
            {...ids}
            {...input}
            className={clsx(control, edge(error), "h-11", digits && "tabular-nums")}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Labelled>
  );
}

/** What a list is searched by. It is part of no form: the list follows what is typed. */
export function SearchField({
  label,
  help,
  value,
  onChange,
  onEnter,
}: {
  label: string;
  help?: string;
  value: string;
  onChange: (value: string) => void;
  /** What Enter does; a form that stands around the list is not sent by it. */
  onEnter?: () => void;
}) {
  const id = useId();
  return (
    <search className="flex max-w-xl flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <input
        id={id}
        type="search"
        value={value}
        autoComplete="off"
        spellCheck={false}
        aria-describedby={help && `${id}-help`}
        className={clsx(control, edge(undefined), "h-11")}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (!onEnter || event.key !== "Enter") return;
          event.preventDefault();
          onEnter();
        }}
      />
      {help && (
        <p id={`${id}-help`} className="text-sm text-muted">
          {help}
        </p>
      )}
    </search>
  );
}

/** A password with an eye; `autoComplete` tells the password manager which one is meant. */
export function PasswordField({
  label,
  help,
  explain,
  error,
  onChange,
  autoComplete,
  ...input
}: Omit<Common, "optional" | "filter"> &
  Field<string> & { autoComplete: "current-password" | "new-password" }) {
  const t = useTexts(common);
  const [shown, setShown] = useState(false);
  return (
    <Labelled label={label} help={help} explain={explain} error={error}>
      {(ids) => (
        <div className="relative">
          <input
            {...ids}
            {...input}
            type={shown ? "text" : "password"}
            autoComplete={autoComplete}
            autoCapitalize="none"
            spellCheck={false}
            className={clsx(control, edge(error), "h-11 pr-12")}
            onChange={(event) => onChange(event.target.value)}
          />
          <IconButton
            label={shown ? t.hidePassword : t.showPassword}
            className="absolute inset-y-0 right-0"
            onClick={() => setShown(!shown)}
          >
            <Icon of={shown ? EyeOff : Eye} />
          </IconButton>
        </div>
      )}
    </Labelled>
  );
}

export function TextareaField({
  label,
  help,
  optional,
  filter,
  explain,
  error,
  onChange,
  ...input
}: Common &
  Field<string> &
  Pick<ComponentProps<"textarea">, "rows" | "maxLength" | "placeholder" | "disabled">) {
  return (
    <Labelled label={label} help={help} optional={optional} filter={filter} explain={explain} error={error}>
      {(ids) => (
        <textarea
          rows={4}
          {...ids}
          {...input}
          className={clsx(control, edge(error), "py-2")}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

export function SelectField<T extends string>({
  label,
  help,
  optional,
  filter,
  beside,
  explain,
  error,
  onChange,
  options,
  ...input
}: Common &
  Field<T> & { options: readonly { value: T; label: string }[]; disabled?: boolean; autoComplete?: string }) {
  return (
    <Labelled
      label={label}
      help={help}
      optional={optional}
      filter={filter}
      beside={beside}
      explain={explain}
      error={error}
    >
      {(ids) => (
        <div className="relative">
          <select
            {...ids}
            {...input}
            className={clsx(control, edge(error), "h-11 appearance-none truncate pr-10")}
            onChange={(event) => onChange(event.target.value as T)}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
          <span className="pointer-events-none absolute inset-y-0 right-3 grid place-items-center">
            <Icon of={ChevronDown} size={18} />
          </span>
        </div>
      )}
    </Labelled>
  );
}

export function CheckboxField({
  label,
  help,
  explain,
  error,
  name,
  value,
  onChange,
  disabled,
}: Omit<Common, "optional" | "filter" | "label"> &
  Field<boolean> & { label: ReactNode; disabled?: boolean }) {
  const texts: Partial<Record<string, string>> = useTexts(fieldErrorTexts);
  const id = useId();
  const errorText = error === undefined ? undefined : (explain?.[error] ?? texts[error] ?? texts.invalid);
  return (
    <div className="flex gap-3">
      <input
        id={id}
        type="checkbox"
        name={name}
        checked={value}
        disabled={disabled}
        aria-invalid={errorText ? true : undefined}
        aria-describedby={errorText ? `${id}-error` : help ? `${id}-help` : undefined}
        className="mt-[calc((1lh-1.5rem)/2)] size-6 shrink-0 cursor-pointer accent-ink"
        onChange={(event) => onChange(event.target.checked)}
      />
      <div className="flex flex-col gap-1">
        <label htmlFor={id}>{label}</label>
        {errorText && (
          <p id={`${id}-error`} className="text-sm text-bad">
            {errorText}
          </p>
        )}
        {help && (
          <p id={`${id}-help`} className="text-sm text-muted">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}
