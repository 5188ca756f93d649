/** React as the build has it: Preact, which is a quarter of its size, and what its `compat` leaves out of React's. */
export * from "preact/compat";
export { default } from "preact/compat";

/** React Router asks for it. Where nothing is shown before it is so, it is what it is given. */
export const useOptimistic = (state) => [state, () => undefined];
