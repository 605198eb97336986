/* What the service asks of names and passwords (model/user.py), said before anything is sent. */

export function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._@+-]{0,63}$/.test(text.trim().toLowerCase());
}

export function isPassword(text: string): boolean {
  const length = [...text.normalize("NFC")].length;
  return length >= 12 && length <= 256;
}
