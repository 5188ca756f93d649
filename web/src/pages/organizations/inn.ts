/**
 * The taxpayer number (ИНН): 10 digits for a company, 12 for a sole proprietor, ending in one or two check digits
 * (order of the Federal Tax Service ММВ-7-6/435@). A comfort while typing: the database decides.
 */

const allWeights = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];

function checkDigit(digits: number[], count: number): number {
  const weights = allWeights.slice(allWeights.length - count);
  const sum = weights.reduce((total, weight, index) => total + weight * (digits[index] ?? 0), 0);
  return (sum % 11) % 10;
}

/** Digits only: people paste the number with spaces. */
export const cleanInn = (text: string) => text.replace(/\D/g, "");

export function isInn(text: string): boolean {
  if (!/^(\d{10}|\d{12})$/.test(text)) return false;
  const digits = [...text].map(Number);
  return digits.length === 10
    ? checkDigit(digits, 9) === digits[9]
    : checkDigit(digits, 10) === digits[10] && checkDigit(digits, 11) === digits[11];
}
