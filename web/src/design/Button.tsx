import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";

type Look = {
  /** One `primary` on a page: the next step. `danger` destroys. `quiet` looks like text. */
  variant?: "primary" | "secondary" | "quiet" | "danger";
  size?: "normal" | "small";
  icon?: ReactNode;
  /** As wide as its column. */
  wide?: boolean;
};

const base =
  "inline-flex items-center justify-center gap-2 rounded-md text-center font-semibold no-underline transition-colors focus-visible:rounded-md aria-disabled:cursor-progress disabled:cursor-default disabled:opacity-50";

const variants = {
  primary: "bg-ink text-paper hover:bg-ink-strong",
  secondary: "border border-edge bg-raised text-ink hover:bg-sunken",
  quiet: "text-ink hover:bg-sunken",
  danger: "bg-bad-fill text-on-fill hover:opacity-90",
};

const sizes = { normal: "min-h-11 px-5 py-2", small: "min-h-9 px-3 py-1 text-sm" };

function look({ variant = "secondary", size = "normal", wide }: Look) {
  return clsx(base, variants[variant], sizes[size], wide && "w-full");
}

type ButtonProps = Look & {
  /** What to say while it works, for example «Сохраняем…». The button then takes no second press. */
  pending?: string | false | undefined;
} & ComponentProps<"button">;

export function Button({
  variant,
  size,
  icon,
  wide,
  pending,
  className,
  children,
  type = "button",
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={clsx(look({ variant, size, wide }), className)}
      // Not `disabled`: that would throw the keyboard's focus away in the middle of the work.
      aria-disabled={pending ? true : undefined}
      onClick={(event) => {
        if (pending) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {icon}
      {/* Both texts take their place, one of them unseen, so that the button keeps its width. */}
      <span className="grid">
        <span className={clsx("col-start-1 row-start-1", pending && "invisible")}>{children}</span>
        {pending && (
          <span className="col-start-1 row-start-1" role="status">
            {pending}
          </span>
        )}
      </span>
    </button>
  );
}

/** A link that looks like a button: it goes somewhere, a button does something. */
export function ButtonLink({ variant, size, icon, wide, className, children, ...rest }: Look & LinkProps) {
  return (
    <Link className={clsx(look({ variant, size, wide }), className)} {...rest}>
      {icon}
      {children}
    </Link>
  );
}

/** A square button with a picture only; `label` is its accessible name and hint. */
export function IconButton({
  label,
  className,
  children,
  ...rest
}: { label: string } & Omit<ComponentProps<"button">, "aria-label" | "title">) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={clsx(
        "inline-grid size-11 place-items-center rounded-md text-ink hover:bg-sunken focus-visible:rounded-md",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
