import { dictionary } from "./dictionary";

export const auth = dictionary(
  {
    email: "Электронная почта",
    password: "Пароль",
  },
  {
    email: "E-mail",
    password: "Password",
  },
);
