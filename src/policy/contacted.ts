/** Whom a command contacts, as far as its words say. */
import type { EffectKind, HostObject, SimpleCommand } from '../command/model.ts';

export const hasEffect = ({ effects }: SimpleCommand, wanted: EffectKind): boolean =>
  effects.some(({ kind }) => kind === wanted);

const isSure = ({ isPossible }: HostObject): boolean => isPossible !== true;

/** Without names of which only the look says that they are hosts'. */
export const contacted = ({ hosts }: SimpleCommand): readonly HostObject[] => hosts.filter(isSure);

/** It contacts somebody, and no word surely says whom. */
export const contactsUnnamed = (command: SimpleCommand): boolean =>
  !command.hosts.some(isSure) && hasEffect(command, 'network');
