/* The two ceremonies with the browser's passkeys. */

import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { tayori } from "../../api/client";

const OWN = "/tayori/console/passkeys";
const SESSION = "/tayori/console/passkey-session";

/** The device gave nothing: cancelled, too slow, or it has none. */
export class NoPasskey extends Error {}

export async function signInByPasskey(): Promise<void> {
  const options = await tayori<PublicKeyCredentialRequestOptionsJSON>("POST", `${SESSION}/options`, {});
  const credential = await asked(() => startAuthentication({ optionsJSON: options }));
  await tayori("POST", SESSION, { credential });
}

export async function addPasskey(name: string): Promise<void> {
  const options = await tayori<PublicKeyCredentialCreationOptionsJSON>("POST", `${OWN}/options`, {});
  const credential = await asked(() => startRegistration({ optionsJSON: options }));
  await tayori("POST", OWN, { name, credential });
}

async function asked<T>(device: () => Promise<T>): Promise<T> {
  try {
    return await device();
  } catch {
    throw new NoPasskey();
  }
}
