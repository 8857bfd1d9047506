/**
 * From the address an agent gave to a target and account it may use.
 *
 * An unknown target and one this agent may not use look the same to the agent, so that nobody learns which exist.
 */
import type { AgentIdentity, TargetInfo } from '../gate/ports.ts';
import { parseAddress } from './address.ts';

/** What the SSH side must know of targets to route a request. */
export interface TargetDirectory {
  find(target: string, account: string): TargetInfo | undefined;
  /** Account of an address that names none; undefined for an unknown target. */
  defaultAccount(target: string): string | undefined;
  /** Connects ahead of a command that is likely to come. A rejection means nothing. */
  warm?(target: string, account: string): Promise<void>;
}

export type Route =
  | { readonly kind: 'found'; readonly target: string; readonly account: string }
  | { readonly kind: 'refused'; readonly message: string; readonly why: string };

/** HOSTILE: the user name comes from the agent. */
export function findRoute(username: string, agent: AgentIdentity, targets: TargetDirectory): Route {
  const address = parseAddress(username);
  if (address.kind === 'malformed') {
    return {
      kind: 'refused',
      message: 'this is not an address; connect as TARGET@bastion or ACCOUNT@TARGET@bastion',
      why: 'malformed address',
    };
  }
  if (address.kind === 'bastion') {
    return {
      kind: 'refused',
      message: 'this name is the bastion itself; connect as TARGET@bastion',
      why: 'bastion address',
    };
  }
  const { target } = address;
  const account = address.account ?? targets.defaultAccount(target);
  const exists = account !== undefined && targets.find(target, account) !== undefined;
  if (exists && agent.mayUse(target, account)) return { kind: 'found', target, account };
  const wanted = address.account === undefined ? target : `${address.account}@${target}`;
  return {
    kind: 'refused',
    message: `${wanted} is not available to agent ${agent.name}`,
    why: exists ? 'agent may not use this target and account' : 'no such target or account',
  };
}
