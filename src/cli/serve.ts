import type { Command } from 'commander';
import { Closers } from '../closers.ts';
import { LiveConfig } from '../live-config.ts';
import { createLog } from '../log.ts';
import { prepareStateDirectory } from '../state-directory.ts';
import { configOption } from './agent.ts';
import type { CliIo } from './io.ts';
import { runUntilStopped } from './running.ts';

export function addServeCommand(program: Command, io: CliIo): void {
  program
    .command('serve')
    .description('run the bastion with a configuration file; SIGHUP reads it and the policy again')
    .addOption(configOption(io))
    .action(async ({ config: file }: { readonly config: string }) => {
      const log = createLog(io.env.SALLYPORT_LOG_LEVEL ?? 'info');
      const live = new LiveConfig(file, io.env);
      prepareStateDirectory(live.current.stateDirectory);
      const closers = new Closers();
      try {
        // Loaded here: the other commands should not wait for servers they never start.
        const { startApp } = await import('../app.ts');
        const app = await startApp({ live, log });
        closers.add(() => app.stop('stopped'));
        await runUntilStopped(app, closers, log, io, () => log.info({ ssh: app.ssh, web: app.web.url }, 'ready'));
      } catch (error) {
        await closers.close();
        throw error;
      }
    });
}
