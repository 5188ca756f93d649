import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { asApiError, type ApiError } from "../api/errors";
import { readDraft, writeDraft } from "./drafts";

type Value = string | boolean;
type Codes<Values> = Partial<Record<keyof Values & string, string>>;

type Options<Values extends Record<string, Value>> = {
  initial: Values;
  /** Finds mistakes before anything is sent: a field error code for each wrong field. */
  check?: (values: Values) => Codes<Values>;
  /** Sends it. An ApiError `invalid_input` with fields lands beside the fields, any other above the form. */
  submit: (values: Values) => Promise<unknown>;
  /**
   * Keeps what is typed under this name until it is sent, so that a reload, the back button or an expired
   * session loses nothing; it goes when its writer signs out (drafts.ts). Never for passwords.
   */
  draft?: string;
  /** What a draft leaves out: a confirmation is typed anew each time. */
  undrafted?: keyof Values & string;
};

export type Field<T extends Value> = {
  name: string;
  value: T;
  /** A code of fieldErrorTexts. */
  error: string | undefined;
  onChange: (value: T) => void;
};

/**
 * The state of one form: `<Form form={form}>` with `<TextField {...form.field("name")} label=… />` inside.
 * A failed attempt moves the focus to the first wrong field, or to the message above the form.
 */
export function useForm<Values extends Record<string, Value>>({
  initial,
  check,
  submit,
  draft,
  undrafted,
}: Options<Values>) {
  const [values, setValues] = useState<Values>(() => ({
    ...initial,
    ...(draft && (readDraft(draft) as Partial<Values> | undefined)),
  }));
  const [errors, setErrors] = useState<Codes<Values>>({});
  const [problem, setProblem] = useState<ApiError>();
  const [pending, setPending] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const element = useRef<HTMLFormElement>(null);
  const busy = useRef(false);

  useEffect(() => {
    if (attempts === 0) return;
    const wrong = element.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-problem]');
    wrong?.focus();
  }, [attempts]);

  function keep(draftValues: Values | undefined) {
    if (draft) writeDraft(draft, draftValues);
  }

  function change(changes: Partial<Values>) {
    setValues((before) => {
      const after = { ...before, ...changes };
      keep(undrafted ? { ...after, [undrafted]: initial[undrafted] } : after);
      return after;
    });
    // A corrected field loses its mark at once; the rest are judged at the next attempt.
    setErrors(
      (before) =>
        Object.fromEntries(Object.entries(before).filter(([name]) => !(name in changes))) as Codes<Values>,
    );
  }

  function field<Name extends keyof Values & string>(name: Name): Field<Values[Name]> {
    return {
      name,
      value: values[name],
      error: errors[name],
      onChange: (value) => change({ [name]: value } as unknown as Partial<Values>),
    };
  }

  async function attempt() {
    if (busy.current) return;
    const sent = composed(values);
    const found = check?.(sent) ?? {};
    setProblem(undefined);
    setErrors(found);
    if (Object.keys(found).length > 0) {
      setAttempts((count) => count + 1);
      return;
    }
    busy.current = true;
    setPending(true);
    try {
      await submit(sent);
      keep(undefined);
    } catch (error) {
      const failure = asApiError(error);
      const known = failure.fields.filter((item) => item.field in values);
      if (known.length > 0) {
        setErrors(Object.fromEntries(known.map((item) => [item.field, item.code])) as Codes<Values>);
      } else {
        setProblem(failure);
      }
      setAttempts((count) => count + 1);
    } finally {
      busy.current = false;
      setPending(false);
    }
  }

  return {
    values,
    errors,
    /** What went wrong with the form as a whole. */
    problem,
    pending,
    change,
    field,
    setErrors,
    /** Back to the beginning, draft included. */
    reset(next: Values = initial) {
      keep(undefined);
      setValues(next);
      setErrors({});
      setProblem(undefined);
    },
    props: {
      ref: element,
      noValidate: true,
      onSubmit: (event: SubmitEvent) => {
        event.preventDefault();
        void attempt();
      },
    },
  };
}

/** Every text in its one form (NFC), as names, addresses and passwords are kept and compared. */
function composed<Values extends Record<string, Value>>(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? value.normalize("NFC") : value,
    ]),
  ) as Values;
}

export type FormState = Pick<ReturnType<typeof useForm>, "errors" | "problem" | "props">;
