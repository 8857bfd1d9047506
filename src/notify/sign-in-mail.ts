/** The mail that lets a reviewer into the console. Short on purpose: people read it on a phone's lock screen. */
export interface SignInFacts {
  readonly name: string;
  readonly link: string;
  readonly code: string;
  readonly expiresAtMs: number;
}

export function signInMail(
  { name, link, code, expiresAtMs }: SignInFacts,
  nowMs: number,
): { readonly subject: string; readonly text: string } {
  const minutes = Math.max(1, Math.round((expiresAtMs - nowMs) / 60_000));
  return {
    subject: 'Sallyport: your sign-in link',
    text: [
      `Hello ${name},`,
      '',
      'somebody asked to sign in to Sallyport with your address. If it was you, open this in the same browser:',
      '',
      link,
      '',
      'or type this code there:',
      '',
      code,
      '',
      `It works once, for ${minutes} minutes. If it was not you, do nothing: without this mail nobody gets in.`,
      '',
    ].join('\n'),
  };
}
