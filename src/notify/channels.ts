/** The channels of the configuration. */
import type { NoticeChannel } from '../approval/delivery.ts';
import type { ChannelConfig } from '../config.ts';
import { unreachable } from '../errors.ts';
import type { ChannelParts } from './channel.ts';
import { ntfyChannel } from './ntfy.ts';
import { slackChannel } from './slack.ts';
import { teamsChannel } from './teams.ts';
import { webhookChannel } from './webhook.ts';

export function channelOf(config: ChannelConfig, parts: ChannelParts): NoticeChannel {
  switch (config.kind) {
    case 'webhook':
      return webhookChannel(config, parts);
    case 'ntfy':
      return ntfyChannel(config, parts);
    case 'slack':
      return slackChannel(config, parts);
    case 'teams':
      return teamsChannel(config, parts);
    default:
      return unreachable(config);
  }
}
