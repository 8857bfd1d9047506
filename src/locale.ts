/**
 * Locales in which every byte below 128 is itself, wherever it stands: UTF-8 and the single-byte ones.
 *
 * INVARIANT: in any other (GBK, Big5, Shift-JIS) a shell, awk or sed may take a backslash for half a letter, and read a
 * text otherwise than we do. A Chinese locale that names no charset has one of these.
 */
const plain =
  /^(?:C|POSIX|UTF-?8|(?!zh)[a-z]{2,3}_[A-Z]{2}(?:@[a-z]+)?|(?:C|[a-z]{2,3}(?:_[A-Z]{2})?)\.(?:UTF-?8|ISO-?8859-?\d{1,2}|ASCII)(?:@[a-z]+)?)?$/i;

/** The value of LANG or LC_*; empty is as if it were not set. */
export const isPlainLocale = (value: string): boolean => plain.test(value);
